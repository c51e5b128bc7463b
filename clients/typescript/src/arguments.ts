/**
 * Arguments as they are sent, and as keys are made of them.
 *
 * What JavaScript can hold and JSON cannot say is refused, and not left out silently: a Map would be sent as `{}`, NaN as null.
 */

import type { Json } from "./canonical.ts";
import { quoted } from "./canonical.ts";
import { ArgumentsInvalid } from "./errors.ts";
import { grouped } from "./wording.ts";

/**
 * A tool's arguments: an object of JSON's types. Integers beyond 2^53 are bigints; a property that is undefined is left out.
 */
export type Arguments = Readonly<Record<string, unknown>>;

/** Of a call of a tool that takes none. No call can change it for the next. */
export const NO_ARGUMENTS: Arguments = Object.freeze({});

/** The gateway refuses arguments of more bytes. */
const ARGUMENT_BYTES = 1 << 20;
/** The gateway takes fewer levels; this only keeps a value that holds itself from going on without end. */
const LEVELS = 1000;
/** Beyond it, and below 64 bits, a number was an integer that JavaScript may have rounded already. */
const EXACT = Number.MAX_SAFE_INTEGER;
const SIXTY_FOUR_BITS = 2 ** 64;

/** The same in JSON's types alone. Throws ArgumentsInvalid for what cannot be sent as it is. */
export function plain(given: unknown): Readonly<Record<string, Json>> {
  if (!isObject(given)) throw unfit("", `an object of JSON's types (${typeof given})`);
  return objectOf(given, "", 0);
}

/** The bytes of the arguments, as JSON. Throws ArgumentsInvalid. */
export function encode(value: Readonly<Record<string, Json>>): Uint8Array {
  const encoded = new TextEncoder().encode(written(value));
  if (encoded.length > ARGUMENT_BYTES) {
    const told = `at most ${grouped(ARGUMENT_BYTES)} bytes of JSON, not ${grouped(encoded.length)}`;
    throw unfit("", told);
  }
  return encoded;
}

/** The error for arguments that cannot be sent. */
export function unfit(pointer: string, expected: string): ArgumentsInvalid {
  return new ArgumentsInvalid(`the arguments cannot be sent: expected ${expected}`, {
    cure: "Correct the arguments and call again.",
    reason: "ARGUMENTS_INVALID",
    violations: [{ pointer, expected }],
  });
}

function plainOf(given: unknown, pointer: string, level: number): Json {
  const value = converted(given);
  if (value === null || typeof value === "boolean" || typeof value === "bigint") return value;
  if (typeof value === "string") return textOf(value, pointer);
  if (typeof value === "number") return numberOf(value, pointer);
  if (level > LEVELS) throw unfit(pointer, "no more than 64 levels of nesting");
  if (Array.isArray(value)) return Array.from(value, (item: unknown, at) => plainOf(item, `${pointer}/${at}`, level + 1));
  if (isObject(value)) return objectOf(value, pointer, level + 1);
  throw unfit(pointer, `a value of JSON's types (${typeof value})`);
}

/** A Date and its like say themselves how JSON writes them. */
function converted(given: unknown): unknown {
  const told = given as { toJSON?: unknown } | null;
  return typeof told === "object" && told !== null && typeof told.toJSON === "function" ? (told.toJSON() as unknown) : given;
}

function isObject(given: unknown): given is Record<string, unknown> {
  if (typeof given !== "object" || given === null || Array.isArray(given)) return false;
  const prototype: unknown = Object.getPrototypeOf(given);
  // An object of another realm has another Object.prototype, which has none behind it either.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function objectOf(given: Record<string, unknown>, pointer: string, level: number): Record<string, Json> {
  const found = Object.create(null) as Record<string, Json>; // which takes a member of the name __proto__ as any
  for (const name of Object.keys(given)) {
    const place = `${pointer}/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`;
    if (given[name] !== undefined) found[textOf(name, pointer)] = plainOf(given[name], place, level);
  }
  return found;
}

function textOf(value: string, pointer: string): string {
  if (!value.isWellFormed()) throw unfit(pointer, "text in UTF-8, without lone surrogates");
  return value;
}

function numberOf(value: number, pointer: string): number {
  if (!Number.isFinite(value)) throw unfit(pointer, "a number that JSON can write");
  const size = Math.abs(value);
  if (size > EXACT && size < SIXTY_FOUR_BITS) {
    const why = "a number of JavaScript does not hold it exactly";
    throw unfit(pointer, `an integer beyond 2^53 as a text of its digits, or, by a program, as a bigint: ${why}`);
  }
  return value;
}

function written(value: Json): string {
  if (typeof value === "string") return quoted(value);
  if (typeof value === "number") return double(value);
  if (value === null || typeof value !== "object") return String(value);
  if (Array.isArray(value)) return `[${value.map(written).join(",")}]`;
  return `{${Object.entries(value)
    .map(([name, item]) => `${quoted(name)}:${written(item as Json)}`)
    .join(",")}}`;
}

/** Digits alone would be read as an integer, which a double of that size is not meant as. */
function double(value: number): string {
  return Math.abs(value) >= SIXTY_FOUR_BITS ? value.toExponential() : JSON.stringify(value);
}
