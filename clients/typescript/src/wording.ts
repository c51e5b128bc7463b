/** Parts of sentences that are written as the Python SDK writes them: the texts for a model are the same in both. */

import { quoted } from "./canonical.ts";
import { isPrintable } from "./visible.ts";

/** A whole number with commas between its thousands. */
export function grouped(value: number | bigint): string {
  return String(value).replace(/\B(?=(?:\d{3})+$)/g, ",");
}

/** A number in at most six digits. */
export function general(value: number): string {
  const [digits = "", power = ""] = value.toExponential(5).split("e");
  const exponent = Number(power);
  if (exponent >= -4 && exponent < 6) return String(Number(value.toPrecision(6)));
  const sign = exponent < 0 ? "-" : "+";
  return `${String(Number(digits))}e${sign}${String(Math.abs(exponent)).padStart(2, "0")}`;
}

/** A text in quotes, with what stands out of it escaped. */
export function inQuotes(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  return quote + [...text].map((character) => shown(character, quote)).join("") + quote;
}

const NAMED: Readonly<Record<string, string>> = { "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t" };

function shown(character: string, quote: string): string {
  if (character === quote) return `\\${quote}`;
  return NAMED[character] ?? (isPrintable(character) ? character : escaped(character.codePointAt(0) as number));
}

function escaped(point: number): string {
  const hex = point.toString(16);
  if (point < 0x100) return `\\x${hex.padStart(2, "0")}`;
  return point < 0x10000 ? `\\u${hex.padStart(4, "0")}` : `\\U${hex.padStart(8, "0")}`;
}

/** JSON with spaces behind commas and colons, for a person or a model to read. */
export function spacedJson(value: unknown, text: (given: string) => string = quoted): string {
  if (Array.isArray(value)) return `[${value.map((one) => spacedJson(one, text)).join(", ")}]`;
  if (typeof value === "string") return text(value);
  if (typeof value !== "object" || value === null) return String(value);
  return `{${Object.entries(value)
    .map(([name, item]) => `${text(name)}: ${spacedJson(item, text)}`)
    .join(", ")}}`;
}

/** A text as JSON writes it in ASCII. */
export function ascii(text: string): string {
  const escape = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
  return quoted(text).replace(/[\u0080-\uffff]/g, escape);
}

/** A moment to the minute, in UTC. */
export function minute(moment: Date): string {
  return moment.toISOString().slice(0, 16).replace("T", " ");
}
