import { aiModel } from "./scripted.ts";

const order = { name: "create_order", arguments: { body: { item: "tea", quantity: 2 } } };
const model = aiModel([
  [["search_tools", { query: "order a product" }]],
  [["describe_tool", { name: "create_order" }]],
  [["call_tool", order]],
]);
