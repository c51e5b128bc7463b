/**
 * Callgate's tools for the Vercel AI SDK: `import { tools } from "callgate/ai"`.
 *
 *     const given = await tools(client, { toolset: "orders", run: "tea-for-two" });
 *     await generateText({ model, tools: given, stopWhen: [isStepCount(10), runIsOver, callIsOpen], prompt: "Order tea." });
 *
 * The run is what `run` says, the step the number of the model's message in the conversation; the occurrence is the position
 * among the equal calls of that message. All of these are the same when the conversation is begun again, or gone on with from
 * stored messages, also by another process.
 */

import { dynamicTool, jsonSchema, type ModelMessage, type StopCondition, type ToolExecutionOptions, type ToolSet } from "ai";

import type { Arguments } from "./arguments.ts";
import { type Answer, type AnswerRecord, isError, recordOf } from "./adapters/answers.ts";
import { meant } from "./adapters/inner_calls.ts";
import type { Offer, OfferFilter } from "./adapters/offers.ts";
import { type Place, runName } from "./adapters/place.ts";
import { CallUnsettled, isRunOver } from "./adapters/refusals.ts";
import { Toolbox, type ToolboxOptions } from "./adapters/toolbox.ts";
import { isWritten, read } from "./adapters/written.ts";
import * as checks from "./checks.ts";
import type { Client } from "./client.ts";
import { canonicalArguments } from "./keys.ts";

export { CallUnsettled } from "./adapters/refusals.ts";
export { OPENAI, PLAIN } from "./adapters/offers.ts";

type Execution = ToolExecutionOptions<unknown>;

export interface AiToolOptions extends ToolboxOptions, OfferFilter {
  /** The run's name, or a function of a call's options that answers it, such as of its context: one conversation. */
  readonly run: string | ((options: Execution) => string);
}

/** What a tool answers: the model reads `text` alone. */
export type ToolAnswer = AnswerRecord & { readonly text: string };

/** The tools of a toolset, or all that this caller sees, for `generateText`, `streamText` or an agent. Throws CallgateError. */
export async function tools(client: Client, options: AiToolOptions): Promise<ToolSet> {
  const { toolset, name, run, ...more } = options;
  if (run === undefined || run === "") {
    const cure = "Give `run`: the conversation's name, the same when it is resumed.";
    throw checks.invalid("these tools' calls belong to no run", cure);
  }
  const toolbox = new Toolbox(client, more);
  const places = new Places(run);
  return Object.fromEntries((await toolbox.offers({ toolset, name })).map((one) => [one.name, made(toolbox, one, places)]));
}

function made(toolbox: Toolbox, offer: Offer, places: Places) {
  return dynamicTool({
    description: offer.description,
    // Without a validator of its own: all arguments pass as they are, and the gateway judges them.
    inputSchema: jsonSchema(offer.schema),
    execute: async (given: unknown, options: Execution) =>
      told(await toolbox.call(offer, given as Arguments, places.of(offer.name, given, options), options.abortSignal)),
    toModelOutput: ({ output }) => shown(output as ToolAnswer),
    metadata: { ...offer.hints, ...(offer.tool && { callgateTool: offer.tool.reference }) },
    ...(offer.form === "STRICT" && { strict: true }),
  });
}

function told(answer: Answer): ToolAnswer {
  return { text: answer.text, ...recordOf(answer) };
}

function shown(output: ToolAnswer) {
  return { type: isError(output) ? ("error-text" as const) : ("text" as const), value: output.text };
}

/** To stop a loop with: a run that was killed, or has ended, makes no call any more. */
export const runIsOver: StopCondition<ToolSet, any> = ({ steps }) => lastErrors(steps).some(isRunOver);

/**
 * To stop a loop with: no answer has come for a call. Begin again in the same run: the same calls attach. Without it, the
 * model reads that the call may have been carried out, and must not be made again.
 */
export const callIsOpen: StopCondition<ToolSet, any> = ({ steps }) =>
  lastErrors(steps).some((one) => one instanceof CallUnsettled);

function lastErrors(steps: readonly { readonly content: readonly object[] }[]): unknown[] {
  return (steps.at(-1)?.content ?? []).map((part) => (part as { readonly error?: unknown }).error);
}

/**
 * Which call is which. The SDK tells a tool its call's id, and the messages before the model's own: these are one array for all
 * calls of a message, and another for each message that the model is asked for.
 */
class Places {
  readonly #run: AiToolOptions["run"];
  readonly #come = new WeakMap<object, Map<string, string[]>>();

  constructor(run: AiToolOptions["run"]) {
    this.#run = run;
  }

  /** The place of a call of the tool of this name. */
  of(name: string, given: unknown, options: Execution): Place {
    const { messages, toolCallId } = options;
    const run = runName(typeof this.#run === "function" ? this.#run(options) : this.#run);
    const stored = storedAt(messages, toolCallId);
    if (stored) return { run, ...stored };
    const inner = meant(name, given);
    const occurrence = this.#turn(messages, `${messages.length} ${inner.name} ${asked(inner.given)}`, toolCallId);
    return { run, step: messages.length, occurrence };
  }

  /**
   * Equal calls ask for the same, so it makes no difference which is which: they take turns as they come. A call that is made
   * once more has its id, and keeps its turn.
   */
  #turn(messages: object, said: string, id: string): number {
    const known = this.#come.get(messages) ?? new Map<string, string[]>();
    this.#come.set(messages, known);
    const ids = known.get(said) ?? [];
    known.set(said, ids);
    if (!ids.includes(id)) ids.push(id);
    return ids.indexOf(id);
  }
}

/** What cannot be sent has no turn: the model is told so by the call itself. */
function asked(given: unknown): string {
  try {
    return canonicalArguments(given as Arguments);
  } catch {
    return "";
  }
}

/** Of a call that a person has approved, the message that asks for it is stored already, with all of its calls. */
function storedAt(messages: readonly ModelMessage[], id: string): Pick<Place, "step" | "occurrence"> | undefined {
  for (const [step, { role, content }] of messages.entries()) {
    if (role !== "assistant" || typeof content === "string") continue;
    const calls = content.filter((part) => part.type === "tool-call");
    const at = calls.findIndex(({ toolCallId }) => toolCallId === id);
    if (at < 0) continue;
    const said = read(calls.map(({ toolCallId, toolName, input }) => ({ id: toolCallId, name: toolName, given: input })));
    const one = said[at];
    return { step, occurrence: one && isWritten(one) ? one.occurrence : 0 };
  }
  return undefined;
}
