"""Refusals → exceptions. The only reader of gRPC's errors: none of them leaves the SDK."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import grpc
from google.protobuf.message import DecodeError
from grpc import StatusCode

from callgate import bare_status, errors
from callgate.errors import CallgateError, Violation
from callgate.v1 import error_pb2 as pb

DETAIL_KEY = "callgate-error-bin"

BY_REASON: dict[int, type[CallgateError]] = {
    pb.ERROR_REASON_REQUEST_INVALID: errors.RequestInvalid,
    pb.ERROR_REASON_ARGUMENTS_INVALID: errors.ArgumentsInvalid,
    pb.ERROR_REASON_UNAUTHENTICATED: errors.Unauthenticated,
    pb.ERROR_REASON_NOT_PERMITTED: errors.NotPermitted,
    pb.ERROR_REASON_TOOL_NOT_FOUND: errors.ToolNotFound,
    pb.ERROR_REASON_INVOCATION_NOT_FOUND: errors.InvocationNotFound,
    pb.ERROR_REASON_RECORDING_NOT_FOUND: errors.RecordingNotFound,
    pb.ERROR_REASON_RUN_NOT_FOUND: errors.RunNotFound,
    pb.ERROR_REASON_RUN_PLAN_DIFFERS: errors.RunPlanDiffers,
    pb.ERROR_REASON_RUN_STATE_MOVED: errors.RunStateMoved,
    pb.ERROR_REASON_RUN_STATE_LOST: errors.RunStateLost,
    pb.ERROR_REASON_RUN_ENDED: errors.RunEnded,
    pb.ERROR_REASON_RUN_KILLED: errors.RunKilled,
    pb.ERROR_REASON_ARTIFACT_NOT_FOUND: errors.ArtifactNotFound,
    pb.ERROR_REASON_ARTIFACT_EXPIRED: errors.ArtifactExpired,
    pb.ERROR_REASON_ARTIFACTS_OFF: errors.ArtifactsOff,
    pb.ERROR_REASON_ARTIFACTS_UNAVAILABLE: errors.ArtifactsUnavailable,
    pb.ERROR_REASON_QUOTA_EXCEEDED: errors.QuotaExceeded,
    pb.ERROR_REASON_REPLAY_MISSED: errors.ReplayMissed,
    pb.ERROR_REASON_KEY_REUSED: errors.KeyReused,
    pb.ERROR_REASON_DOCUMENT_INVALID: errors.DocumentInvalid,
    pb.ERROR_REASON_DOCUMENT_TOO_LARGE: errors.DocumentTooLarge,
    pb.ERROR_REASON_REVIEW_NOT_OPEN: errors.ReviewNotOpen,
    pb.ERROR_REASON_PRINCIPAL_NOT_FOUND: errors.PrincipalNotFound,
    pb.ERROR_REASON_HOST_NOT_FOUND: errors.HostNotFound,
    pb.ERROR_REASON_HOST_LIVES: errors.HostLives,
    pb.ERROR_REASON_APPROVAL_REQUIRED: errors.ApprovalRequired,
    pb.ERROR_REASON_ENGINE_UNAVAILABLE: errors.EngineUnavailable,
    pb.ERROR_REASON_VAULT_UNAVAILABLE: errors.VaultUnavailable,
    pb.ERROR_REASON_CREDENTIAL_NOT_PROVISIONED: errors.CredentialNotProvisioned,
    pb.ERROR_REASON_TOKEN_REFUSED: errors.TokenRefused,
    pb.ERROR_REASON_TOKEN_UNAVAILABLE: errors.TokenUnavailable,
    pb.ERROR_REASON_CONNECT_AGAIN: errors.ConnectAgain,
    pb.ERROR_REASON_STORE_UNAVAILABLE: errors.StoreUnavailable,
    pb.ERROR_REASON_STORE_ROLLED_BACK: errors.StoreRolledBack,
    pb.ERROR_REASON_BOX_NOT_GONE: errors.BoxNotGone,
    pb.ERROR_REASON_POOL_EXHAUSTED: errors.PoolExhausted,
    pb.ERROR_REASON_BUDGET_EXHAUSTED: errors.BudgetExhausted,
    pb.ERROR_REASON_GATEWAY_OVERLOADED: errors.GatewayOverloaded,
    pb.ERROR_REASON_UPSTREAM_OPEN: errors.UpstreamOpen,
    pb.ERROR_REASON_SHUTTING_DOWN: errors.ShuttingDown,
    pb.ERROR_REASON_CANCELLED: errors.RequestCancelled,
    pb.ERROR_REASON_MANIFEST_INVALID: errors.ManifestInvalid,
    pb.ERROR_REASON_TOOL_QUARANTINED: errors.ToolQuarantined,
    pb.ERROR_REASON_TOOL_DISABLED: errors.ToolDisabled,
    pb.ERROR_REASON_TOOL_RETIRED: errors.ToolRetired,
    pb.ERROR_REASON_TRANSITION_REFUSED: errors.TransitionRefused,
    pb.ERROR_REASON_VERSION_UNREADABLE: errors.VersionUnreadable,
    pb.ERROR_REASON_INTERNAL: errors.GatewayDefect,
}


#: What a reason means that this SDK does not know: it is of a later release.
BY_STATUS: dict[StatusCode, type[CallgateError]] = {
    StatusCode.UNAVAILABLE: errors.GatewayUnavailable,
    StatusCode.DEADLINE_EXCEEDED: errors.NoAnswer,
    StatusCode.CANCELLED: errors.RequestCancelled,
    StatusCode.RESOURCE_EXHAUSTED: errors.Overloaded,
    StatusCode.INVALID_ARGUMENT: errors.RequestInvalid,
    StatusCode.UNAUTHENTICATED: errors.Unauthenticated,
    StatusCode.PERMISSION_DENIED: errors.NotPermitted,
    StatusCode.NOT_FOUND: errors.RequestRefused,
    StatusCode.FAILED_PRECONDITION: errors.RequestRefused,
}


@contextmanager
def translated() -> Iterator[None]:
    """Raise a CallgateError in place of gRPC's error."""
    try:
        yield
    except grpc.RpcError as error:
        raise translate(error) from error
    except DecodeError as error:
        told, cure = "the answer cannot be read", bare_status.UNREADABLE.cure
        raise errors.GatewayDefect(told, cure=cure) from error


def translate(error: Any) -> CallgateError:
    """The exception for a grpc.RpcError: by its ErrorDetail, or else by its status."""
    code, text = error.code(), f"{error.code().name}: {error.details()}"
    detail = _detail(error)
    if detail is None:
        row, reason = bare_status.describe(code, text)
        return row.kind(text, cure=row.cure, reason=reason, retryable=row.retryable)
    return by_detail(detail, code, text)


def by_detail(detail: pb.ErrorDetail, code: StatusCode, text: str) -> CallgateError:
    """The exception for a refusal of the gateway's own. `text` stands in the place of a message that is empty."""
    known = detail.reason in BY_REASON
    return BY_REASON.get(detail.reason, BY_STATUS.get(code, errors.GatewayDefect))(
        detail.message or text,
        cure=detail.cure or "Ask the operator.",
        reason=pb.ErrorReason.Name(detail.reason).removeprefix("ERROR_REASON_") if known else code.name,
        retryable=detail.retryable,
        retry_after=detail.retry_after.seconds + detail.retry_after.nanos / 1e9 if detail.HasField("retry_after") else None,
        violations=tuple(Violation(one.pointer, one.expected) for one in detail.violations),
        invocation_id=detail.invocation_id,
        run_version=detail.run_version if detail.HasField("run_version") else None,
    )


def _detail(error: Any) -> pb.ErrorDetail | None:
    for name, value in error.trailing_metadata() or ():
        if name == DETAIL_KEY:
            try:
                return pb.ErrorDetail.FromString(value)
            except DecodeError:
                return None
    return None
