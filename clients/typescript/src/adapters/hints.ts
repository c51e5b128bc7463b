/** What a tool's effect means in the words that frameworks and MCP have for it. */

import type { Effect } from "../enums.ts";

/** As MCP's ToolAnnotations. A KEYED tool is not idempotent: each further call of a model has a key of its own. */
export interface Hints {
  readonly readOnlyHint: boolean;
  readonly destructiveHint: boolean;
  readonly idempotentHint: boolean;
  readonly openWorldHint: boolean;
}

const hints = (readOnlyHint: boolean, destructiveHint: boolean, idempotentHint: boolean, openWorldHint = true): Hints => ({
  readOnlyHint,
  destructiveHint,
  idempotentHint,
  openWorldHint,
});

/** What a call of any other effect may do is taken for the worst. */
const ACTS = hints(false, true, false);
const OF: Readonly<Partial<Record<Effect, Hints>>> = {
  PURE: hints(true, false, true, false),
  READ: hints(true, false, true),
  IDEMPOTENT: hints(false, true, true),
};

export function hintsOf(effect: Effect): Hints {
  return OF[effect] ?? ACTS;
}
