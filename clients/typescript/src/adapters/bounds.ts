/** How much of a text a model is shown, in characters. What is left out is named. */

import { grouped } from "../wording.ts";

/** Of an answer, where its adapter says no other number. */
export const SHOWN = 20_000;
/** Of what the gateway says of a call. */
export const SAID = 2_000;

/** The text's beginning, of at most `limit` characters, and behind it how much is left out. */
export function bounded(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const characters = [...text]; // as Python counts them: a character of two units is one
  const left = characters.length - limit;
  if (left <= 0) return text;
  const begun = characters.slice(0, limit).join("");
  return `${begun}\n\n[${grouped(left)} of ${grouped(characters.length)} characters are left out here.]`;
}
