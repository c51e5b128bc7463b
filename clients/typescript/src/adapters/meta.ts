/**
 * Three tools in the place of many, for agents whose gateway has more tools than a model is to be shown: it searches, reads how
 * the one that it found is called, and calls it.
 *
 * A call by `call_tool` has the key of the inner call: the same effect is never made twice by two ways.
 */

import type { Arguments } from "../arguments.ts";
import * as checks from "../checks.ts";
import type { SchemaForm } from "../enums.ts";
import { NotPermitted, RequestRefused, ToolNotFound } from "../errors.ts";
import type { FoundTool, Schema } from "../types.ts";
import { type Answer, answer } from "./answers.ts";
import { bounded, SHOWN } from "./bounds.ts";
import { type Hints, hintsOf } from "./hints.ts";
import { inForm, isCallable, type Offer, type OfferFilter } from "./offers.ts";
import type { Place } from "./place.ts";
import { noArguments, notOffered, told } from "./refusals.ts";
import type { Toolbox } from "./toolbox.ts";

/** What a framework makes a tool of. */
export interface MetaTool {
  readonly name: string;
  readonly description: string;
  readonly schema: Schema;
  readonly hints: Hints;
}

export const SEARCH = "search_tools";
export const DESCRIBE = "describe_tool";
export const CALL = "call_tool";

/** Characters of a found tool's description: enough to choose by. */
const SUMMARY = 300;
/** Tools whose form is remembered. */
const KEPT = 1_000;

const text = (description: string): Schema => ({ type: "string", description });
const object = (properties: Schema, required: readonly string[]): Schema => ({
  type: "object",
  properties,
  required,
  additionalProperties: false,
});

export const META_TOOLS: readonly MetaTool[] = [
  {
    name: SEARCH,
    description: "Find the tools that fit what you want to do, the best first. Then read how one is called by describe_tool.",
    schema: object({ query: text("What you want to do, in words.") }, ["query"]),
    hints: hintsOf("READ"),
  },
  {
    name: DESCRIBE,
    description: "Read what a tool does and the JSON Schema of its arguments, before you call it by call_tool.",
    schema: object({ name: text("The tool's name, as search_tools tells it.") }, ["name"]),
    hints: hintsOf("READ"),
  },
  {
    name: CALL,
    description: "Call a tool, with arguments that fit the schema which describe_tool tells.",
    schema: object({ name: text("The tool's name."), arguments: { type: "object", description: "The tool's arguments." } }, [
      "name",
      "arguments",
    ]),
    hints: hintsOf("UNSPECIFIED"),
  },
];

/** The call that is meant: that of `call_tool` is a call of the tool that it names. */
export function meant(name: string, given: unknown): { readonly name: string; readonly given: unknown } {
  const asked = given as { readonly name?: unknown; readonly arguments?: unknown } | null;
  return name === CALL && typeof asked?.name === "string"
    ? { name: asked.name, given: asked.arguments ?? {} }
    : { name, given };
}

export class MetaToolset {
  readonly #toolbox: Toolbox;
  readonly #toolset: string | undefined;
  readonly #offers = new Map<string, Offer>();

  /** Of a toolset's tools, or of all that the caller may call. Throws RequestInvalid for a pattern of names. */
  constructor(toolbox: Toolbox, { toolset, name }: OfferFilter) {
    if (name !== undefined) throw checks.invalid("a search goes through a whole toolset", "Leave out `name`.");
    this.#toolbox = toolbox;
    this.#toolset = toolset;
  }

  /** What the model reads of one of the three. `place` is that of the inner call. Throws as `Toolbox.call`. */
  async answer(name: string, given: unknown, place: () => Place, signal?: AbortSignal): Promise<Answer> {
    const asked = (given ?? {}) as Arguments;
    if (name === SEARCH) return await this.#search(asked["query"]);
    if (typeof asked["name"] !== "string" || !asked["name"]) return noArguments("`name` is missing");
    if (name === DESCRIBE) return await this.#describe(asked["name"]);
    return await this.#call(asked["name"], asked["arguments"] ?? {}, place, signal);
  }

  async #search(query: unknown): Promise<Answer> {
    if (typeof query !== "string" || !query.trim()) return noArguments("`query` is missing");
    const found = await this.#asking(() => this.#toolbox.client.tools.search(query, { toolset: this.#toolset }));
    if (!Array.isArray(found)) return (found as Answer | undefined) ?? notOffered(SEARCH);
    const said = found.map(({ tool }: FoundTool) => ({ name: tool.name, description: bounded(tool.description, SUMMARY) }));
    const nothing = "No tool fits that. Search in other words, or do without.";
    return answer("SUCCEEDED", said.length ? JSON.stringify(said) : nothing, { structured: said, mayRepeat: true });
  }

  async #describe(name: string): Promise<Answer> {
    const offer = await this.#asking(() => this.#offer(name));
    if (offer === undefined) return notOffered(name);
    if ("standing" in offer) return offer;
    const said = { name, description: offer.description, arguments: offer.schema, ...offer.hints };
    return answer("SUCCEEDED", bounded(JSON.stringify(said), SHOWN), { structured: said, mayRepeat: true });
  }

  async #call(name: string, given: unknown, place: () => Place, signal: AbortSignal | undefined): Promise<Answer> {
    const offer = await this.#asking(() => this.#offer(name));
    if (offer === undefined) return notOffered(name);
    return "standing" in offer ? offer : await this.#toolbox.call(offer, given as Arguments, place(), signal);
  }

  /** The tool in a form that the toolbox shows; undefined where it is none that may be called here. */
  async #offer(name: string): Promise<Offer | undefined> {
    const known = this.#offers.get(name);
    if (known) return known;
    const first: SchemaForm | undefined = this.#toolbox.forms[0];
    const tool = await this.#toolbox.client.tools.get(name, { schemaForm: first });
    if (!isCallable(tool) || (this.#toolset !== undefined && tool.toolset !== this.#toolset)) return undefined;
    const found = await inForm(this.#toolbox.client, tool, this.#toolbox.forms);
    if (this.#offers.size >= KEPT) this.#offers.clear();
    this.#offers.set(name, found);
    return found;
  }

  /** What is asked of the catalog; what it refuses is told to the model, since the call itself was not made. */
  async #asking<T>(ask: () => Promise<T>): Promise<T | Answer | undefined> {
    try {
      return await ask();
    } catch (error) {
      if (error instanceof ToolNotFound || error instanceof NotPermitted) return undefined;
      if (error instanceof RequestRefused) return told(error);
      throw error;
    }
  }
}
