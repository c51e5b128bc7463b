/**
 * Callgate's tools for LangChain.js and LangGraph.js: `import { tools } from "callgate/langchain"`.
 *
 *     const agent = createAgent({ model, tools: await tools(client, { toolset: "orders" }), checkpointer });
 *     await agent.invoke({ messages: [["user", "Order tea."]] }, { configurable: { thread_id: "tea-for-two" } });
 *
 * The run is the thread, the step LangGraph's own number of it, the node's name and the message's number; the occurrence is the
 * position among the equal calls of the model's message. All of these are the same when the thread is resumed, also by another
 * process. In a loop of your own there is no graph: `answers` makes the calls of a message, for a run and a step that you name.
 */

import type { CallbackManagerForToolRun } from "@langchain/core/callbacks/manager";
import { type AIMessage, ToolMessage } from "@langchain/core/messages";
import type { RunnableConfig } from "@langchain/core/runnables";
import { StructuredTool, type StructuredToolInterface } from "@langchain/core/tools";

import type { Arguments } from "./arguments.ts";
import { type Answer, isError, recordOf } from "./adapters/answers.ts";
import type { Offer, OfferFilter } from "./adapters/offers.ts";
import { type Place, runName } from "./adapters/place.ts";
import { notOffered } from "./adapters/refusals.ts";
import { Toolbox, type ToolboxOptions } from "./adapters/toolbox.ts";
import { isWritten, read, type Written } from "./adapters/written.ts";
import * as checks from "./checks.ts";
import type { Client } from "./client.ts";
import type { Schema } from "./types.ts";

export { OPENAI, PLAIN } from "./adapters/offers.ts";
export { CallUnsettled } from "./adapters/refusals.ts";

export interface LangChainToolOptions extends ToolboxOptions, OfferFilter {
  /** The run's name, or a function of the config that answers it; without it, it is the thread's id. */
  readonly run?: string | ((config: RunnableConfig) => string) | undefined;
}

/** Where `answers` says the place of a call. */
const PLACE = "callgate_place";
/** Against which all arguments hold: LangChain would judge them by the tool's schema, and its patterns, in this process. */
const ANY: Schema = {};

/**
 * The tools of a toolset, or all that this caller sees, for `createAgent`, a `ToolNode` or `bindTools`. Throws CallgateError.
 */
export async function tools(client: Client, options: LangChainToolOptions = {}): Promise<CallgateTool[]> {
  const { toolset, name, run, ...more } = options;
  const toolbox = new Toolbox(client, more);
  return (await toolbox.offers({ toolset, name })).map((one) => new CallgateTool(toolbox, one, run));
}

/**
 * The ToolMessages that answer all calls of a model's message, made side by side, in their order.
 *
 * `run` and `step` are those of `Run.call`: the same when a resumed agent comes to this message again, such as the task's
 * number and how many messages stand before it. Throws CallUnsettled where it is open how a call ended: ask again with the same
 * run and step.
 */
export async function answers(
  given: readonly StructuredToolInterface[],
  message: AIMessage,
  at: { readonly run: string; readonly step: string | number },
  config: RunnableConfig = {},
): Promise<ToolMessage[]> {
  const calls = message.tool_calls ?? [];
  const said = readAll(calls);
  const made = calls.map(async ({ id = "", name, args }, number) => {
    const tool = given.find((one) => one.name === name);
    const one = said[number];
    if (tool === undefined) return messageOf(notOffered(name), name, id);
    if (one && !isWritten(one)) return messageOf(one, name, id);
    const place: Place = { run: runName(at.run), step: at.step, occurrence: one?.occurrence ?? 0 };
    const configurable = { ...config.configurable, [PLACE]: place };
    return (await tool.invoke({ type: "tool_call", id, name, args }, { ...config, configurable })) as ToolMessage;
  });
  const ended = await Promise.allSettled(made); // all calls are made, before the first that is open is told
  return ended.map((one) => {
    if (one.status === "rejected") throw one.reason;
    return one.value;
  });
}

/** One tool of a gateway. Its ToolMessage's `artifact` has the answer as `structured_content`, and the invocation's id. */
export class CallgateTool extends StructuredTool {
  readonly name: string;
  readonly description: string;
  readonly schema: Schema;
  override readonly responseFormat = "content_and_artifact";
  readonly #toolbox: Toolbox;
  readonly #offer: Offer;
  readonly #run: LangChainToolOptions["run"];

  constructor(toolbox: Toolbox, offer: Offer, run: LangChainToolOptions["run"]) {
    const strict = offer.form === "STRICT" ? { extras: { strict: true } } : {};
    super({ metadata: { ...offer.hints, ...(offer.tool && { callgate_tool: offer.tool.reference }) }, ...strict });
    this.name = offer.name;
    this.description = offer.description;
    this.schema = offer.schema;
    this.#toolbox = toolbox;
    this.#offer = offer;
    this.#run = run;
  }

  static override lc_name(): string {
    return "CallgateTool";
  }

  /** All arguments pass as they are: the gateway judges them. */
  override async call(...parts: Parameters<StructuredTool["call"]>): Promise<any> {
    const open = new Proxy(this, { get: (tool, part) => (part === "schema" ? ANY : bound(tool, part)) });
    return await StructuredTool.prototype.call.apply(open, parts);
  }

  protected async _call(
    given: unknown,
    _: CallbackManagerForToolRun | undefined,
    config: RunnableConfig = {},
  ): Promise<unknown> {
    const told = toolConfig(config);
    const id = told.toolCall?.id ?? told.toolCallId ?? "";
    const place = placeOf(this.#run, id, told);
    if ("standing" in place) return this.#output(place, id);
    return this.#output(await this.#toolbox.call(this.#offer, given as Arguments, place, config.signal), id);
  }

  /** Content and artifact. What is an error for LangChain is a message of its own, since only that can say so. */
  #output(answer: Answer, id: string): [content: string | ToolMessage, artifact: unknown] {
    if (isError(answer) && id) return [messageOf(answer, this.name, id), undefined];
    return [answer.text, recordOf(answer)];
  }
}

function bound(tool: CallgateTool, part: string | symbol): unknown {
  const found: unknown = Reflect.get(tool, part, tool);
  return typeof found === "function" ? found.bind(tool) : found;
}

function messageOf(answer: Answer, name: string, id: string): ToolMessage {
  const status = isError(answer) ? "error" : "success";
  return new ToolMessage({ content: answer.text, artifact: recordOf(answer), name, tool_call_id: id, status });
}

/** What LangChain, and a ToolNode, put into the config of a tool's call. */
interface ToolConfig extends RunnableConfig {
  readonly toolCall?: { readonly id?: string };
  readonly toolCallId?: string;
  readonly state?: unknown;
}

function toolConfig(config: RunnableConfig): ToolConfig {
  return config;
}

/** Where the call is made, or what the model is told of arguments that cannot be sent. Throws RequestInvalid. */
function placeOf(run: LangChainToolOptions["run"], id: string, config: ToolConfig): Place | Answer {
  const given = config.configurable?.[PLACE] as Place | undefined;
  if (given) return given;
  const at = { run: runOf(run, config), step: stepOf(config) };
  if (!id) return at;
  const said = saidAs(config, id);
  if (said === undefined) return { ...at, callId: id };
  const [number, call] = said;
  return isWritten(call) ? { run: at.run, step: `${at.step}/${number}`, occurrence: call.occurrence } : call;
}

/** The run's name. A call outside of a run would get a random key, and a retry would act again: that is refused. */
function runOf(told: LangChainToolOptions["run"], config: RunnableConfig): string {
  const found: unknown = typeof told === "function" ? told(config) : (told ?? config.configurable?.["thread_id"]);
  if (found !== undefined && found !== null && found !== "") return runName(found);
  throw checks.invalid(
    "this call belongs to no run: the config has no thread_id",
    "Give { configurable: { thread_id: … } } to the graph, or tools(client, { run: … }).",
  );
}

/**
 * LangGraph's number of the step, which goes on with the thread, and the node. Within a subgraph, which task of its parent it
 * is, too: that is stored with the parent's checkpoint.
 */
function stepOf({ metadata = {} }: RunnableConfig): string {
  if (metadata["langgraph_step"] === undefined) {
    const cure = "Call it in a graph's node, by `answers`, or by client.run(…).call(…).";
    throw checks.invalid("this tool was called outside of a graph, so its call belongs to no step", cure);
  }
  const namespace = String(metadata["langgraph_checkpoint_ns"] ?? "");
  const parent = namespace.slice(0, Math.max(namespace.lastIndexOf("|"), 0));
  return `${parent}/${String(metadata["langgraph_step"])}/${String(metadata["langgraph_node"] ?? "")}`;
}

type Call = { readonly id?: string | undefined; readonly name: string; readonly args: unknown };

/**
 * The call of this id as its model has written it, and the number of the message. Undefined where the tool was not given the
 * message.
 */
function saidAs(config: ToolConfig, id: string): [number: number, call: Written | Answer] | undefined {
  for (const messages of listsOf(config)) {
    for (let number = messages.length - 1; number >= 0; number -= 1) {
      const calls = (messages[number] as { readonly tool_calls?: readonly Call[] } | null)?.tool_calls ?? [];
      const at = calls.findIndex((one) => one.id === id);
      const call = at < 0 ? undefined : readAll(calls)[at];
      if (call) return [number, call];
    }
  }
  return undefined;
}

/** The lists in a graph's state, among which are its messages, under whatever name. */
function listsOf({ state, configurable }: ToolConfig): readonly unknown[][] {
  const scratchpad = configurable?.["__pregel_scratchpad"] as { readonly currentTaskInput?: unknown } | undefined;
  const found = state ?? scratchpad?.currentTaskInput;
  if (Array.isArray(found)) return [found];
  return typeof found === "object" && found !== null ? Object.values(found).filter((one) => Array.isArray(one)) : [];
}

function readAll(calls: readonly Call[]): (Written | Answer)[] {
  return read(calls.map(({ id = "", name, args }) => ({ id, name, given: args })));
}
