/** What a model is shown of a tool, and how offers are read from a gateway's catalog. */

import type { Client } from "../client.ts";
import type { SchemaForm } from "../enums.ts";
import type { Schema, Tool } from "../types.ts";
import { type Hints, hintsOf } from "./hints.ts";
import type { Scope } from "./meta_tools.ts";

/** The forms in which a schema may be shown, the preferred one first. A schema that has none of them is shown as it is. */
export type Forms = readonly SchemaForm[];

/** For models that take JSON Schema, but no `$ref` in it. */
export const PLAIN: Forms = ["INLINED", "SHALLOW"];
/** For OpenAI's models: strict mode, in which a model cannot write other arguments, where the schema has that form. */
export const OPENAI: Forms = ["STRICT", ...PLAIN];

/** By which arguments are no other than by the tool's own schema: in strict mode a null may stand for what is left out. */
export const OPEN: Forms = [...PLAIN, "REDUCED"];

/**
 * A tool, with its schema in the form in which a model is shown it (undefined: the tool's own); or one of the three that stand
 * for all tools of a scope, which is no gateway's.
 */
export interface Offer {
  readonly name: string;
  readonly description: string;
  readonly schema: Schema;
  readonly form: SchemaForm | undefined;
  readonly hints: Hints;
  readonly tool: Tool | undefined;
  readonly scope?: Scope | undefined;
}

/** What is offered of a gateway's own tool. */
export interface ToolOffer extends Offer {
  readonly tool: Tool;
}

/** Which tools a model is offered: those of a toolset, and of a pattern of names. */
export interface OfferFilter {
  readonly toolset?: string | undefined;
  readonly name?: string | undefined;
}

/** The tools that may be called now, by their names. Throws CallgateError. */
export async function readOffers(client: Client, forms: Forms, filter: OfferFilter): Promise<ToolOffer[]> {
  const found: ToolOffer[] = [];
  for await (const tool of client.tools.list({ ...filter, schemaForm: forms[0] })) {
    if (isCallable(tool)) found.push(await inForm(client, tool, forms));
  }
  return found;
}

function isCallable({ state }: Tool): boolean {
  return state === "ACTIVE" || state === "DEPRECATED";
}

/** The tool, which was read in the first of the forms, in the first that its schema has. */
export async function inForm(client: Client, tool: Tool, forms: Forms): Promise<ToolOffer> {
  let shown = tool;
  for (const [number, form] of forms.entries()) {
    if (number) shown = await client.tools.get(tool.reference, { schemaForm: form });
    if (!shown.schemaFormRefusal) return offer(shown, form);
  }
  return offer(shown, undefined);
}

function offer(tool: Tool, form: SchemaForm | undefined): ToolOffer {
  return { name: tool.name, description: described(tool), schema: tool.inputSchema, form, hints: hintsOf(tool.effect), tool };
}

/** For the model, who reads there, too, whether it should rather take another tool. */
function described({ name, description, deprecated }: Tool): string {
  const said = description || name;
  return deprecated ? `${said}\n\nDeprecated: rather use another tool.` : said;
}
