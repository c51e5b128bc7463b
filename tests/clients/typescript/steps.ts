/** Calls of a run, one for each line of its input: `{"tool", "arguments", "step", "occurrence"}`. Tells what became of each. */

import { createInterface } from "node:readline";

import { type Arguments, Client, exactJson } from "callgate";

interface Asked {
  readonly tool: string;
  readonly arguments: Arguments;
  readonly step: number | string;
  readonly occurrence: number;
}

const client = Client.fromEnvironment();
const run = client.run(process.env["AGENT_RUN"] ?? "");
for await (const line of createInterface({ input: process.stdin })) {
  const { tool, arguments: given, ...place } = exactJson(line) as Asked;
  const { id, fromRecord } = await run.call(tool, given, place);
  process.stdout.write(`${JSON.stringify({ id, fromRecord, key: run.key(tool, given, place) })}\n`);
}
client.close();
