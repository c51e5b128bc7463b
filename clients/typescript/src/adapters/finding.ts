/** What `search_tools` and `describe_tool` answer. Nothing is called, so a model may ask as often as it pleases. */

import type { Client } from "../client.ts";
import * as errors from "../errors.ts";
import type { Tool } from "../types.ts";
import { grouped, inQuotes, spacedJson } from "../wording.ts";
import { type Answer, answer } from "./answers.ts";
import { bounded, SAID } from "./bounds.ts";
import { isName, said, SEARCH } from "./inner_calls.ts";
import type { Scope } from "./meta_tools.ts";
import { type Forms, inForm, OPEN } from "./offers.ts";

/** Of a query and of a list: the gateway's own bounds. */
const QUERY = 1_000;
const FOUND = 10;
const MOST_FOUND = 50;
/** Characters of a description in a list; names of arguments there. */
const SUMMARY = 300;
const ARGUMENTS = 30;
/** Characters that a token of a schema takes, about: the gateway counts four bytes for one. */
const TOKEN = 4;
/** Characters of a name that a model is told again. */
const NAME = 64;

const NONE = "No tool fits. Search in other words: say what is to be done, and to what.";

export async function search(client: Client, given: unknown, scope: Scope, shown: number): Promise<Answer> {
  const query = said(given, "query");
  const limit = said(given, "limit") || FOUND;
  if (typeof query !== "string" || !query.trim() || [...query].length > QUERY) {
    return unfit(`\`query\` must be a text of 1 to ${grouped(QUERY)} characters`);
  }
  if (typeof limit !== "number" || !Number.isInteger(limit) || limit < 1 || limit > MOST_FOUND) {
    return unfit(`\`limit\` must be a number from 1 to ${MOST_FOUND}`);
  }
  // A pattern is looked at here, so as many as there can be are looked at.
  const asked = scope.pattern === undefined ? limit : MOST_FOUND;
  try {
    const found = await client.tools.search(query, { toolset: scope.toolset, limit: asked });
    const listed = found
      .map(({ tool }) => tool)
      .filter((tool) => scope.has(tool))
      .slice(0, limit);
    return listed.length ? told(listed.map(summary), shown) : answer("SUCCEEDED", NONE, { structured: [], mayRepeat: true });
  } catch (error) {
    return refused(error);
  }
}

export async function describe(client: Client, given: unknown, scope: Scope, forms: Forms, shown: number): Promise<Answer> {
  const name = said(given, "name");
  if (!isName(name)) return unfit(`\`name\` must be a tool's name, as ${SEARCH} lists it`);
  try {
    const tool = await shownTool(
      client,
      name,
      forms.filter((one) => OPEN.includes(one)),
      shown,
    );
    return scope.has(tool) ? told(whole(tool), shown) : noSuchTool(name);
  } catch (error) {
    return refused(error);
  }
}

/** The tool with its schema in one of the forms; where that is too long to be shown, as much of it as is not. */
async function shownTool(client: Client, name: string, forms: Forms, shown: number): Promise<Tool> {
  const { tool } = await inForm(client, await client.tools.get(name, { schemaForm: forms[0] }), forms);
  if ([...spacedJson(whole(tool))].length <= shown) return tool;
  return await client.tools.get(name, { schemaForm: "REDUCED", tokenBudget: Math.max(1, Math.floor(shown / TOKEN)) });
}

export function noSuchTool(name: string): Answer {
  const found = `Find the name of the one that you need by ${SEARCH}.`;
  const text = `There is no tool ${inQuotes(name.slice(0, NAME))} here, so nothing was done. ${found}`;
  return answer("REFUSED", text, { mayRepeat: true });
}

export function unfit(problem: string): Answer {
  return answer("REFUSED", `Nothing was done: ${problem}. Correct that, and ask again.`, { mayRepeat: true });
}

function summary(tool: Tool) {
  const properties = Object.keys((tool.inputSchema["properties"] as object | undefined) ?? {});
  const required = tool.inputSchema["required"];
  const isRequired = (name: string) => Array.isArray(required) && required.includes(name);
  return {
    name: tool.name,
    description: bounded(tool.description, SUMMARY),
    effect: tool.effect,
    arguments: properties.map((name) => (isRequired(name) ? `${name} (required)` : name)).slice(0, ARGUMENTS),
  };
}

function whole(tool: Tool) {
  return {
    name: tool.name,
    description: tool.description,
    effect: tool.effect,
    arguments: tool.inputSchema,
    ...(tool.deprecated && { deprecated: "rather use another tool" }),
    ...(tool.requiresApproval && { approval: "a person must approve each call" }),
    ...(tool.schemaLeftOut.length && { left_out: tool.schemaLeftOut }),
  };
}

function told(structured: object, shown: number): Answer {
  return answer("SUCCEEDED", bounded(spacedJson(structured), shown), { structured, mayRepeat: true });
}

/** Throws what is the program's fault, and no model can mend. */
function refused(error: unknown): Answer {
  if (!(error instanceof errors.CallgateError)) throw error;
  if (error instanceof errors.RequestInvalid || error instanceof errors.EndpointInvalid) throw error;
  if (error instanceof errors.Unauthenticated) throw error;
  const why = bounded(error.message, SAID);
  if (error instanceof errors.RequestRefused) {
    return answer("REFUSED", `Nothing was done: ${why}. Find another tool by ${SEARCH}.`, { mayRepeat: true });
  }
  const text = `No answer has come: ${why}. You may ask again: that does no harm, and calls nothing.`;
  return answer("FAILED", text, { mayRepeat: true });
}
