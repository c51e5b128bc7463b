/** What an adapter gives back to its framework for one call. */

import type { Artifact } from "../results.ts";

/**
 * How a call stands, as far as the agent must know it. PENDING: accepted, and under way. UNKNOWN: it may have acted, and what
 * follows is for a person. REFUSED: the gateway did not take it, so that nothing was done.
 */
export type Standing =
  "SUCCEEDED" | "FAILED" | "TIMED_OUT" | "CANCELLED" | "PENDING" | "UNKNOWN" | "NEEDS_APPROVAL" | "KEY_REUSED" | "REFUSED";

/**
 * `text` is for the model: bounded, and in words that say whether it may call again. `structured`: the whole answer's JSON
 * value, null where it has none. `mayRepeat`: a further call of the model does no harm, or this one has done nothing.
 */
export interface Answer {
  readonly standing: Standing;
  readonly text: string;
  readonly structured: unknown;
  readonly invocationId: string;
  readonly artifact: Artifact | undefined;
  readonly mayRepeat: boolean;
}

/** What a framework keeps beside the message, in JSON's types, and its model does not see. */
export interface AnswerRecord {
  readonly invocation_id: string;
  readonly standing: Standing;
  readonly may_repeat: boolean;
  readonly structured_content: unknown;
  readonly artifacts: readonly { readonly id: string; readonly media_type: string; readonly size: number }[];
}

export function answer(standing: Standing, text: string, more: Partial<Omit<Answer, "standing" | "text">> = {}): Answer {
  return { standing, text, structured: null, invocationId: "", artifact: undefined, mayRepeat: false, ...more };
}

/** Whether a framework is to mark it as an error: not what succeeded, and not what is under way. */
export function isError({ standing }: Pick<Answer, "standing">): boolean {
  return standing !== "SUCCEEDED" && standing !== "PENDING";
}

export function recordOf({ invocationId, standing, mayRepeat, structured, artifact }: Answer): AnswerRecord {
  return {
    invocation_id: invocationId,
    standing,
    may_repeat: mayRepeat,
    structured_content: structured,
    artifacts: artifact ? [{ id: artifact.id, media_type: artifact.mediaType, size: artifact.size }] : [],
  };
}
