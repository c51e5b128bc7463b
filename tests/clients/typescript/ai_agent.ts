/** An agent of the Vercel AI SDK that plays its script in its run, and tells what its model was shown. */

import { generateText, isStepCount } from "ai";
import { Client } from "callgate";
import { callIsOpen, runIsOver, type ToolAnswer, tools } from "callgate/ai";

import { run, script, tell } from "./playing.ts";
import { aiModel } from "./scripted.ts";

const client = Client.fromEnvironment();
const given = await tools(client, { toolset: "bank", run });
const stopWhen = [isStepCount(20), runIsOver, callIsOpen];
const { steps } = await generateText({ model: aiModel(script), tools: given, stopWhen, prompt: "Settle the accounts." });
tell(steps.flatMap(({ toolResults }) => toolResults.map(({ output }) => (output as ToolAnswer).text)));
client.close();
