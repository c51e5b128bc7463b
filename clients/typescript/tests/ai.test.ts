/** The adapter for the Vercel AI SDK, in the real SDK, with a model that plays a script. */

import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";

import { status } from "@grpc/grpc-js";
import { generateText, isStepCount, type ModelMessage, streamText } from "ai";
import { simulateReadableStream, MockLanguageModelV4 } from "ai/test";

import { type AiToolOptions, callIsOpen, OPENAI, runIsOver, type ToolAnswer, tools } from "../src/ai.ts";
import { Client, RequestInvalid, runKey } from "../src/index.ts";
import { SchemaForm } from "../src/v1/tool_pb.js";
import { done, Gateway, outcome, Refusal, refused, underWay } from "./gateway.ts";
import { aiModel, type Script } from "./scripted.ts";

const LAMP = { item: "lamp" };
const RUN = "lamps-for-two";
/** Two equal calls in one message, and one more in the next. */
const SCRIPT: Script = [
  [
    ["order", LAMP],
    ["order", LAMP],
    ["stock", {}],
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

const stopWhen = [isStepCount(10), runIsOver, callIsOpen];
const keys = () => gateway.invokes.map(({ idempotencyKey }) => idempotencyKey);
const key = (step: number, occurrence = 0) => runKey(RUN, "order", LAMP, { step, occurrence });

async function play(script: Script, options: Partial<AiToolOptions> = {}) {
  const given = await tools(client, { run: RUN, ...options });
  return await generateText({ model: aiModel(script), tools: given, stopWhen, prompt: "Order lamps." });
}

test("two equal calls of a message are two, and an equal one of the next message is a third", async () => {
  const { text } = await play(SCRIPT);
  assert.equal(text, "That is all.");
  assert.deepEqual(
    keys()
      .filter((one) => one !== runKey(RUN, "stock", {}, { step: 1 }))
      .sort(),
    [key(1), key(1, 1), key(3)].sort(),
  );
});

test("a conversation that is begun again in its run makes the same calls", async () => {
  await play(SCRIPT);
  const first = keys().sort();
  gateway.invokes.length = 0;
  await play(SCRIPT);
  assert.deepEqual(keys().sort(), first);
});

test("a conversation that goes on from stored messages makes the calls that it would have made", async () => {
  const { responseMessages } = (await play(SCRIPT)) as { responseMessages?: ModelMessage[] };
  const stored: ModelMessage[] = [
    { role: "user", content: "Order lamps." },
    ...(responseMessages ?? assert.fail()).slice(0, 2),
  ];
  gateway.invokes.length = 0;
  await generateText({ model: aiModel(SCRIPT), tools: await tools(client, { run: RUN }), stopWhen, messages: stored });
  assert.deepEqual(keys(), [key(3)]);
});

test("the same tools, used for a message once more, make the same calls", async () => {
  const given = await tools(client, { run: RUN });
  for (let time = 0; time < 2; time += 1) {
    await generateText({ model: aiModel(SCRIPT.slice(0, 1)), tools: given, stopWhen, prompt: "Order lamps." });
  }
  assert.equal(new Set(keys()).size, 3);
});

test("a streamed message makes the same calls", async () => {
  const { doGenerate } = aiModel(SCRIPT);
  const model = new MockLanguageModelV4({
    doStream: async (options) => {
      const { content, finishReason, usage } = await doGenerate(options);
      const parts = content.map((part) => (part.type === "tool-call" ? part : { type: "stream-start" as const, warnings: [] }));
      return { stream: simulateReadableStream({ chunks: [...parts, { type: "finish" as const, finishReason, usage }] }) };
    },
  });
  await streamText({ model, tools: await tools(client, { run: RUN }), stopWhen, prompt: "Order lamps." }).consumeStream();
  assert.deepEqual(
    keys()
      .filter((one) => one !== runKey(RUN, "stock", {}, { step: 1 }))
      .sort(),
    [key(1), key(1, 1), key(3)].sort(),
  );
});

test("a call that a person approves is the one of the message that asked for it", async () => {
  const given = await tools(client, { run: RUN });
  const model = aiModel([
    [
      ["order", LAMP],
      ["order", LAMP],
    ],
  ]);
  const prompt: ModelMessage = { role: "user", content: "Order lamps." };
  const toolApproval = { order: "user-approval" } as const;
  const asked = await generateText({ model, tools: given, stopWhen, toolApproval, messages: [prompt] });
  assert.equal(gateway.invokes.length, 0);
  const requests = asked.content.filter((part) => part.type === "tool-approval-request");
  const said = requests.map(({ approvalId }) => ({ type: "tool-approval-response" as const, approvalId, approved: true }));
  const messages: ModelMessage[] = [prompt, ...asked.responseMessages, { role: "tool", content: said }];
  await generateText({ model, tools: given, stopWhen, toolApproval, messages });
  assert.deepEqual(keys().sort(), [key(1), key(1, 1)].sort());
});

test("the model reads the text alone, and the program has the whole value beside it", async () => {
  const { steps } = await play([[["order", LAMP]]]);
  const output = steps[0]?.toolResults[0]?.output as ToolAnswer;
  assert.deepEqual([output.standing, output.structured_content, output.invocation_id], ["SUCCEEDED", { done: true }, "inv-1"]);
  const shown = (steps[0]?.response.messages.at(-1) as { content: { output: object }[] }).content[0]?.output;
  assert.deepEqual(shown, { type: "text", value: '{"done":true}' });
});

test("what is pending, unknown or refused is told in words, and as an error where it is one", async () => {
  const shown = async (wait?: number) => {
    const { steps } = await play([[["order", LAMP]]], { wait });
    return (steps[0]?.response.messages.at(-1) as { content: { output: { type: string; value: string } }[] }).content[0]
      ?.output;
  };
  gateway.script = [underWay];
  assert.match(
    JSON.stringify(await shown(0)),
    /"text","value":"The call was accepted, and is under way.*Do not call this tool again/,
  );
  gateway.script = [outcome({ kind: { case: "unknown", value: { message: "lost" } } })];
  assert.match(
    JSON.stringify(await shown()),
    /"error-text".*It may have been carried out all the same.*Do not call this tool again/,
  );
  gateway.script = [refused("APPROVAL_REQUIRED")];
  assert.match(JSON.stringify(await shown()), /"error-text".*a person must approve this call first/);
});

test("where no answer has come, the loop stops, and the same call attaches when it is begun again", async () => {
  gateway.script = [new Refusal(status.UNAVAILABLE)];
  const { steps } = await play([[["order", LAMP]], [["order", LAMP]]]);
  assert.equal(steps.length, 1);
  gateway.script = [done()];
  await play([[["order", LAMP]]]);
  assert.deepEqual(keys(), [key(1), key(1)]);
});

test("where the run was killed, the loop stops", async () => {
  gateway.script = [refused("RUN_KILLED")];
  const { steps } = await play([[["order", LAMP]], [["order", LAMP]]]);
  assert.equal(steps.length, 1);
  assert.match(JSON.stringify(steps[0]?.response.messages), /Stop now: make no further calls/);
});

test("a call says in which form of the schema its arguments were made", async () => {
  await play([[["order", LAMP]]]);
  assert.equal(gateway.invokes.at(-1)?.schemaForm, SchemaForm.INLINED);
  await play([[["order", LAMP]]], { forms: OPENAI });
  assert.equal(gateway.invokes.at(-1)?.schemaForm, SchemaForm.INLINED); // this schema has no strict form
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
  const { steps } = await play(script, { search: true, toolset: "orders" });
  const outputs = steps.flatMap(({ toolResults }) => toolResults.map(({ output }) => (output as ToolAnswer).text));
  const found = {
    name: "order",
    description: "It is order.",
    effect: "NON_IDEMPOTENT",
    arguments: ["item (required)", "note"],
  };
  assert.deepEqual(JSON.parse(outputs[0] ?? ""), [found]);
  assert.deepEqual(JSON.parse(outputs[1] ?? "").arguments.required, ["item"]);
  assert.match(outputs[4] ?? "", /There is no tool 'none' here/);
  assert.deepEqual(keys(), [key(3), key(3, 1)]);
});

test("hostile input of a model is told to it, and does not end the program", async () => {
  const { steps } = await play(
    [
      [
        ["call_tool", { name: 7 }],
        ["search_tools", {}],
        ["call_tool", { name: "order", arguments: [1] }],
      ],
    ],
    { search: true },
  );
  const outputs = steps[0]?.toolResults.map(({ output }) => (output as ToolAnswer).standing);
  assert.deepEqual(outputs, ["REFUSED", "REFUSED", "REFUSED"]);
  assert.equal(gateway.invokes.length, 0);
});

test("tools without a run are refused", async () => {
  await assert.rejects(() => tools(client, {} as AiToolOptions), RequestInvalid);
});
