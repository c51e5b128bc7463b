/** The client. Here a call is written; the other verbs are those of its nouns. */

import { type Arguments, NO_ARGUMENTS } from "./arguments.ts";
import { call, type CallOptions } from "./calls.ts";
import * as checks from "./checks.ts";
import { Endpoint, type EndpointOptions, type Environment } from "./endpoint.ts";
import { Invocations } from "./nouns/invocations.ts";
import { Runs } from "./nouns/runs.ts";
import { Tools } from "./nouns/tools.ts";
import { retryPolicy, type RetryPolicy } from "./retry.ts";
import { Run } from "./run.ts";
import { Session } from "./session.ts";
import type { Invocation } from "./types.ts";

export interface ClientOptions extends EndpointOptions {
  readonly retry?: Partial<RetryPolicy> | undefined;
  /** The run that calls belong to which name none. */
  readonly runId?: string | undefined;
}

/**
 * A client of a gateway. Every verb throws CallgateError, and sends its request again where that is safe.
 *
 * It calls tools; all else is a verb of one of its nouns: `tools`, `invocations`, `runs`.
 *
 * The address is `host:port` or `unix:PATH`, or several of them with commas between: gateways on one store, which are asked in
 * turn. All but loopback and Unix sockets need `rootCertificates`, a PEM file. Throws EndpointInvalid for what cannot be used.
 */
export class Client implements AsyncDisposable {
  readonly #session: Session;

  constructor({ retry, runId, ...endpoint }: ClientOptions = {}) {
    const options = { endpoint: new Endpoint(endpoint), policy: retryPolicy(retry), runId: checks.optionalRunId(runId) };
    this.#session = new Session(options);
  }

  /**
   * A client for the gateway that CALLGATE_ADDRESS, CALLGATE_ROOT_CERTIFICATES and CALLGATE_TOKEN or CALLGATE_TOKEN_FILE name,
   * or else the one that `callgate up` has started last; in the run that CALLGATE_RUN_ID names.
   */
  static fromEnvironment(options: Pick<ClientOptions, "retry"> = {}, environment: Environment = process.env): Client {
    const { addresses, token } = Endpoint.fromEnvironment(environment);
    return new Client({
      address: addresses.join(","),
      token,
      rootCertificates: environment["CALLGATE_ROOT_CERTIFICATES"] || undefined,
      runId: environment["CALLGATE_RUN_ID"],
      ...options,
    });
  }

  get tools(): Tools {
    return new Tools(this.#session);
  }

  get invocations(): Invocations {
    return new Invocations(this.#session);
  }

  get runs(): Runs {
    return new Runs(this.#session);
  }

  /**
   * Call a tool and wait for the end. See `Invocation.succeeded`: an answer is not yet a success.
   *
   * A call that is sent again with the same key, tool and arguments acts once, for as long as the gateway keeps its record
   * (`Invocation.keyExpires`). A key may be any text but an empty one. Without a key, the client makes a random one, so that a
   * process that dies and begins again makes another call: an agent that may be resumed calls by `run`.
   *
   * Where an outcome says `notDone`, another `call` with its key makes the call anew. What this one sends again by itself is
   * always the same call. After a NoAnswer or a GatewayUnavailable the call may be under way: send it again with the error's
   * key.
   *
   * A call that has not ended after `wait` seconds is returned without an outcome, and goes on: see `invocations.handle`.
   */
  async call(tool: string, given: Arguments = NO_ARGUMENTS, options: CallOptions = {}): Promise<Invocation> {
    return await call(this.#session, tool, given, options);
  }

  /**
   * A run, whose calls get their keys from their places in it: an agent that dies and goes on makes the same calls.
   *
   * `id` is this caller's name for it, at most 255 printable characters: the same when it goes on, and no other run's. Throws
   * RequestInvalid for any other. Its calls need no more than that; with `start`, the gateway keeps its state, too.
   */
  run(id: string): Run {
    return new Run(this.#session, id);
  }

  /** End the connections. What is still waited for throws RequestInvalid; calls go on. */
  close(): void {
    this.#session.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }
}
