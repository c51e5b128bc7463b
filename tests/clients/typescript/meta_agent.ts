/** As ai_agent.ts, but by the three tools in the place of the toolset's own: the same effects have the same keys. */

import { generateText, isStepCount } from "ai";
import { Client } from "callgate";
import { callIsOpen, runIsOver, type ToolAnswer, tools } from "callgate/ai";

import { run, script, tell } from "./playing.ts";
import { aiModel } from "./scripted.ts";

const client = Client.fromEnvironment();
const given = await tools(client, { toolset: "bank", run, search: true });
const inner = script.map((calls) => calls.map(([name, said]) => ["call_tool", { name, arguments: said }] as const));
const stopWhen = [isStepCount(20), runIsOver, callIsOpen];
const { steps } = await generateText({ model: aiModel(inner), tools: given, stopWhen, prompt: "Settle the accounts." });
tell(steps.flatMap(({ toolResults }) => toolResults.map(({ output }) => (output as ToolAnswer).text)));
client.close();
