/** What a model is shown in the place of all tools: one that finds them, one that describes one, and one that calls one. */

import type { Schema, Tool } from "../types.ts";
import { hintsOf } from "./hints.ts";
import { CALL, DESCRIBE, SEARCH } from "./inner_calls.ts";
import type { Offer, OfferFilter } from "./offers.ts";
import { fits } from "./patterns.ts";

/** Which tools are found and called: those of a toolset, and of a pattern of names; undefined: of all. */
export class Scope {
  readonly toolset: string | undefined;
  readonly pattern: string | undefined;

  constructor({ toolset, name }: OfferFilter) {
    this.toolset = toolset;
    this.pattern = name;
  }

  hasName(name: string): boolean {
    return this.pattern === undefined || fits(name, this.pattern);
  }

  has({ toolset, name }: Pick<Tool, "toolset" | "name">): boolean {
    return (this.toolset === undefined || this.toolset === toolset) && this.hasName(name);
  }
}

const QUERY = { type: "string", description: "What you want to do, in words: cancel an order. At most 1,000 characters." };
const LIMIT = { type: "integer", minimum: 1, maximum: 50, description: "How many tools to list at most. 10 without it." };
const NAME = { type: "string", description: "The tool's name, as search_tools lists it." };
const ARGUMENTS = {
  type: "object",
  description: "The tool's arguments, as describe_tool shows them.",
  additionalProperties: true,
};
const SAID = {
  [SEARCH]: "Find tools by what you want to do. It lists the names of those that fit best, with what each does and takes.",
  [DESCRIBE]: "Show what a tool does, and the JSON Schema of its arguments. Do so before you call a tool for the first time.",
  [CALL]: "Call a tool that search_tools has listed. Each call of a tool that acts may act again, as if it were called itself.",
};

/** The three, for the tools of a scope. */
export function metaOffers(scope: Scope): Offer[] {
  return [
    offer(SEARCH, { query: QUERY, limit: LIMIT }, ["query"], scope),
    offer(DESCRIBE, { name: NAME }, ["name"], scope),
    offer(CALL, { name: NAME, arguments: ARGUMENTS }, ["name"], scope),
  ];
}

function offer(name: keyof typeof SAID, properties: Schema, required: readonly string[], scope: Scope): Offer {
  const schema = { type: "object", properties, required, additionalProperties: false };
  const hints = hintsOf(name === CALL ? "NON_IDEMPOTENT" : "READ");
  return { name, description: SAID[name], schema, form: undefined, hints, tool: undefined, scope };
}
