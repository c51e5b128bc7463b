import { MemorySaver } from "@langchain/langgraph";
import { chatModel } from "./scripted.ts";

const model = chatModel([[["create_order", { body: { item: "tea", quantity: 2 } }]]]);
const checkpointer = new MemorySaver();
