/**
 * Idempotency keys: one for each logical call. They are those of the Python SDK, byte for byte: a run that one has begun, the
 * other goes on with.
 *
 * The key of a run's call is made of what is the same when the run is resumed, so that the call is the same, too: the run and
 * the step in it, the tool, the arguments in canonical form (RFC 8785), the occurrence among equal calls of one message, and a
 * framework's id of the call where that is the same after a resume.
 *
 * A call outside of a run gets a random key. It is one call for as long as its maker remembers the key: a process that dies and
 * begins again makes another call, and that acts again.
 */

import { createHash, randomBytes, randomUUID } from "node:crypto";

import { type Arguments, plain, unfit } from "./arguments.ts";
import { canonical } from "./canonical.ts";
import * as checks from "./checks.ts";
import { isPrintable } from "./visible.ts";

/** What a key begins with that was made here, with the number of the rule by which it was made. */
const OF_RUN = "run1-";
const OF_TEXT = "text1-";
/** The gateway takes 16 to 255 visible ASCII characters. */
const TAKEN = /^[!-~]{16,255}$/;

/** Where in its run a call is made. See `Run.call`. */
export interface StepOptions {
  readonly step: string | number | bigint;
  readonly occurrence?: number | undefined;
  readonly callId?: string | undefined;
  readonly once?: boolean | undefined;
}

/** A random key, which no other call has. Send the same call with it as often as needed: it acts once. */
export function newKey(): string {
  return randomUUID();
}

/** A random token for one call of this program: all its requests carry it, so that the gateway knows what is sent again. */
export function newCallToken(): string {
  return randomBytes(8).toString("hex");
}

/** The key of a run's call. See `Run.call` for the parameters. Throws RequestInvalid, ArgumentsInvalid. */
export function runKey(run: string, tool: string, given: Arguments, options: StepOptions): string {
  const { occurrence = 0, callId, once = false } = options;
  const place = [
    checks.runId(run),
    checks.step(options.step),
    checks.required("tool", tool),
    checks.count("occurrence, 0 for the first of equal calls,", occurrence),
    callId === undefined ? null : checks.hashed("callId", callId),
  ];
  // A JSON text ends where it ends: no two lists of parts have the same text.
  const pinned = checks.flag("once", once);
  return OF_RUN + hash(pinned ? canonical(["once", ...place]) : canonical(["call", ...place]) + canonicalArguments(given));
}

/**
 * Of each call of one message (a tool and its arguments), how many equal ones stand before it.
 *
 * Throws RequestInvalid for what is no call, ArgumentsInvalid for arguments that cannot be sent.
 */
export function occurrences(calls: Iterable<readonly [tool: string, given: Arguments]>): number[] {
  const seen = new Map<string, number>();
  return Array.from(calls, (call) => {
    const asked = askedFor(call);
    const before = seen.get(asked) ?? 0;
    seen.set(asked, before + 1);
    return before;
  });
}

function askedFor(call: unknown): string {
  const parts = checks.list("calls' every member", call);
  if (parts.length !== 2) throw checks.invalid("each of the calls must be a tool and its arguments", "Give pairs.");
  return canonical([checks.required("tool", parts[0])]) + canonicalArguments(parts[1] as Arguments);
}

/**
 * The key as the gateway takes it. One that it takes is left as it is; any other is hashed, always to the same.
 *
 * Throws RequestInvalid for an empty key: a random one in its place would be another call each time.
 */
export function wireKey(key: string): string {
  const given = checks.hashed("key", key);
  return TAKEN.test(given) ? given : OF_TEXT + hash(given);
}

/** A turn's name as it is told beside its call: one that is too long, or not printable, is hashed, always to the same. */
export function wireStep(step: string): string {
  return checks.characters(step) <= checks.RUN_ID_LENGTH && isPrintable(step) ? step : OF_TEXT + hash(step);
}

/** The arguments as the gateway will read them. Throws ArgumentsInvalid. */
export function canonicalArguments(given: Arguments): string {
  try {
    return canonical(plain(given));
  } catch (error) {
    if (error instanceof RangeError) throw unfit("", "numbers that a double can hold, and no more than 64 levels of nesting");
    throw error;
  }
}

/** SHA-256 of a text, in hex. */
export function hash(text: string): string {
  return createHash("sha256").update(utf8(text)).digest("hex");
}

/** UTF-8, with a lone surrogate as if it were a character (Python's `surrogatepass`). */
function utf8(text: string): Uint8Array {
  if (text.isWellFormed()) return Buffer.from(text, "utf8");
  return Buffer.concat(
    [...text].map((character) => (character.isWellFormed() ? Buffer.from(character) : surrogate(character))),
  );
}

function surrogate(character: string): Uint8Array {
  const unit = character.charCodeAt(0);
  return Uint8Array.of(0xe0 | (unit >> 12), 0x80 | ((unit >> 6) & 0x3f), 0x80 | (unit & 0x3f));
}
