/** A LangChain.js agent in its thread. What it keeps of the thread is lost when it is killed: it is begun again. */

import { HumanMessage, ToolMessage } from "@langchain/core/messages";
import { MemorySaver } from "@langchain/langgraph";
import { Client } from "callgate";
import { tools } from "callgate/langchain";
import { createAgent } from "langchain";

import { run, script, tell } from "./playing.ts";
import { chatModel } from "./scripted.ts";

const client = Client.fromEnvironment();
const given = await tools(client, { toolset: "bank" });
const agent = createAgent({ model: chatModel(script), tools: given, checkpointer: new MemorySaver() });
const task = { messages: [new HumanMessage("Settle the accounts.")] };
const { messages } = await agent.invoke(task, { configurable: { thread_id: run }, recursionLimit: 50 });
tell(messages.filter((one) => ToolMessage.isInstance(one)).map(({ text }) => text));
client.close();
