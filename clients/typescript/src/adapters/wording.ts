/**
 * How a call stands, in words for a model: what is known, and whether it may call again. A model that reads of a failure tries
 * again, and that would be another call; so each text says what that would do.
 *
 * The words are those of the Python SDK's `callgate/adapters/wording.py`: `clients/vectors/answers.json` holds both to them.
 */

import { EFFECT_POSSIBLE, type Outcome, type Succeeded, toldOf } from "../outcomes.ts";
import type { Result } from "../results.ts";
import type { Invocation } from "../types.ts";
import { general } from "../wording.ts";
import { type Answer, answer, type Standing } from "./answers.ts";
import { bounded, SAID } from "./bounds.ts";
import { hintsOf } from "./hints.ts";

export const NEVER_AGAIN = "Do not call this tool again for it: that would be a further call, and could act a second time.";
const NEVER_SOONER = "To call this tool again for it brings the answer no sooner.";
const NO_OTHER = "To call it again does no harm, and brings no other answer.";
const FIND_OUT = "Find out by a tool that only reads whether it has happened, or tell the person whom you work for.";
const GOES_ON = "Go on with what does not need its answer, or end your turn and say that it is still under way.";
const CORRECT = "It is not known to have changed anything. Correct what the answer says before you call the tool again.";

type Unsuccessful = Exclude<Outcome, Succeeded>;

const STANDINGS: Readonly<Partial<Record<Outcome["kind"], Standing>>> = {
  TimedOut: "TIMED_OUT",
  Cancelled: "CANCELLED",
  Unknown: "UNKNOWN",
};

/** What the adapter gives back for an invocation. `limit`: characters that the model is shown of the upstream's answer. */
export function answerOf(invocation: Invocation, limit: number): Answer {
  const { outcome } = invocation;
  if (outcome === undefined) return pending(invocation);
  return outcome.kind === "Succeeded" ? succeeded(outcome.result, invocation, limit) : unsuccessful(outcome, invocation, limit);
}

function pending({ id, effect }: Invocation): Answer {
  const told = `The call was accepted, and is under way (invocation ${id}). It has not ended yet, and goes on by itself.`;
  const mayRepeat = hintsOf(effect).idempotentHint;
  return answer("PENDING", `${told} ${mayRepeat ? NEVER_SOONER : NEVER_AGAIN} ${GOES_ON}`, { invocationId: id, mayRepeat });
}

function succeeded(result: Result, invocation: Invocation, limit: number): Answer {
  return answer("SUCCEEDED", shown(result, limit) || "Done. The answer is empty.", {
    structured: structured(result),
    invocationId: invocation.id,
    artifact: result.artifact,
    mayRepeat: hintsOf(invocation.effect).idempotentHint,
  });
}

function unsuccessful(outcome: Unsuccessful, invocation: Invocation, limit: number): Answer {
  const result = "result" in outcome ? outcome.result : undefined;
  const harmless = hintsOf(invocation.effect).idempotentHint;
  // The advice says what may have happened, and a model reads it once.
  const told = toldOf(outcome).replaceAll(EFFECT_POSSIBLE, "");
  const answered = result && shown(result, limit);
  const text = `${sentence(told)} ${advice(outcome, invocation, harmless)}`;
  return answer(STANDINGS[outcome.kind] ?? "FAILED", answered ? `${text}\n\nThe answer was:\n${answered}` : text, {
    structured: result ? structured(result) : null,
    invocationId: invocation.id,
    artifact: result?.artifact,
    mayRepeat: harmless || !mayHaveActed(outcome),
  });
}

/** What the model may do after this end. */
function advice(outcome: Unsuccessful, { id, underReview }: Invocation, harmless: boolean): string {
  if ("notDone" in outcome && outcome.notDone) return `Nothing was done, so you may call the tool again${later(outcome)}.`;
  const lost = lostAnswer(outcome, harmless);
  if (lost) return `It was carried out (invocation ${id}); only its answer ${lost}. ${harmless ? NO_OTHER : NEVER_AGAIN}`;
  if (harmless) return `You may call the tool again${later(outcome)}: that does no harm.`;
  if (mayHaveActed(outcome)) {
    const watched = underReview ? " A person looks into it." : "";
    return `It may have been carried out all the same (invocation ${id}).${watched} ${NEVER_AGAIN} ${FIND_OUT}`;
  }
  return outcome.kind === "Cancelled" ? "Do not call the tool again for it unless you are told to." : CORRECT;
}

/** What is wrong with the answer, where that alone is why there is no success, and no further call brings another. */
function lostAnswer(outcome: Unsuccessful, harmless: boolean): string {
  if (outcome.kind === "ToolFailed" && outcome.fault === "VIEW_FAILED") return "cannot be shown";
  if (outcome.kind !== "LimitExceeded" || harmless) return "";
  return outcome.httpStatus >= 200 && outcome.httpStatus < 300 ? "was too large" : "";
}

function mayHaveActed(outcome: Unsuccessful): boolean {
  return outcome.kind === "Unknown" || outcome.effectPossible;
}

function later(outcome: Unsuccessful): string {
  const seconds = outcome.kind === "ToolFailed" ? outcome.retryAfter : undefined;
  return seconds === undefined ? "" : ` after ${general(seconds)} seconds`;
}

function sentence(told: string): string {
  let end = told.length;
  while (told[end - 1] === ".") end -= 1;
  const [first = "", ...rest] = bounded(told.slice(0, end), SAID);
  return `${first.toUpperCase()}${rest.join("")}.`;
}

/** The answer, cut to size. What the gateway says of it stands behind it in brackets, and is never cut off. */
function shown(result: Result, limit: number): string {
  const { text, notes } = result;
  return (notes ? `${bounded(text, limit)}\n\n${notes}` : bounded(text, limit)).trim();
}

/** The JSON value of a whole answer; null where it is none, or only a part of it is here. */
function structured({ artifact, contentType, text }: Result): unknown {
  if (artifact !== undefined || !contentType.includes("json")) return null;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}
