/** What all agents here do alike. */

import type { Script } from "./scripted.ts";

/** The run, of whose place all keys are made: the same in each life. */
export const run = process.env["AGENT_RUN"] ?? "";
export const script = JSON.parse(process.env["AGENT_SCRIPT"] ?? "[]") as Script;

/** The end: what the model was shown, each text as the JSON value that it is, or as the text. */
export function tell(texts: readonly string[]): void {
  process.stdout.write(`${JSON.stringify(texts.map(value))}\n`);
}

function value(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
