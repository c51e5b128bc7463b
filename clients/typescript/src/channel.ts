/** One connection to a gateway, and the requests over it. */

import {
  create,
  type DescMethodStreaming,
  type DescMethodUnary,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import type { DescMessage, DescMethod } from "@bufbuild/protobuf";
import { type CallOptions, type ChannelOptions, Client, connectivityState, credentials, Metadata } from "@grpc/grpc-js";

import { NO_GATEWAY, UNREADABLE } from "./bare_status.ts";
import { type Endpoint } from "./endpoint.ts";
import { CallgateError, GatewayDefect } from "./errors.ts";
import { isRefusal, translate } from "./status.ts";

const OPTIONS: ChannelOptions = {
  "grpc.max_receive_message_length": 16 << 20, // a page of tools with their schemas
  "grpc.keepalive_time_ms": 20_000, // a call may be silent for minutes; the gateway permits a ping every 10 s
  "grpc.keepalive_timeout_ms": 10_000,
  "grpc.initial_reconnect_backoff_ms": 200, // gRPC's own 1 to 120 s would outlast RetryPolicy.patience
  "grpc.max_reconnect_backoff_ms": 2_000,
  "grpc.use_local_subchannel_pool": 1, // a new client does not inherit another's backoff
  "grpc.service_config_disable_resolution": 1, // how it is asked is said here, and not by a name server
};
/** For plaintext. A proxy that the environment names would read the token. */
const LOCAL: ChannelOptions = { ...OPTIONS, "grpc.enable_http_proxy": 0 };
/** Milliseconds: how long one connect may take. Where packets vanish, the system's own is minutes. */
const CONNECTS_WITHIN = 5_000;

/** What ends a request: after so many seconds, or by its caller's word. */
export interface Limits {
  readonly seconds: number;
  readonly signal?: AbortSignal | undefined;
}

export type Request<Input extends DescMessage> = MessageInitShape<Input>;

/** Its methods throw CallgateError, and the reason of an AbortSignal. */
export class Channel {
  readonly #client: Client;
  readonly #metadata = new Metadata();

  /** `address`: one of the endpoint's. It connects when the first request needs it. */
  constructor(endpoint: Endpoint, address: string) {
    const { certificates, token } = endpoint;
    this.#client = certificates
      ? new Client(address, credentials.createSsl(certificates), OPTIONS)
      : new Client(address, credentials.createInsecure(), LOCAL);
    if (token) this.#metadata.set("authorization", `Bearer ${token}`);
  }

  async unary<Input extends DescMessage, Output extends DescMessage>(
    method: DescMethodUnary<Input, Output>,
    request: Request<Input>,
    limits: Limits,
  ): Promise<MessageShape<Output>> {
    await this.#connected(limits);
    return read(method.output, await this.#answer(method, encoded(method.input, request), limits));
  }

  /** The answers to a request. Returning from the iteration ends the RPC. */
  async *stream<Input extends DescMessage, Output extends DescMessage>(
    method: DescMethodStreaming<Input, Output>,
    request: Request<Input>,
    limits: Limits,
  ): AsyncGenerator<MessageShape<Output>, void> {
    await this.#connected(limits);
    const argument = encoded(method.input, request);
    const call = this.#client.makeServerStreamRequest(path(method), asIs, asIs, argument, this.#metadata, options(limits));
    const cancel = (): void => call.cancel();
    limits.signal?.addEventListener("abort", cancel, { once: true });
    call.on("error", () => {}); // one that is told after the last answer was read, such as of the end below
    try {
      for await (const answer of call) yield read(method.output, answer as Buffer);
    } catch (error) {
      throw translated(error, limits.signal);
    } finally {
      limits.signal?.removeEventListener("abort", cancel);
      call.cancel();
    }
  }

  close(): void {
    this.#client.close();
  }

  #answer(method: DescMethod, argument: Buffer, limits: Limits): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      const cancel = (): void => call.cancel();
      const done = (error: unknown, answer?: Buffer): void => {
        limits.signal?.removeEventListener("abort", cancel);
        if (answer) resolve(answer);
        else reject(translated(error, limits.signal));
      };
      const call = this.#client.makeUnaryRequest(path(method), asIs, asIs, argument, this.#metadata, options(limits), done);
      limits.signal?.addEventListener("abort", cancel, { once: true });
    });
  }

  /** Until there is a connection, or none can be had: then the request fails at once. */
  async #connected({ seconds, signal }: Limits): Promise<void> {
    signal?.throwIfAborted();
    const channel = this.#client.getChannel();
    const deadline = Date.now() + Math.min(CONNECTS_WITHIN, seconds * 1000);
    for (;;) {
      const state = channel.getConnectivityState(true);
      if (state !== connectivityState.IDLE && state !== connectivityState.CONNECTING) return;
      const late = await new Promise((resolve) => channel.watchConnectivityState(state, deadline, resolve));
      signal?.throwIfAborted();
      if (late) throw unreached();
    }
  }
}

function unreached(): CallgateError {
  const told = `no connection to the gateway within ${CONNECTS_WITHIN / 1000} s`;
  return new NO_GATEWAY.kind(told, { cure: NO_GATEWAY.cure, code: "UNAVAILABLE", reason: "UNAVAILABLE", retryable: true });
}

function path(method: DescMethod): string {
  return `/${method.parent.typeName}/${method.name}`;
}

function options({ seconds }: Limits): CallOptions {
  return seconds === Infinity ? {} : { deadline: Date.now() + seconds * 1000 };
}

function asIs(bytes: Buffer): Buffer {
  return bytes;
}

function encoded<Input extends DescMessage>(schema: Input, request: Request<Input>): Buffer {
  return Buffer.from(toBinary(schema, create(schema, request)));
}

function read<Output extends DescMessage>(schema: Output, answer: Buffer): MessageShape<Output> {
  try {
    return fromBinary(schema, answer);
  } catch (error) {
    throw new GatewayDefect("the answer cannot be read", { cure: UNREADABLE.cure, cause: error });
  }
}

function translated(error: unknown, signal: AbortSignal | undefined): unknown {
  if (error instanceof CallgateError) return error;
  if (signal?.aborted) return signal.reason as unknown;
  return isRefusal(error) ? translate(error) : error;
}
