/**
 * The errors that the SDK raises. Each says in `cure` what its receiver can do about it.
 *
 *     CallgateError
 *     ├── RequestRefused         the same request will be refused again: each subclass says why
 *     ├── GatewayUnavailable     no gateway answers, or a part of it is missing or down
 *     │   ├── NoAnswer             no answer within the time given; a call may be under way all the same
 *     │   ├── ConnectionBroken     the connection broke before the answer; as with NoAnswer
 *     │   └── ProxyAnswered        a proxy answered in the gateway's place, with 502 or its like; as with ConnectionBroken
 *     ├── Overloaded             the gateway has no capacity now; the same request may succeed later
 *     ├── RequestCancelled       the RPC was cancelled before it could answer
 *     ├── GatewayDefect          a defect of the gateway, or an answer that cannot be read
 *     ├── EndpointInvalid        the address, the token or the certificates cannot be used
 *     ├── InvocationUnderWay     the invocation has not ended, so it has no outcome yet
 *     └── InvocationFailed       the call ended without a success; see `outcome`
 *         └── OutcomeUnknown       the call may have had its effect: never repeat it blindly
 *
 * Each class declares its own name, so that a program which tells one from another is not told by its compiler that they are
 * all the same.
 *
 * All but the last three mean that the client received no outcome. The names are those of the Python SDK, whose documentation
 * (docs/reference/errors.md) has the whole tree.
 */

import type { Outcome } from "./outcomes.ts";
import { visible } from "./visible.ts";

/** One argument that does not fit: its JSON Pointer (RFC 6901), and what the tool expects there. */
export interface Violation {
  readonly pointer: string;
  readonly expected: string;
}

export interface ErrorParts {
  readonly cure?: string;
  readonly code?: string;
  readonly reason?: string;
  readonly retryable?: boolean;
  readonly retryAfter?: number | undefined;
  readonly violations?: readonly Violation[];
  readonly invocationId?: string;
  readonly runVersion?: number | undefined;
  readonly cause?: unknown;
}

/**
 * The root.
 *
 * `code` is the name of the gRPC status, such as NOT_FOUND; empty where nothing was sent. `reason` is the name of the
 * gateway's ErrorReason, such as KEY_REUSED, or, where it is not the gateway that answered, of the HTTP or gRPC status, such
 * as HTTP_502 or UNAVAILABLE, or empty.
 *
 * `retryable` says whether the very same request may be sent again, `retryAfter` how many seconds to wait before that.
 * `idempotencyKey` is set on what `call` raises: with it the same call can be sent again without a second effect.
 * `invocationId` names the invocation that the error is about, where it is about one. `runVersion`: of a run's state that was
 * not saved, the version that is kept.
 */
export class CallgateError extends Error {
  readonly cure: string;
  readonly code: string;
  readonly reason: string;
  readonly retryable: boolean;
  readonly retryAfter: number | undefined;
  readonly violations: readonly Violation[];
  readonly runVersion: number | undefined;
  invocationId: string;
  idempotencyKey: string | undefined = undefined;

  constructor(message: string, parts: ErrorParts = {}) {
    super(visible(message), parts.cause === undefined ? undefined : { cause: parts.cause });
    this.name = new.target.name;
    this.cure = visible(parts.cure ?? "");
    this.code = parts.code ?? "";
    this.reason = parts.reason ?? "";
    this.retryable = parts.retryable ?? false;
    this.retryAfter = parts.retryAfter;
    this.violations = [...(parts.violations ?? [])];
    this.invocationId = parts.invocationId ?? "";
    this.runVersion = parts.runVersion;
  }
}

export class RequestRefused extends CallgateError {
  declare protected readonly requestRefused: true;
}
export class RequestInvalid extends RequestRefused {
  declare readonly name: "RequestInvalid";
}
export class ArgumentsInvalid extends RequestRefused {
  declare readonly name: "ArgumentsInvalid";
}
export class Unauthenticated extends RequestRefused {
  declare readonly name: "Unauthenticated";
}
export class NotPermitted extends RequestRefused {
  declare readonly name: "NotPermitted";
}
export class ApprovalRequired extends RequestRefused {
  declare readonly name: "ApprovalRequired";
}
export class ToolNotFound extends RequestRefused {
  declare readonly name: "ToolNotFound";
}
export class InvocationNotFound extends RequestRefused {
  declare readonly name: "InvocationNotFound";
}
export class QuotaExceeded extends RequestRefused {
  declare readonly name: "QuotaExceeded";
}
export class RecordingNotFound extends RequestRefused {
  declare readonly name: "RecordingNotFound";
}
export class RunNotFound extends RequestRefused {
  declare readonly name: "RunNotFound";
}
export class RunPlanDiffers extends RequestRefused {
  declare readonly name: "RunPlanDiffers";
}
export class RunStateMoved extends RequestRefused {
  declare readonly name: "RunStateMoved";
}
export class RunStateLost extends RequestRefused {
  declare readonly name: "RunStateLost";
}
export class RunEnded extends RequestRefused {
  declare readonly name: "RunEnded";
}
export class RunKilled extends RequestRefused {
  declare readonly name: "RunKilled";
}
export class ArtifactNotFound extends RequestRefused {
  declare readonly name: "ArtifactNotFound";
}
export class ArtifactExpired extends RequestRefused {
  declare readonly name: "ArtifactExpired";
}
export class ArtifactsOff extends RequestRefused {
  declare readonly name: "ArtifactsOff";
}
export class ReplayMissed extends RequestRefused {
  declare readonly name: "ReplayMissed";
}
export class KeyReused extends RequestRefused {
  declare readonly name: "KeyReused";
}
export class ReviewNotOpen extends RequestRefused {
  declare readonly name: "ReviewNotOpen";
}
export class PrincipalNotFound extends RequestRefused {
  declare readonly name: "PrincipalNotFound";
}
export class HostNotFound extends RequestRefused {
  declare readonly name: "HostNotFound";
}
export class HostLives extends RequestRefused {
  declare readonly name: "HostLives";
}
export class DocumentInvalid extends RequestRefused {
  declare readonly name: "DocumentInvalid";
}
export class ManifestInvalid extends RequestRefused {
  declare readonly name: "ManifestInvalid";
}
export class ToolQuarantined extends RequestRefused {
  declare readonly name: "ToolQuarantined";
}
export class ToolDisabled extends RequestRefused {
  declare readonly name: "ToolDisabled";
}
export class ToolRetired extends RequestRefused {
  declare readonly name: "ToolRetired";
}
export class TransitionRefused extends RequestRefused {
  declare readonly name: "TransitionRefused";
}
export class VersionUnreadable extends RequestRefused {
  declare readonly name: "VersionUnreadable";
}
export class DocumentTooLarge extends RequestRefused {
  declare readonly name: "DocumentTooLarge";
}
export class RefusedOnTheWay extends RequestRefused {
  declare readonly name: "RefusedOnTheWay";
}
export class MessageTooLarge extends RequestRefused {
  declare readonly name: "MessageTooLarge";
}

export class GatewayUnavailable extends CallgateError {
  declare protected readonly gatewayUnavailable: true;
}
export class NoAnswer extends GatewayUnavailable {
  declare readonly name: "NoAnswer";
}
export class ConnectionBroken extends GatewayUnavailable {
  declare readonly name: "ConnectionBroken";
}
export class ProxyAnswered extends GatewayUnavailable {
  declare readonly name: "ProxyAnswered";
}
export class EngineUnavailable extends GatewayUnavailable {
  declare readonly name: "EngineUnavailable";
}
export class VaultUnavailable extends GatewayUnavailable {
  declare readonly name: "VaultUnavailable";
}
export class StoreUnavailable extends GatewayUnavailable {
  declare readonly name: "StoreUnavailable";
}
export class ArtifactsUnavailable extends GatewayUnavailable {
  declare readonly name: "ArtifactsUnavailable";
}
export class StoreRolledBack extends GatewayUnavailable {
  declare readonly name: "StoreRolledBack";
}
export class BoxNotGone extends GatewayUnavailable {
  declare readonly name: "BoxNotGone";
}
export class CredentialNotProvisioned extends GatewayUnavailable {
  declare readonly name: "CredentialNotProvisioned";
}
export class TokenRefused extends GatewayUnavailable {
  declare readonly name: "TokenRefused";
}
export class TokenUnavailable extends GatewayUnavailable {
  declare readonly name: "TokenUnavailable";
}
export class ConnectAgain extends GatewayUnavailable {
  declare readonly name: "ConnectAgain";
}
export class ShuttingDown extends GatewayUnavailable {
  declare readonly name: "ShuttingDown";
}

export class Overloaded extends CallgateError {
  declare protected readonly overloaded: true;
}
export class PoolExhausted extends Overloaded {
  declare readonly name: "PoolExhausted";
}
export class BudgetExhausted extends Overloaded {
  declare readonly name: "BudgetExhausted";
}
export class GatewayOverloaded extends Overloaded {
  declare readonly name: "GatewayOverloaded";
}
export class UpstreamOpen extends Overloaded {
  declare readonly name: "UpstreamOpen";
}

export class RequestCancelled extends CallgateError {
  declare readonly name: "RequestCancelled";
}
export class GatewayDefect extends CallgateError {
  declare readonly name: "GatewayDefect";
}
export class EndpointInvalid extends CallgateError {
  declare readonly name: "EndpointInvalid";
}
export class InvocationUnderWay extends CallgateError {
  declare readonly name: "InvocationUnderWay";
}

/**
 * Sending the same request again returns the same record, unless the outcome says `notDone`: then it is `retryable`, after
 * `retryAfter` seconds where the upstream said so.
 */
export class InvocationFailed extends CallgateError {
  declare readonly name: "InvocationFailed" | "OutcomeUnknown";
  readonly outcome: Outcome;

  constructor(message: string, outcome: Outcome, parts: ErrorParts) {
    const retryable = "notDone" in outcome && outcome.notDone;
    super(message, { ...parts, retryable, retryAfter: "retryAfter" in outcome ? outcome.retryAfter : undefined });
    this.outcome = outcome;
  }
}

export class OutcomeUnknown extends InvocationFailed {
  declare readonly name: "OutcomeUnknown";
}
