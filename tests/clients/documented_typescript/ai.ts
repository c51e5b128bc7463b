import { aiModel } from "./scripted.ts";

const model = aiModel([[["create_order", { body: { item: "tea", quantity: 2 } }]]]);
