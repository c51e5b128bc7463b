/** What a client's verbs ask a gateway over: requests, and the same requests again where that is safe. */

import type { DescMessage, DescMethodStreaming, DescMethodUnary, MessageShape } from "@bufbuild/protobuf";
import { setMaxListeners } from "node:events";
import { setTimeout } from "node:timers/promises";

import * as checks from "./checks.ts";
import { Channel, type Request } from "./channel.ts";
import type { Endpoint } from "./endpoint.ts";
import { CallgateError, type RequestInvalid } from "./errors.ts";
import { type Bounds, type Pacing, READ, type RetryPolicy, Tries } from "./retry.ts";
import { Turn } from "./turn.ts";

/** Waits by the process's own clock, which is never set back. */
export const REAL: Pacing = {
  async sleep(seconds, signal) {
    await setTimeout(seconds * 1000, undefined, signal ? { signal } : {}).catch((error: unknown) => {
      signal?.throwIfAborted(); // its owner's reason, and not an error of the timer's
      throw error;
    });
  },
  clock: () => performance.now() / 1000,
  random: Math.random,
};

/** Why a request ends with its client. */
const CLOSING = closed();

function closed(): RequestInvalid {
  return checks.invalid("this client is closed", "Make another client, or close this one later.");
}

export interface SessionOptions {
  readonly endpoint: Endpoint;
  readonly policy: RetryPolicy;
  readonly pacing?: Pacing;
  /** The run that calls belong to which name none. */
  readonly runId: string;
}

/** What of the channel a session needs. */
export type Transport = Pick<Channel, "unary" | "stream" | "close">;

/** Its methods throw CallgateError, and the reason of an AbortSignal. One that was closed sends nothing more. */
export class Session {
  readonly pacing: Pacing;
  readonly runId: string;
  readonly #policy: RetryPolicy;
  readonly #turn: Turn;
  readonly #channels: readonly Transport[];
  readonly #closing = new AbortController();

  constructor({ endpoint, policy, pacing = REAL, runId }: SessionOptions) {
    this.pacing = pacing;
    this.runId = runId;
    this.#policy = policy;
    this.#channels = endpoint.addresses.map((address) => new Channel(endpoint, address));
    this.#turn = new Turn(this.#channels.length);
    setMaxListeners(0, this.#closing.signal); // one for each request under way
  }

  /** The tries of a new request. */
  begin(bounds: Bounds): Tries {
    if (this.#closing.signal.aborted) throw closed();
    return new Tries(this.#policy, this.pacing, bounds, this.#turn);
  }

  /** The answer to one request. `request` makes it anew for each try. */
  async send<Input extends DescMessage, Output extends DescMessage>(
    method: DescMethodUnary<Input, Output>,
    request: () => Request<Input>,
    bounds: Bounds = READ,
    signal?: AbortSignal,
  ): Promise<MessageShape<Output>> {
    const tries = this.begin(bounds);
    const ends = this.signal(signal);
    for (;;) {
      try {
        return await this.#channel.unary(method, request(), { seconds: tries.begin(), signal: ends });
      } catch (error) {
        await this.pauseAfter(error, tries, ends);
      }
    }
  }

  /** The answers to one request, sent once. Returning from the iteration ends the RPC. */
  stream<Input extends DescMessage, Output extends DescMessage>(
    method: DescMethodStreaming<Input, Output>,
    request: Request<Input>,
    seconds: number,
    signal: AbortSignal,
  ): AsyncGenerator<MessageShape<Output>, void> {
    return this.#channel.stream(method, request, { seconds, signal });
  }

  /** Wait before the next try. Throws the error where there is to be none. */
  async pauseAfter(error: unknown, tries: Tries, signal: AbortSignal): Promise<void> {
    if (!(error instanceof CallgateError) || error === CLOSING) throw this.#own(error);
    await this.sleep(tries.pauseAfter(error), signal);
  }

  async sleep(seconds: number, signal: AbortSignal): Promise<void> {
    await this.pacing.sleep(seconds, signal).catch((error: unknown) => {
      throw this.#own(error);
    });
  }

  /** Every page of a list. `request` is given the page's token. */
  async *pages<Input extends DescMessage, Output extends DescMessage>(
    method: DescMethodUnary<Input, Output>,
    request: (pageToken: string) => Request<Input>,
  ): AsyncGenerator<MessageShape<Output>, void> {
    let token = "";
    do {
      const page = await this.send(method, () => request(token));
      yield page;
      token = (page as unknown as { readonly nextPageToken: string }).nextPageToken;
    } while (token);
  }

  /** What ends a request by its caller's word, or by the client's end. */
  signal(given: AbortSignal | undefined): AbortSignal {
    return given ? AbortSignal.any([given, this.#closing.signal]) : this.#closing.signal;
  }

  close(): void {
    this.#closing.abort(CLOSING);
    for (const channel of this.#channels) channel.close();
  }

  /** Each call that the client's end has ended has an error of its own, which has its key. */
  #own(error: unknown): unknown {
    return error === CLOSING ? closed() : error;
  }

  get #channel(): Transport {
    return this.#channels[this.#turn.current] as Transport;
  }
}
