/**
 * Times calls of one tool, one after the other, over one client: `node bench/calls.ts TOOL ARGUMENTS COUNT [WARM]`.
 *
 * ARGUMENTS are JSON; each call has a key of its own. WARM calls are made before, and not timed. The gateway is that of
 * CALLGATE_ADDRESS and its like. Prints the milliseconds of each call as one JSON line: `{"milliseconds": [...]}`. With `-` for
 * COUNT, it makes a call for each line of its input and answers by a line with its milliseconds, so that who measures several
 * clients can let them take turns.
 */

import { createInterface } from "node:readline";

import { type Arguments, Client, exactJson } from "../src/index.ts";

const [tool = "", given = "{}", count = "100", warm = "5"] = process.argv.slice(2);
const asked = exactJson(given) as Arguments;
const client = Client.fromEnvironment();

async function timed(): Promise<number> {
  const began = performance.now();
  (await client.call(tool, asked)).succeeded();
  return performance.now() - began;
}

async function many(number: number): Promise<number[]> {
  const found = [];
  for (let at = 0; at < number; at += 1) found.push(await timed());
  return found;
}

await many(Number(warm));
if (count === "-") {
  for await (const _ of createInterface({ input: process.stdin })) process.stdout.write(`${await timed()}\n`);
} else {
  process.stdout.write(`${JSON.stringify({ milliseconds: await many(Number(count)) })}\n`);
}
client.close();
