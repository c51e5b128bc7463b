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
 * All but the last three mean that the client received no outcome. The names are those of the Python SDK, whose
 * documentation (docs/reference/errors.md) has the whole tree.
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

export class RequestRefused extends CallgateError {}
export class RequestInvalid extends RequestRefused {}
export class ArgumentsInvalid extends RequestRefused {}
export class Unauthenticated extends RequestRefused {}
export class NotPermitted extends RequestRefused {}
export class ApprovalRequired extends RequestRefused {}
export class ToolNotFound extends RequestRefused {}
export class InvocationNotFound extends RequestRefused {}
export class QuotaExceeded extends RequestRefused {}
export class RecordingNotFound extends RequestRefused {}
export class RunNotFound extends RequestRefused {}
export class RunPlanDiffers extends RequestRefused {}
export class RunStateMoved extends RequestRefused {}
export class RunStateLost extends RequestRefused {}
export class RunEnded extends RequestRefused {}
export class RunKilled extends RequestRefused {}
export class ArtifactNotFound extends RequestRefused {}
export class ArtifactExpired extends RequestRefused {}
export class ArtifactsOff extends RequestRefused {}
export class ReplayMissed extends RequestRefused {}
export class KeyReused extends RequestRefused {}
export class ReviewNotOpen extends RequestRefused {}
export class PrincipalNotFound extends RequestRefused {}
export class HostNotFound extends RequestRefused {}
export class HostLives extends RequestRefused {}
export class DocumentInvalid extends RequestRefused {}
export class ManifestInvalid extends RequestRefused {}
export class ToolQuarantined extends RequestRefused {}
export class ToolDisabled extends RequestRefused {}
export class ToolRetired extends RequestRefused {}
export class TransitionRefused extends RequestRefused {}
export class VersionUnreadable extends RequestRefused {}
export class DocumentTooLarge extends RequestRefused {}
export class RefusedOnTheWay extends RequestRefused {}
export class MessageTooLarge extends RequestRefused {}

export class GatewayUnavailable extends CallgateError {}
export class NoAnswer extends GatewayUnavailable {}
export class ConnectionBroken extends GatewayUnavailable {}
export class ProxyAnswered extends GatewayUnavailable {}
export class EngineUnavailable extends GatewayUnavailable {}
export class VaultUnavailable extends GatewayUnavailable {}
export class StoreUnavailable extends GatewayUnavailable {}
export class ArtifactsUnavailable extends GatewayUnavailable {}
export class StoreRolledBack extends GatewayUnavailable {}
export class BoxNotGone extends GatewayUnavailable {}
export class CredentialNotProvisioned extends GatewayUnavailable {}
export class TokenRefused extends GatewayUnavailable {}
export class TokenUnavailable extends GatewayUnavailable {}
export class ConnectAgain extends GatewayUnavailable {}
export class ShuttingDown extends GatewayUnavailable {}

export class Overloaded extends CallgateError {}
export class PoolExhausted extends Overloaded {}
export class BudgetExhausted extends Overloaded {}
export class GatewayOverloaded extends Overloaded {}
export class UpstreamOpen extends Overloaded {}

export class RequestCancelled extends CallgateError {}
export class GatewayDefect extends CallgateError {}
export class EndpointInvalid extends CallgateError {}
export class InvocationUnderWay extends CallgateError {}

/**
 * Sending the same request again returns the same record, unless the outcome says `notDone`: then it is `retryable`, after
 * `retryAfter` seconds where the upstream said so.
 */
export class InvocationFailed extends CallgateError {
  readonly outcome: Outcome;

  constructor(message: string, outcome: Outcome, parts: ErrorParts) {
    const retryable = "notDone" in outcome && outcome.notDone;
    super(message, { ...parts, retryable, retryAfter: "retryAfter" in outcome ? outcome.retryAfter : undefined });
    this.outcome = outcome;
  }
}

export class OutcomeUnknown extends InvocationFailed {}
