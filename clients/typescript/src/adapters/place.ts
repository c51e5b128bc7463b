/** Where in a run a call is made: what its key comes from, and what a resume finds again. */

import { isRunId } from "../checks.ts";
import { hash, type StepOptions } from "../keys.ts";

/** See `Run.call`. Without an occurrence and a callId, equal calls of one step are one, and act once. */
export interface Place extends StepOptions {
  readonly run: string;
}

/**
 * A framework's name of a run, as the gateway takes one: any other than 1 to 255 printable characters, without a space at the
 * ends, is hashed.
 */
export function runName(given: unknown): string {
  const name = String(given);
  return isRunId(name) ? name : `run-${hash(name)}`;
}
