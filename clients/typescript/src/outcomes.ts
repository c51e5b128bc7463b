/**
 * The ways in which an invocation can end. The meaning of each is in invocation.proto.
 *
 * `effectPossible` says whether the request may have acted all the same. `notDone`: nothing was sent, or the upstream said that
 * it did nothing, so the same call with the same key is made anew. `retryAfter`: seconds, from the end on, for which the
 * upstream does not want to be asked again. `httpStatus` is there as soon as a response began, else 0.
 */

import type { FaultCode } from "./enums.ts";
import type { Result } from "./results.ts";
import { general } from "./wording.ts";

export interface Succeeded {
  readonly kind: "Succeeded";
  readonly result: Result;
}

/** `result` is undefined where no complete response came, unless it was a stream that broke off. */
export interface ToolFailed {
  readonly kind: "ToolFailed";
  readonly result: Result | undefined;
  readonly fault: FaultCode;
  readonly message: string;
  readonly effectPossible: boolean;
  readonly httpStatus: number;
  readonly retryAfter: number | undefined;
  readonly notDone: boolean;
}

/** `httpStatus` is that of an answer that was too large, else 0: with a 2xx, the upstream has done it. */
export interface LimitExceeded {
  readonly kind: "LimitExceeded";
  readonly limit: string;
  readonly message: string;
  readonly effectPossible: boolean;
  readonly httpStatus: number;
  readonly notDone: boolean;
  readonly result: Result | undefined;
}

export interface TimedOut {
  readonly kind: "TimedOut";
  readonly message: string;
  readonly effectPossible: boolean;
  readonly httpStatus: number;
  readonly notDone: boolean;
  readonly result: Result | undefined;
}

export interface Cancelled {
  readonly kind: "Cancelled";
  readonly effectPossible: boolean;
}

/** A part of Callgate's own failed. */
export interface SandboxFailed {
  readonly kind: "SandboxFailed";
  readonly fault: FaultCode;
  readonly message: string;
  readonly effectPossible: boolean;
  readonly notDone: boolean;
}

/** The box sent a request that is not safe to repeat, and its answer was lost. Do not repeat the call blindly. */
export interface Unknown {
  readonly kind: "Unknown";
  readonly message: string;
}

export type Outcome = Succeeded | ToolFailed | LimitExceeded | TimedOut | Cancelled | SandboxFailed | Unknown;

/** What an outcome's text says of a request that may have acted. */
export const EFFECT_POSSIBLE = " (the request may have had an effect)";

/** One sentence for people, without the upstream's answer, which may be secret. */
export function toldOf(outcome: Outcome): string {
  switch (outcome.kind) {
    case "Succeeded":
      return outcome.result.httpStatus ? `succeeded with HTTP status ${outcome.result.httpStatus}` : "succeeded";
    case "ToolFailed":
      return `the tool failed: ${outcome.fault}: ${outcome.message}${warning(outcome)}${later(outcome)}`;
    case "LimitExceeded":
      return `over the limit ${outcome.limit}: ${outcome.message}${warning(outcome)}`;
    case "TimedOut":
      return `timed out: ${outcome.message}${warning(outcome)}`;
    case "Cancelled":
      return `cancelled${warning(outcome)}`;
    case "SandboxFailed":
      return `the sandbox failed: ${outcome.fault}: ${outcome.message}${warning(outcome)}`;
    case "Unknown":
      return `the outcome is unknown: ${outcome.message}`;
  }
}

function warning(outcome: { readonly effectPossible: boolean }): string {
  return outcome.effectPossible ? EFFECT_POSSIBLE : "";
}

function later(outcome: ToolFailed): string {
  return outcome.retryAfter === undefined ? "" : ` (call again after ${general(outcome.retryAfter)} s)`;
}
