/**
 * Canonical JSON (RFC 8785): one text for each value, whichever program wrote it. Keys of a run's calls are made of it.
 *
 * `clients/vectors/keys.json` holds this module, the Python SDK and the gateway to one table. A number is a double (RFC 8785
 * §3.2.2.3): 1 and 1.0 are one. An integer of 64 bits may be no double: as a bigint it is written as it is.
 */

/** What JSON can say, with integers that are exact as bigints. */
export type Json = null | boolean | number | bigint | string | readonly Json[] | { readonly [name: string]: Json };

/** Of 64 bits, signed or not: the integers that the gateway takes as they are. */
const LEAST = -(2n ** 63n);
const MOST = 2n ** 64n - 1n;

/** The canonical text. Throws RangeError for an integer beyond every double. */
export function canonical(value: Json): string {
  if (typeof value === "string") return quoted(value);
  if (typeof value === "number" || typeof value === "bigint") return number(value);
  if (value === null || typeof value === "boolean") return String(value);
  if (isList(value)) return `[${value.map(canonical).join(",")}]`;
  // Strings of JavaScript compare by UTF-16 code units, as RFC 8785 orders names (§3.2.3).
  const names = Object.keys(value).sort();
  return `{${names.map((name) => `${quoted(name)}:${canonical(value[name] as Json)}`).join(",")}}`;
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

/** As JSON writes it, but with a lone surrogate as it is: Python's SDK hashes it so. */
export function quoted(text: string): string {
  return text.isWellFormed() ? JSON.stringify(text) : `"${[...text].map(within).join("")}"`;
}

function within(character: string): string {
  return character.isWellFormed() ? JSON.stringify(character).slice(1, -1) : character;
}

/** As ECMAScript's Number::toString, which RFC 8785 takes its numbers from. */
function number(value: number | bigint): string {
  if (typeof value === "bigint" && LEAST <= value && value <= MOST) return String(value);
  const double = Number(value);
  if (!Number.isFinite(double)) throw new RangeError("an integer is larger than JSON's numbers can be");
  return String(double === 0 ? 0 : double);
}
