import { chatModel } from "./scripted.ts";

const model = chatModel([[["create_order", { body: { item: "tea", quantity: 2 } }]]]);
