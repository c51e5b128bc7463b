/** A loop of an author's own around a chat model of LangChain.js: its messages are lost when it is killed. */

import { type AIMessage, type BaseMessage, HumanMessage, ToolMessage } from "@langchain/core/messages";
import { Client } from "callgate";
import { answers, tools } from "callgate/langchain";

import { run, script, tell } from "./playing.ts";
import { chatModel } from "./scripted.ts";

const client = Client.fromEnvironment();
const given = await tools(client, { toolset: "bank" });
const model = chatModel(script).bindTools(given);
const messages: BaseMessage[] = [new HumanMessage("Settle the accounts.")];
for (;;) {
  const said = (await model.invoke(messages)) as AIMessage;
  messages.push(said);
  if (!said.tool_calls?.length) break;
  messages.push(...(await answers(given, said, { run, step: messages.length })));
}
tell(messages.filter((one) => ToolMessage.isInstance(one)).map(({ text }) => text));
client.close();
