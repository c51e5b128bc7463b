/**
 * What each kind of argument must be: the one place where the verbs check theirs, before anything is sent.
 *
 * Arguments come from agents and from models. What a type says, a program in JavaScript does not hold itself to. No message
 * repeats the argument, which may be secret, or long.
 */

import { RequestInvalid } from "./errors.ts";
import { isPrintable } from "./visible.ts";

/** Seconds: a year. */
export const LONGEST = 366 * 86_400;
/** The gateway refuses longer ones. */
export const RUN_ID_LENGTH = 255;
/** A number of a turn may be a UUID's, or a hash. */
const STEP_BITS = 4096n;

export function invalid(message: string, cure: string): RequestInvalid {
  return new RequestInvalid(message, { cure, reason: "REQUEST_INVALID" });
}

/** Any text that UTF-8 can carry, the empty one, too. Throws RequestInvalid, as all functions here. */
export function text(part: string, given: unknown): string {
  if (typeof given !== "string")
    throw invalid(`the ${part} must be a text (string), not ${kind(given)}`, `Give the ${part} as a text.`);
  if (!given.isWellFormed()) throw invalid(`the ${part} has characters that UTF-8 cannot carry`, "Leave out lone surrogates.");
  return given;
}

/** A text that is not empty. */
export function required(part: string, given: unknown): string {
  if (given === "") throw invalid(`the ${part} must be a text that is not empty`, `Give the ${part}.`);
  return text(part, given);
}

/** A text; none is an empty one. */
export function optional(part: string, given: unknown): string {
  return given === undefined || given === null ? "" : text(part, given);
}

/** A text that is not empty. It is not sent but hashed, so it need not be UTF-8. */
export function hashed(part: string, given: unknown): string {
  if (typeof given !== "string" || !given) throw invalid(`the ${part} must be a text that is not empty`, `Give the ${part}.`);
  return given;
}

/** The name of a run, as the gateway takes it. */
export function runId(given: unknown): string {
  if (isRunId(given)) return given;
  const told = `a run's id must be a text of 1 to ${RUN_ID_LENGTH} printable characters, without a space at its ends`;
  throw invalid(told, "Give another name to the run, such as the hash of a longer one: always the same.");
}

/** Two names that differ by a space at an end look the same in every list. */
export function isRunId(given: unknown): given is string {
  if (typeof given !== "string" || !given || given.startsWith(" ") || given.endsWith(" ")) return false;
  return isPrintable(given) && characters(given) <= RUN_ID_LENGTH;
}

export function optionalRunId(given: unknown): string {
  return given === undefined || given === null || given === "" ? "" : runId(given);
}

/** The text of a turn's name or number. Nothing else may pass for one: two turns would share a key, and act only once. */
export function step(given: unknown): string {
  if (typeof given === "number" && Number.isSafeInteger(given)) return String(given);
  if (typeof given === "bigint" && (given < 0n ? -given : given) < 2n ** STEP_BITS) return String(given);
  if (typeof given === "string" && given) return given;
  const told = "the step must be an integer, or a text that is not empty";
  throw invalid(told, "Give the turn by a name or number that a resume finds again.");
}

/** A whole number from 0. */
export function count(part: string, given: unknown): number {
  if (typeof given === "number" && Number.isSafeInteger(given) && given >= 0) return given;
  throw invalid(`the ${part} must be an integer from 0 to 9,007,199,254,740,991`, "Count from 0.");
}

export function flag(part: string, given: unknown): boolean {
  if (typeof given === "boolean") return given;
  throw invalid(`${part} must be true or false, not ${kind(given)}`, "Give a boolean.");
}

/** A number from 0 to a year. */
export function seconds(part: string, given: unknown): number {
  if (typeof given === "number" && given >= 0 && given <= LONGEST) return given;
  throw invalid(`the ${part} must be a number of seconds from 0 to a year`, "Give seconds, or leave it out.");
}

export function optionalSeconds(part: string, given: unknown): number | undefined {
  return given === undefined || given === null ? undefined : seconds(part, given);
}

/** None, and infinity, too: as long as it takes. */
export function endlessSeconds(part: string, given: unknown): number {
  return given === Infinity ? Infinity : (optionalSeconds(part, given) ?? Infinity);
}

/** Of a call, which cannot be made in no time. */
export function timeout(given: unknown): number | undefined {
  const found = optionalSeconds("timeout", given);
  if (found === 0) throw invalid("the timeout of a call must be longer than 0 s", "Give seconds, or leave it out.");
  return found;
}

export function optionalMoment(part: string, given: unknown): Date | undefined {
  if (given === undefined || given === null) return undefined;
  if (given instanceof Date && !Number.isNaN(given.getTime())) return given;
  throw invalid(`${part} must be a moment (Date), not ${kind(given)}`, "Give a Date, or leave it out.");
}

export function content(part: string, given: unknown): Uint8Array {
  if (given instanceof Uint8Array) return given;
  const cure = typeof given === "string" ? "Encode the text: `new TextEncoder().encode(…)`." : "Give bytes, such as a Buffer.";
  throw invalid(`the ${part} must be bytes (Uint8Array), not ${kind(given)}`, cure);
}

export function list(part: string, given: unknown): readonly unknown[] {
  if (Array.isArray(given)) return given;
  throw invalid(`the ${part} must be a list (Array), not ${kind(given)}`, `Give the ${part} as a list.`);
}

/** A name of an enum's, such as `RUNNING`. `names` are the enum's as the code generator writes it. */
export function member<Name extends string>(
  names: Readonly<Record<Name, number | string>>,
  part: string,
  given: unknown,
): Name {
  const known = Object.keys(names).filter((name) => Number.isNaN(Number(name)));
  if (typeof given === "string" && known.includes(given)) return given as Name;
  throw invalid(`the ${part} must be one of ${known.join(", ")}`, `Give one of these as the ${part}.`);
}

/** How many characters a text has: Python's SDK, and the gateway, count code points. */
export function characters(given: string): number {
  return [...given].length;
}

function kind(given: unknown): string {
  if (given === null) return "null";
  return typeof given === "object" ? (given.constructor?.name ?? "object") : typeof given;
}
