/**
 * What a model is told where a call brought no outcome, and what is raised where it may have been carried out all the same, or
 * the run is over. The words are those of the Python SDK's `callgate/adapters/refusals.py`.
 */

import {
  ApprovalRequired,
  ArgumentsInvalid,
  CallgateError,
  EndpointInvalid,
  KeyReused,
  MessageTooLarge,
  RefusedOnTheWay,
  ReplayMissed,
  RequestInvalid,
  RequestRefused,
  RunEnded,
  RunKilled,
  Unauthenticated,
} from "../errors.ts";
import { grouped, inQuotes } from "../wording.ts";
import { type Answer, answer } from "./answers.ts";
import { bounded, SAID } from "./bounds.ts";
import { NEVER_AGAIN } from "./wording.ts";

/** Of so many arguments a model is told what is wrong with them. */
const VIOLATIONS = 10;
const STOP =
  "Stop now: make no further calls, neither of this tool nor of another one, since all of them are refused. End your turn, " +
  "and say that the task was stopped.";

/** What the program has done wrong, and no model can mend. */
const OF_THE_PROGRAM = [RequestInvalid, EndpointInvalid, ReplayMissed];
/** Refusals that say nothing of a call which was made before: of the caller, of what stands between, of an answer's size. */
const OPEN = [Unauthenticated, RefusedOnTheWay, MessageTooLarge];

/**
 * No answer has come, so it is open whether the call was carried out.
 *
 * It is raised, and not told to the model as an answer: the run is to be resumed, or the framework tries again by itself. Both
 * make the same call, which attaches to this one. Its message is for a model, since frameworks show it to one.
 */
export class CallUnsettled extends CallgateError {
  declare readonly name: "CallUnsettled";
}

/** Whether the run is over: no call begins in it, so its agent has to stop. */
export function isRunOver(error: unknown): error is RunEnded | RunKilled {
  return error instanceof RunEnded || error instanceof RunKilled;
}

/**
 * The answer that the model gets for a refusal. Throws what is the program's fault, or not the SDK's error; RunEnded and
 * RunKilled, in words for a model, where the run is over; and CallUnsettled from all else.
 */
export function told(error: unknown): Answer {
  if (!(error instanceof CallgateError)) throw error;
  if (error instanceof ApprovalRequired) return answer("NEEDS_APPROVAL", needsApproval(error));
  if (error instanceof KeyReused) return answer("KEY_REUSED", keyReused(error), { invocationId: error.invocationId });
  if (error instanceof ArgumentsInvalid) return answer("REFUSED", unfit(error), { mayRepeat: true });
  if (isOneOf(OF_THE_PROGRAM, error)) throw error;
  if (isRunOver(error)) throw over(error);
  if (error instanceof RequestRefused && !isOneOf(OPEN, error)) return answer("REFUSED", refused(error));
  throw unsettled(error);
}

/** For a call of a tool that the model was not shown. */
export function notOffered(name: string): Answer {
  const said = `There is no tool ${inQuotes(name)} here, so nothing was done. Use one of the tools that you were given.`;
  return answer("REFUSED", said, { mayRepeat: true });
}

/** For a call whose arguments cannot be read. */
export function noArguments(problem: string): Answer {
  const said = `The arguments of the call cannot be read, so nothing was done: ${problem}. Write them as one JSON object.`;
  return answer("REFUSED", said, { mayRepeat: true });
}

function isOneOf(kinds: readonly (abstract new (...parts: never[]) => CallgateError)[], error: CallgateError): boolean {
  return kinds.some((kind) => error instanceof kind);
}

function needsApproval(error: CallgateError): string {
  return (
    `Nothing was done: a person must approve this call first. ${said(error)}. Do not call the tool again until you are ` +
    "told that it was approved. Say what you want to do, and why, and end your turn."
  );
}

function keyReused(error: CallgateError): string {
  const earlier = error.invocationId ? ` (invocation ${error.invocationId})` : "";
  return (
    `Nothing was done now: in this place another call was made before${earlier}, with other arguments. Do not call the ` +
    "tool again for it: that call may have acted. Go on with its outcome, or ask the person whom you work for."
  );
}

function unfit(error: CallgateError): string {
  const wrong = error.violations
    .slice(0, VIOLATIONS)
    .map(({ pointer, expected }) => bounded(`- ${pointer || "the arguments"}: ${expected}`, SAID));
  const more = error.violations.length - VIOLATIONS;
  if (more > 0) wrong.push(`- and ${grouped(more)} more`);
  const lines = [`${said(error)}.`, ...wrong].join("\n");
  return `Nothing was done, because the arguments do not fit. Correct them, and call the tool again. ${lines}`;
}

function refused(error: CallgateError): string {
  const cure = error.cure ? ` ${error.cure}` : "";
  const never = "The same call would be refused again, so do not repeat it.";
  return `Nothing was done now: the call was refused. ${said(error)}.${cure} ${never}`;
}

function said(error: CallgateError): string {
  return bounded(error.message, SAID);
}

function over(error: RunEnded | RunKilled): CallgateError {
  const why = error instanceof RunKilled ? "it was stopped from outside" : "it has ended";
  const message = `Nothing was done now: the run of this call is over, ${why} (${said(error)}). ${STOP}`;
  const kind = error instanceof RunKilled ? RunKilled : RunEnded;
  const found = new kind(message, { cure: error.cure, code: error.code, reason: error.reason, cause: error });
  found.idempotencyKey = error.idempotencyKey;
  return found;
}

function unsettled(error: CallgateError): CallUnsettled {
  const message = `No answer has come for this call, and it may have been carried out: ${said(error)}. ${NEVER_AGAIN}`;
  const found = new CallUnsettled(message, {
    cure: "Resume the run, or let the framework try again: the same call attaches to this one.",
    code: error.code,
    reason: error.reason,
    retryable: error.retryable,
    retryAfter: error.retryAfter,
    invocationId: error.invocationId,
    cause: error,
  });
  found.idempotencyKey = error.idempotencyKey;
  return found;
}
