/** The adapter for LangChain.js, in the real packages, with a model that plays a script. */

import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";

import { status } from "@grpc/grpc-js";
import { type AIMessage, type BaseMessage, HumanMessage, ToolMessage } from "@langchain/core/messages";
import { MemorySaver, MessagesAnnotation, StateGraph } from "@langchain/langgraph";
import { ToolNode } from "@langchain/langgraph/prebuilt";
import { createAgent, createMiddleware } from "langchain";

import { Client, RequestInvalid, RunKilled, runKey } from "../src/index.ts";
import { answers, CallUnsettled, type LangChainToolOptions, tools } from "../src/langchain.ts";
import { done, Gateway, outcome, Refusal, refused, underWay } from "./gateway.ts";
import { chatModel, type Script } from "./scripted.ts";

const LAMP = { item: "lamp" };
const RUN = "lamps-for-two";
/** Two equal calls in one message, and one more in the next. */
const SCRIPT: Script = [
  [
    ["order", LAMP],
    ["order", LAMP],
  ],
  [["order", LAMP]],
];
let gateway: Gateway;
let client: Client;

before(async () => {
  gateway = await new Gateway().listening();
  client = new Client({ address: gateway.address, retry: { patience: 0 } });
});
beforeEach(() => {
  gateway.invokes.length = 0;
  gateway.script = [done()];
});
after(async () => {
  client.close();
  await gateway[Symbol.asyncDispose]();
});

const keys = () => gateway.invokes.map(({ idempotencyKey }) => idempotencyKey);
const begun = () => [new HumanMessage("Order lamps.")];

/** A loop of an author's own. */
async function loop(script: Script, options: LangChainToolOptions = {}): Promise<ToolMessage[]> {
  const given = await tools(client, options);
  const model = chatModel(script).bindTools(given);
  const messages: BaseMessage[] = begun();
  for (;;) {
    const said = (await model.invoke(messages)) as AIMessage;
    messages.push(said);
    if (!said.tool_calls?.length) return messages.filter((one) => ToolMessage.isInstance(one));
    messages.push(...(await answers(given, said, { run: RUN, step: messages.length })));
  }
}

test("in a loop, two equal calls of a message are two, and an equal one of the next message is a third", async () => {
  const said = await loop(SCRIPT);
  assert.deepEqual(
    said.map(({ content, status, artifact }) => [content, status, artifact.standing]),
    Array(3).fill(['{"done":true}', "success", "SUCCEEDED"]),
  );
  const key = (step: number, occurrence = 0) => runKey(RUN, "order", LAMP, { step, occurrence });
  assert.deepEqual(keys().sort(), [key(2), key(2, 1), key(5)].sort());
  const first = keys().sort();
  gateway.invokes.length = 0;
  await loop(SCRIPT);
  assert.deepEqual(keys().sort(), first);
});

async function agent(script: Script, thread: string): Promise<BaseMessage[]> {
  const made = createAgent({ model: chatModel(script), tools: await tools(client), checkpointer: new MemorySaver() });
  return (await made.invoke({ messages: begun() }, { configurable: { thread_id: thread } })).messages;
}

test("an agent that is begun again in its thread makes the same calls, and equal calls are told apart", async () => {
  await agent(SCRIPT, RUN);
  const first = keys().sort();
  assert.equal(new Set(first).size, 3);
  gateway.invokes.length = 0;
  await agent(SCRIPT, RUN);
  assert.deepEqual(keys().sort(), first);
  await agent(SCRIPT, "another");
  assert.equal(new Set(keys()).size, 6);
});

test("a graph of an author's own, with LangGraph's ToolNode, tells equal calls apart", async () => {
  const given = await tools(client);
  const model = chatModel(SCRIPT).bindTools(given);
  const graph = new StateGraph(MessagesAnnotation)
    .addNode("model", async ({ messages }) => ({ messages: [await model.invoke(messages)] }))
    .addNode("tools", new ToolNode(given, { handleToolErrors: false }))
    .addEdge("__start__", "model")
    .addConditionalEdges("model", ({ messages }) => ((messages.at(-1) as AIMessage).tool_calls?.length ? "tools" : "__end__"))
    .addEdge("tools", "model")
    .compile();
  await graph.invoke({ messages: begun() }, { configurable: { thread_id: RUN } });
  assert.equal(new Set(keys()).size, 3);
  gateway.script = [new Refusal(status.UNAVAILABLE)];
  await assert.rejects(() => graph.invoke({ messages: begun() }, { configurable: { thread_id: RUN } }), CallUnsettled);
});

test("what is pending, unknown or refused is told in words, and as an error where it is one", async () => {
  gateway.script = [underWay];
  const [pending] = await loop([[["order", LAMP]]], { wait: 0 });
  assert.deepEqual([pending?.status, /is under way/.test(String(pending?.content))], ["success", true]);
  gateway.script = [outcome({ kind: { case: "unknown", value: { message: "lost" } } })];
  const [unknown] = await loop([[["order", LAMP]]]);
  assert.deepEqual([unknown?.status, unknown?.artifact.standing], ["error", "UNKNOWN"]);
  gateway.script = [refused("APPROVAL_REQUIRED")];
  const [needed] = await loop([[["order", LAMP]]]);
  assert.deepEqual([needed?.status, needed?.artifact.standing], ["error", "NEEDS_APPROVAL"]);
});

test("where no answer has come, the loop's author is told, after all calls were made; begun again, they attach", async () => {
  gateway.script = [new Refusal(status.UNAVAILABLE), done()];
  await assert.rejects(() => loop(SCRIPT), CallUnsettled);
  assert.equal(gateway.invokes.length, 2);
  gateway.script = [done()];
  await loop(SCRIPT.slice(0, 1));
  assert.equal(new Set(keys()).size, 2);
});

test("a middleware that hands errors on ends the agent of a run that was killed", async () => {
  gateway.script = [refused("RUN_KILLED")];
  const handsOn = createMiddleware({ name: "HandsOn", wrapToolCall: async (request, handler) => await handler(request) });
  const made = createAgent({ model: chatModel(SCRIPT), tools: await tools(client), middleware: [handsOn] });
  const ended = await made.invoke({ messages: begun() }, { configurable: { thread_id: RUN } }).then(
    () => undefined,
    (error: unknown) => error,
  );
  assert.ok(
    chain(ended).some((one) => one instanceof RunKilled),
    String(ended),
  );
});

test("all arguments pass as they are: the gateway judges them, and no pattern of a document runs here", async () => {
  const said = await loop([[["order", { item: 7, other: [] }]]]);
  assert.equal(said[0]?.status, "success");
  assert.equal(gateway.invokes.length, 1);
});

test("tools can be searched for, read of and called, and a call is the same by either way", async () => {
  const script: Script = [
    [
      ["search_tools", { query: "order a lamp" }],
      ["describe_tool", { name: "order" }],
    ],
    [
      ["call_tool", { name: "order", arguments: LAMP }],
      ["call_tool", { name: "order", arguments: LAMP }],
      ["call_tool", { name: "none", arguments: {} }],
    ],
  ];
  const said = await loop(script, { search: true });
  const found = {
    name: "order",
    description: "It is order.",
    effect: "NON_IDEMPOTENT",
    arguments: ["item (required)", "note"],
  };
  assert.deepEqual(JSON.parse(String(said[0]?.content)), [found]);
  assert.match(String(said[4]?.content), /There is no tool 'none' here/);
  const key = (occurrence: number) => runKey(RUN, "order", LAMP, { step: 5, occurrence });
  assert.deepEqual(keys().sort(), [key(0), key(1)].sort());
});

test("a call that belongs to no run or no step is refused", async () => {
  const [order] = await tools(client);
  assert.ok(order);
  await assert.rejects(() => order.invoke(LAMP), RequestInvalid);
  await assert.rejects(() => order.invoke(LAMP, { configurable: { thread_id: RUN } }), RequestInvalid);
  assert.equal(gateway.invokes.length, 0);
});

test("a tool's hints are in its metadata", async () => {
  const given = await tools(client);
  assert.deepEqual(
    given.map(({ name, metadata }) => [name, metadata?.["readOnlyHint"]]),
    [
      ["order", false],
      ["stock", true],
    ],
  );
});

function chain(error: unknown): unknown[] {
  const found = [];
  for (let one = error; one !== undefined && one !== null; one = (one as { cause?: unknown }).cause) found.push(one);
  return found;
}
