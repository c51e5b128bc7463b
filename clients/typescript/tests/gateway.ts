/** A gateway of the tests: it answers as its script says, over a real connection, and keeps what it was asked. */

import { create, type DescMethod, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import {
  Metadata,
  Server,
  ServerCredentials,
  type ServerWritableStream,
  type ServiceDefinition,
  status,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";

import { DETAIL_KEY } from "../src/status.ts";
import { CatalogService, type SearchToolsRequest } from "../src/v1/catalog_service_pb.js";
import { type ErrorDetail, ErrorDetailSchema, ErrorReason } from "../src/v1/error_pb.js";
import { InvocationState, type OutcomeSchema } from "../src/v1/invocation_pb.js";
import {
  InvocationService,
  type InvokeRequest,
  type WatchInvocationRequest,
  WatchInvocationResponseSchema,
} from "../src/v1/invocation_service_pb.js";
import { RunService } from "../src/v1/run_service_pb.js";
import { Effect, SchemaForm, VersionState } from "../src/v1/tool_pb.js";

/** What a request is answered by: an answer, or a refusal. */
export type Said = object | Refusal;

export class Refusal {
  readonly code: status;
  readonly detail: Partial<ErrorDetail> | undefined;

  constructor(code: status, detail?: Partial<ErrorDetail>) {
    this.code = code;
    this.detail = detail;
  }
}

export const refused = (reason: keyof typeof ErrorReason, code = status.FAILED_PRECONDITION, more: Partial<ErrorDetail> = {}) =>
  new Refusal(code, { reason: ErrorReason[reason], message: `it is ${reason}`, cure: "Do otherwise.", ...more });

export const busy = () => refused("GATEWAY_OVERLOADED", status.RESOURCE_EXHAUSTED, { retryable: true });

/** An ended call with this JSON as its answer. */
export const done = (value: unknown = { done: true }) =>
  outcome({
    kind: { case: "succeeded", value: { result: { httpStatus: 200, contentType: "application/json", body: bytes(value) } } },
  });

export const outcome = (told: MessageInitShape<typeof OutcomeSchema>) => ({
  invocation: {
    id: "inv-1",
    tool: "order@1.0.0",
    effect: Effect.NON_IDEMPOTENT,
    state: InvocationState.SUCCEEDED,
    outcome: told,
  },
});

export const underWay = {
  invocation: { id: "inv-1", tool: "order@1.0.0", effect: Effect.NON_IDEMPOTENT, state: InvocationState.PENDING },
};

const schema = { type: "object", properties: { item: { type: "string" }, note: { type: "string" } }, required: ["item"] };
export const tool = (name: string, more: object = {}) => ({
  name,
  version: "1.0.0",
  toolset: "orders",
  description: `It is ${name}.`,
  inputSchemaJson: bytes(schema),
  effect: Effect.NON_IDEMPOTENT,
  state: VersionState.ACTIVE,
  ...more,
});

const KNOWN = /^(order|stock)(@1\.0\.0)?$/;

type Handler = (request: any, call: any) => Said | Promise<Said>;

/** Listens on a free port of loopback. What no script answers is UNIMPLEMENTED. */
export class Gateway implements AsyncDisposable {
  readonly invokes: InvokeRequest[] = [];
  readonly watches: WatchInvocationRequest[] = [];
  readonly searches: SearchToolsRequest[] = [];
  readonly tokens: string[] = [];
  /** The answers to the next Invokes; the last one stays. */
  script: Said[] = [done()];
  /** By the methods' names, such as `getInvocation`. */
  readonly answers: Record<string, Handler> = {};
  /** What the next watches tell, each before its connection breaks; the last one ends as it should. */
  streams: object[][] = [];
  readonly #server = new Server();
  port = 0;

  constructor() {
    for (const service of [InvocationService, CatalogService, RunService]) {
      const methods = service.methods as readonly DescMethod[];
      const handlers = methods.map((method) => [method.localName, this.#handler(method)] as const);
      const definition = Object.fromEntries(methods.map((method) => [method.localName, defined(method)])) as ServiceDefinition;
      this.#server.addService(definition, Object.fromEntries(handlers) as UntypedServiceImplementation);
    }
    this.answers["invoke"] = (request) => {
      if (!KNOWN.test(request.tool)) return refused("TOOL_NOT_FOUND", status.NOT_FOUND);
      this.invokes.push(request as InvokeRequest);
      return (this.script.length > 1 ? this.script.shift() : this.script[0]) as Said;
    };
    this.answers["listTools"] = ({ schemaForm }) => ({
      tools: [tool("order"), tool("stock", { effect: Effect.READ })].map((one) => inForm(one, schemaForm)),
    });
    this.answers["getTool"] = ({ tool: name, schemaForm }) =>
      KNOWN.test(name) ? { tool: inForm(tool(name.split("@")[0]), schemaForm) } : refused("TOOL_NOT_FOUND", status.NOT_FOUND);
    this.answers["searchTools"] = (request) => {
      this.searches.push(request as SearchToolsRequest);
      return { tools: [{ tool: tool("order"), score: 2.5 }] };
    };
  }

  async listening(port = 0, credentials = ServerCredentials.createInsecure()): Promise<this> {
    this.port = await new Promise((resolve, reject) => {
      const bound = (error: Error | null, found: number) => (error ? reject(error) : resolve(found));
      this.#server.bindAsync(`127.0.0.1:${port}`, credentials, bound);
    });
    return this;
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.forceShutdown();
  }

  #handler(method: DescMethod): unknown {
    if (method.methodKind === "server_streaming") return (call: ServerWritableStream<any, any>) => this.#stream(call);
    return (call: any, callback: (error: object | null, value?: unknown) => void) => {
      this.tokens.push(String(call.metadata.get("authorization")[0]));
      const handler = this.answers[method.localName] ?? (() => new Refusal(status.UNIMPLEMENTED));
      void Promise.resolve(handler(call.request, call)).then((said) => {
        if (said instanceof Refusal) callback(errorOf(said));
        else callback(null, said);
      });
    };
  }

  #stream(call: ServerWritableStream<WatchInvocationRequest, any>): void {
    this.watches.push(call.request);
    for (const kind of this.streams.shift() ?? []) call.write(create(WatchInvocationResponseSchema, kind as never));
    if (this.streams.length) call.emit("error", errorOf(new Refusal(status.UNAVAILABLE)));
    else call.end();
  }
}

function inForm(one: ReturnType<typeof tool>, form: SchemaForm) {
  return form === SchemaForm.STRICT ? { ...one, schemaFormRefusal: "it has free keys" } : one;
}

function errorOf({ code, detail }: Refusal): object {
  const metadata = new Metadata();
  if (detail) metadata.set(DETAIL_KEY, Buffer.from(toBinary(ErrorDetailSchema, create(ErrorDetailSchema, detail as never))));
  return { code, details: "said", metadata };
}

function defined(method: DescMethod) {
  return {
    path: `/${method.parent.typeName}/${method.name}`,
    requestStream: method.methodKind === "client_streaming" || method.methodKind === "bidi_streaming",
    responseStream: method.methodKind === "server_streaming" || method.methodKind === "bidi_streaming",
    requestSerialize: (value: never) => Buffer.from(toBinary(method.input, value)),
    requestDeserialize: (raw: Buffer) => fromBinary(method.input, raw),
    responseSerialize: (value: never) => Buffer.from(toBinary(method.output, create(method.output, value))),
    responseDeserialize: (raw: Buffer) => fromBinary(method.output, raw),
  };
}

function bytes(value: unknown): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify(value));
}
