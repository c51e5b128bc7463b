/** The call that `call_tool` is asked to make: its key is that of the inner call, so that one effect has one key. */

import type { Arguments } from "../arguments.ts";
import { exactJson } from "../exact_json.ts";
import { canonicalArguments } from "../keys.ts";

/** The tools that stand for all others. */
export const SEARCH = "search_tools";
export const DESCRIBE = "describe_tool";
export const CALL = "call_tool";

/** What a tool can be called. A version is no part of it: with one the same call would have another key. */
const NAME = /^[a-zA-Z0-9_-]{1,64}$/;

/** A tool, and what it is called with. */
export interface Meant {
  readonly name: string;
  readonly given: unknown;
}

export function isName(given: unknown): given is string {
  return typeof given === "string" && NAME.test(given);
}

/** What a model's call says by a name; undefined of what is no object. */
export function said(given: unknown, name: string): unknown {
  return typeof given === "object" && given !== null && Object.hasOwn(given, name) ? (given as Arguments)[name] : undefined;
}

/** The arguments of the inner call: an object, or its JSON text. None are an empty object. Throws SyntaxError, RangeError. */
export function innerArguments(given: unknown): unknown {
  const inner = said(given, "arguments");
  return typeof inner === "string" ? exactJson(inner || "{}") : (inner ?? {});
}

/**
 * The tool and arguments that a call is about: of `call_tool`, those of the inner call, however they are written. Those of one
 * that cannot be sent stay as they are: it is refused.
 */
export function meant(name: string, given: unknown): Meant {
  const inner = said(given, "name");
  if (name !== CALL || !isName(inner) || Object.keys(given as object).some((one) => one !== "name" && one !== "arguments")) {
    return { name, given };
  }
  try {
    const found = innerArguments(given);
    canonicalArguments(found as Arguments);
    return { name: inner, given: found };
  } catch {
    return { name, given };
  }
}
