/** The calls of one message, as its model has written them: what each asks for, and how many equal ones stand before it. */

import type { Arguments } from "../arguments.ts";
import { ArgumentsInvalid } from "../errors.ts";
import { occurrences } from "../keys.ts";
import type { Answer } from "./answers.ts";
import { meant } from "./inner_calls.ts";
import { noArguments, told } from "./refusals.ts";

/** A call as a model has written it: `id` is the provider's, which its answer must name. */
export interface ModelCall {
  readonly id: string;
  readonly name: string;
  readonly given: unknown;
}

/** What a call asks for. `occurrence`: how many equal calls stand before it in its message. */
export interface Written {
  readonly given: Arguments;
  readonly occurrence: number;
}

export function isWritten(one: Written | Answer): one is Written {
  return "occurrence" in one;
}

/** What each call asks for, or what the model is told where that cannot be read. */
export function read(calls: readonly ModelCall[]): (Written | Answer)[] {
  const refusals = calls.map(({ name, given }) => unreadable(name, given));
  const readable = calls.filter((_, at) => refusals[at] === undefined);
  const asked = readable.map(({ name, given }) => meant(name, given));
  const nths = occurrences(asked.map(({ name, given }) => [name, given as Arguments])).values();
  return calls.map(({ given }, at) => refusals[at] ?? { given: given as Arguments, occurrence: nths.next().value as number });
}

function unreadable(name: string, given: unknown): Answer | undefined {
  if (typeof given !== "object" || given === null || Array.isArray(given)) return noArguments("they are no object");
  try {
    occurrences([[name, given as Arguments]]);
    return undefined;
  } catch (error) {
    if (error instanceof ArgumentsInvalid) return told(error);
    throw error;
  }
}
