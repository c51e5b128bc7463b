/** Refusals → errors. The only reader of gRPC's errors: none of them leaves the SDK. */

import { fromBinary } from "@bufbuild/protobuf";
import { type Metadata, status } from "@grpc/grpc-js";

import { describe, type ErrorClass } from "./bare_status.ts";
import { seconds } from "./convert.ts";
import * as errors from "./errors.ts";
import { type ErrorDetail, ErrorDetailSchema, ErrorReason } from "./v1/error_pb.js";

export const DETAIL_KEY = "callgate-error-bin";

/** What a refusal is made of: gRPC's ServiceError is one. */
export interface Refusal {
  readonly code: status;
  readonly details: string;
  readonly metadata: Metadata;
}

export const BY_REASON: Readonly<Partial<Record<ErrorReason, ErrorClass>>> = {
  [ErrorReason.REQUEST_INVALID]: errors.RequestInvalid,
  [ErrorReason.ARGUMENTS_INVALID]: errors.ArgumentsInvalid,
  [ErrorReason.UNAUTHENTICATED]: errors.Unauthenticated,
  [ErrorReason.NOT_PERMITTED]: errors.NotPermitted,
  [ErrorReason.TOOL_NOT_FOUND]: errors.ToolNotFound,
  [ErrorReason.INVOCATION_NOT_FOUND]: errors.InvocationNotFound,
  [ErrorReason.RECORDING_NOT_FOUND]: errors.RecordingNotFound,
  [ErrorReason.RUN_NOT_FOUND]: errors.RunNotFound,
  [ErrorReason.RUN_PLAN_DIFFERS]: errors.RunPlanDiffers,
  [ErrorReason.RUN_STATE_MOVED]: errors.RunStateMoved,
  [ErrorReason.RUN_STATE_LOST]: errors.RunStateLost,
  [ErrorReason.RUN_ENDED]: errors.RunEnded,
  [ErrorReason.RUN_KILLED]: errors.RunKilled,
  [ErrorReason.ARTIFACT_NOT_FOUND]: errors.ArtifactNotFound,
  [ErrorReason.ARTIFACT_EXPIRED]: errors.ArtifactExpired,
  [ErrorReason.ARTIFACTS_OFF]: errors.ArtifactsOff,
  [ErrorReason.ARTIFACTS_UNAVAILABLE]: errors.ArtifactsUnavailable,
  [ErrorReason.QUOTA_EXCEEDED]: errors.QuotaExceeded,
  [ErrorReason.REPLAY_MISSED]: errors.ReplayMissed,
  [ErrorReason.KEY_REUSED]: errors.KeyReused,
  [ErrorReason.DOCUMENT_INVALID]: errors.DocumentInvalid,
  [ErrorReason.DOCUMENT_TOO_LARGE]: errors.DocumentTooLarge,
  [ErrorReason.REVIEW_NOT_OPEN]: errors.ReviewNotOpen,
  [ErrorReason.PRINCIPAL_NOT_FOUND]: errors.PrincipalNotFound,
  [ErrorReason.HOST_NOT_FOUND]: errors.HostNotFound,
  [ErrorReason.HOST_LIVES]: errors.HostLives,
  [ErrorReason.APPROVAL_REQUIRED]: errors.ApprovalRequired,
  [ErrorReason.ENGINE_UNAVAILABLE]: errors.EngineUnavailable,
  [ErrorReason.VAULT_UNAVAILABLE]: errors.VaultUnavailable,
  [ErrorReason.CREDENTIAL_NOT_PROVISIONED]: errors.CredentialNotProvisioned,
  [ErrorReason.TOKEN_REFUSED]: errors.TokenRefused,
  [ErrorReason.TOKEN_UNAVAILABLE]: errors.TokenUnavailable,
  [ErrorReason.CONNECT_AGAIN]: errors.ConnectAgain,
  [ErrorReason.STORE_UNAVAILABLE]: errors.StoreUnavailable,
  [ErrorReason.STORE_ROLLED_BACK]: errors.StoreRolledBack,
  [ErrorReason.BOX_NOT_GONE]: errors.BoxNotGone,
  [ErrorReason.POOL_EXHAUSTED]: errors.PoolExhausted,
  [ErrorReason.BUDGET_EXHAUSTED]: errors.BudgetExhausted,
  [ErrorReason.GATEWAY_OVERLOADED]: errors.GatewayOverloaded,
  [ErrorReason.UPSTREAM_OPEN]: errors.UpstreamOpen,
  [ErrorReason.SHUTTING_DOWN]: errors.ShuttingDown,
  [ErrorReason.CANCELLED]: errors.RequestCancelled,
  [ErrorReason.MANIFEST_INVALID]: errors.ManifestInvalid,
  [ErrorReason.TOOL_QUARANTINED]: errors.ToolQuarantined,
  [ErrorReason.TOOL_DISABLED]: errors.ToolDisabled,
  [ErrorReason.TOOL_RETIRED]: errors.ToolRetired,
  [ErrorReason.TRANSITION_REFUSED]: errors.TransitionRefused,
  [ErrorReason.VERSION_UNREADABLE]: errors.VersionUnreadable,
  [ErrorReason.INTERNAL]: errors.GatewayDefect,
};

/** What a reason means that this SDK does not know: it is of a later release. */
const BY_STATUS: Readonly<Partial<Record<status, ErrorClass>>> = {
  [status.UNAVAILABLE]: errors.GatewayUnavailable,
  [status.DEADLINE_EXCEEDED]: errors.NoAnswer,
  [status.CANCELLED]: errors.RequestCancelled,
  [status.RESOURCE_EXHAUSTED]: errors.Overloaded,
  [status.INVALID_ARGUMENT]: errors.RequestInvalid,
  [status.UNAUTHENTICATED]: errors.Unauthenticated,
  [status.PERMISSION_DENIED]: errors.NotPermitted,
  [status.NOT_FOUND]: errors.RequestRefused,
  [status.FAILED_PRECONDITION]: errors.RequestRefused,
};

/** Whether this is an error of gRPC's. */
export function isRefusal(error: unknown): error is Refusal {
  const told = error as Partial<Refusal> | null;
  return typeof told?.code === "number" && typeof told.details === "string" && told.metadata !== undefined;
}

/** The error for a refusal: by its ErrorDetail, or else by its status. */
export function translate(refusal: Refusal): errors.CallgateError {
  const code = status[refusal.code];
  const text = `${code}: ${refusal.details}`;
  const detail = detailOf(refusal.metadata);
  if (detail) return byDetail(detail, refusal.code, text);
  const [row, reason] = describe(refusal.code, refusal.details);
  return new row.kind(text, { cure: row.cure, code, reason, retryable: row.retryable, cause: refusal });
}

function byDetail(detail: ErrorDetail, code: status, text: string): errors.CallgateError {
  const known = BY_REASON[detail.reason];
  const kind = known ?? BY_STATUS[code] ?? errors.GatewayDefect;
  return new kind(detail.message || text, {
    cure: detail.cure || "Ask the operator.",
    code: status[code],
    reason: known ? ErrorReason[detail.reason] : status[code],
    retryable: detail.retryable,
    retryAfter: detail.retryAfter && seconds(detail.retryAfter),
    violations: detail.violations.map(({ pointer, expected }) => ({ pointer, expected })),
    invocationId: detail.invocationId,
    runVersion: detail.runVersion === undefined ? undefined : Number(detail.runVersion),
  });
}

function detailOf(metadata: Metadata): ErrorDetail | undefined {
  const [value] = metadata.get(DETAIL_KEY);
  try {
    return value instanceof Uint8Array ? fromBinary(ErrorDetailSchema, value) : undefined;
  } catch {
    return undefined; // it is not the gateway's
  }
}
