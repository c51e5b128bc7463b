/** `client.tools`: the tools that this caller sees. */

import * as checks from "../checks.ts";
import { present, toolFrom } from "../convert.ts";
import { type Effect, formNumber, type SchemaForm } from "../enums.ts";
import type { Session } from "../session.ts";
import type { FoundTool, SchemaOptions, Tool } from "../types.ts";
import { CatalogService } from "../v1/catalog_service_pb.js";
import { Effect as Effects, SchemaForm as SchemaForms } from "../v1/tool_pb.js";

/** Tools that a search finds where its caller says no other number. */
const FOUND = 10;
/** That can be told: 31 bits. The gateway refuses what is beyond its own bound, which is 50. */
const LARGEST_LIMIT = 0x7fff_ffff;

/** All that is given has to hold. */
export interface SearchOptions {
  readonly toolset?: string | undefined;
  /** Of one of these. */
  readonly effects?: readonly Effect[] | undefined;
  /** With each of these, whatever their case. */
  readonly tags?: readonly string[] | undefined;
  /** At most so many, up to 50. */
  readonly limit?: number | undefined;
  readonly schemaForm?: SchemaForm | undefined;
}

export interface ToolFilter extends SchemaOptions {
  readonly toolset?: string | undefined;
  /** Only those that fit the pattern, such as `*_order`. */
  readonly name?: string | undefined;
}

/** The tools that this caller sees. */
export class Tools {
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  /**
   * The newest version of every tool that may be called, or of one toolset's, ordered by name. Pages come as they are asked
   * for.
   *
   * `schemaForm`: how input schemas are written; none: the tool's own. Where a schema has no such form,
   * `Tool.schemaFormRefusal` says why.
   */
  async *list(filter: ToolFilter = {}): AsyncGenerator<Tool, void> {
    const asked = {
      toolset: checks.optional("toolset", filter.toolset),
      namePattern: checks.optional("pattern of names", filter.name),
      ...written(filter),
    };
    const method = CatalogService.method.listTools;
    for await (const page of this.#session.pages(method, (pageToken) => ({ ...asked, pageToken }))) {
      for (const one of page.tools) yield toolFrom(one);
    }
  }

  /** The tool version of `name`, `name@1.0.0` or `name@sha256:…`. Throws ToolNotFound. */
  async get(reference: string, options: SchemaOptions = {}): Promise<Tool> {
    const asked = { tool: checks.required("tool's reference", reference), ...written(options) };
    const { tool } = await this.#session.send(CatalogService.method.getTool, () => asked);
    return toolFrom(present(tool, "tool"));
  }

  /**
   * The tools that this caller may call and that fit best what is to be done, the best first. `query`: what an agent wants to
   * do, in words; up to 1,000 characters. A tool of which no word fits is not there.
   */
  async search(query: string, options: SearchOptions = {}): Promise<FoundTool[]> {
    const asked = {
      query: checks.required("query", query),
      toolset: checks.optional("toolset", options.toolset),
      effects: checks.list("effects", options.effects ?? []).map((one) => Effects[checks.member(Effects, "effects", one)]),
      tags: checks.list("tags", options.tags ?? []).map((one) => checks.text("tags' every member", one)),
      limit: Math.min(checks.count("limit", options.limit ?? FOUND), LARGEST_LIMIT),
      schemaForm: written(options).schemaForm,
    };
    const { tools } = await this.#session.send(CatalogService.method.searchTools, () => asked);
    return tools.map(({ tool, score }) => ({ tool: toolFrom(present(tool, "tool")), score }));
  }
}

function written({ schemaForm, tokenBudget }: SchemaOptions) {
  if (schemaForm !== undefined) checks.member(SchemaForms, "schemaForm", schemaForm);
  // 0: the gateway's own.
  return { schemaForm: formNumber(schemaForm), tokenBudget: checks.count("tokenBudget", tokenBudget ?? 0) };
}
