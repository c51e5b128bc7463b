/** `client.tools`: the tools that this caller sees. */

import * as checks from "../checks.ts";
import { present, toolFrom } from "../convert.ts";
import { formNumber } from "../enums.ts";
import type { Session } from "../session.ts";
import type { SchemaOptions, Tool } from "../types.ts";
import { CatalogService } from "../v1/catalog_service_pb.js";
import { SchemaForm } from "../v1/tool_pb.js";

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
   * The newest version of every tool that may be called, or of one toolset's, ordered by name. Pages come as they are asked for.
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
}

function written({ schemaForm, tokenBudget }: SchemaOptions) {
  if (schemaForm !== undefined) checks.member(SchemaForm, "schemaForm", schemaForm);
  // 0: the gateway's own.
  return { schemaForm: formNumber(schemaForm), tokenBudget: checks.count("tokenBudget", tokenBudget ?? 0) };
}
