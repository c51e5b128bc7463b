/**
 * Models that play a script: in each turn, the calls that it has for it; behind its end, a last word. Ids are new each time.
 */

import { randomUUID } from "node:crypto";

import { AIMessage, type BaseMessage } from "@langchain/core/messages";
import { fakeModel } from "@langchain/core/testing";
import { MockLanguageModelV4 } from "ai/test";

export type ScriptedCall = readonly [name: string, given: object];
export type Script = readonly (readonly ScriptedCall[])[];

const ENDS = "That is all.";
/** More answers than any test asks for. */
const TURNS = 100;

/** For the Vercel AI SDK. The turn is how many messages of the model's own it is shown. */
export function aiModel(script: Script): MockLanguageModelV4 {
  return new MockLanguageModelV4({
    doGenerate: async ({ prompt }) => {
      const calls = script[prompt.filter(({ role }) => role === "assistant").length] ?? [];
      return {
        content: calls.length ? calls.map(aiCall) : [{ type: "text", text: ENDS }],
        finishReason: { unified: calls.length ? "tool-calls" : "stop", raw: undefined },
        usage: {
          inputTokens: { total: 1, noCache: 1, cacheRead: undefined, cacheWrite: undefined },
          outputTokens: { total: 1, text: 1, reasoning: undefined },
        },
        warnings: [],
      };
    },
  });
}

function aiCall([toolName, given]: ScriptedCall) {
  return { type: "tool-call" as const, toolCallId: randomUUID(), toolName, input: JSON.stringify(given) };
}

/** For LangChain.js. */
export function chatModel(script: Script) {
  const model = fakeModel();
  for (let turn = 0; turn < TURNS; turn += 1) model.respond((messages) => message(script, messages));
  return model;
}

function message(script: Script, messages: readonly BaseMessage[]): AIMessage {
  const calls = script[messages.filter((one) => AIMessage.isInstance(one)).length] ?? [];
  const said = calls.map(([name, args]) => ({
    type: "tool_call" as const,
    id: randomUUID(),
    name,
    args: args as Record<string, unknown>,
  }));
  return new AIMessage({ content: calls.length ? "" : ENDS, tool_calls: said });
}
