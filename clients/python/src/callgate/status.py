"""Refusals → exceptions. The only reader of gRPC's errors: none of them leaves the SDK."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import grpc
from google.protobuf.message import DecodeError
from grpc import StatusCode

from callgate import errors
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
    pb.ERROR_REASON_REPLAY_MISSED: errors.ReplayMissed,
    pb.ERROR_REASON_KEY_REUSED: errors.KeyReused,
    pb.ERROR_REASON_DOCUMENT_INVALID: errors.DocumentInvalid,
    pb.ERROR_REASON_DOCUMENT_TOO_LARGE: errors.DocumentTooLarge,
    pb.ERROR_REASON_REVIEW_NOT_OPEN: errors.ReviewNotOpen,
    pb.ERROR_REASON_APPROVAL_REQUIRED: errors.ApprovalRequired,
    pb.ERROR_REASON_ENGINE_UNAVAILABLE: errors.EngineUnavailable,
    pb.ERROR_REASON_VAULT_UNAVAILABLE: errors.VaultUnavailable,
    pb.ERROR_REASON_CREDENTIAL_NOT_PROVISIONED: errors.CredentialNotProvisioned,
    pb.ERROR_REASON_STORE_UNAVAILABLE: errors.StoreUnavailable,
    pb.ERROR_REASON_STORE_ROLLED_BACK: errors.StoreRolledBack,
    pb.ERROR_REASON_BOX_NOT_GONE: errors.BoxNotGone,
    pb.ERROR_REASON_POOL_EXHAUSTED: errors.PoolExhausted,
    pb.ERROR_REASON_BUDGET_EXHAUSTED: errors.BudgetExhausted,
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


@dataclass(frozen=True, slots=True)
class Row:
    """What a status means that comes without a reason, or with one that this SDK does not know."""

    kind: type[CallgateError]
    cure: str
    retryable: bool = False


CORRECT = "Correct the request as the message says."
NOT_OURS = "Check the address: the server there is not a Callgate gateway, or one of another version."

BY_STATUS: dict[StatusCode, Row] = {
    StatusCode.UNAVAILABLE: Row(
        errors.GatewayUnavailable, "Start the gateway with `callgate up`, or check CALLGATE_ADDRESS.", True
    ),
    StatusCode.DEADLINE_EXCEEDED: Row(
        errors.NoAnswer, "Send the same request again, a call with the same idempotency key.", True
    ),
    StatusCode.CANCELLED: Row(
        errors.RequestCancelled, "Send the same request again, a call with the same idempotency key.", True
    ),
    StatusCode.RESOURCE_EXHAUSTED: Row(errors.Overloaded, "Send less, or try again later."),
    StatusCode.INVALID_ARGUMENT: Row(errors.RequestInvalid, CORRECT),
    StatusCode.UNAUTHENTICATED: Row(errors.Unauthenticated, "Give a token that the operator gave you."),
    StatusCode.PERMISSION_DENIED: Row(errors.NotPermitted, "Ask the operator for access."),
    StatusCode.NOT_FOUND: Row(errors.RequestRefused, CORRECT),
    StatusCode.FAILED_PRECONDITION: Row(errors.RequestRefused, CORRECT),
    StatusCode.UNIMPLEMENTED: Row(errors.GatewayDefect, NOT_OURS),
}
OTHERWISE = Row(errors.GatewayDefect, "Report it to the operator.")


@contextmanager
def translated() -> Iterator[None]:
    """Raise a CallgateError in place of gRPC's error."""
    try:
        yield
    except grpc.RpcError as error:
        raise translate(error) from error


def translate(error: Any) -> CallgateError:
    """The exception for a grpc.RpcError: by its ErrorDetail, or else by its status."""
    code: StatusCode = error.code()
    detail = _detail(error)
    row = BY_STATUS.get(code, OTHERWISE)
    if detail is None:
        return row.kind(f"{code.name}: {error.details()}", cure=row.cure, reason=code.name, retryable=row.retryable)
    known = detail.reason in BY_REASON
    return BY_REASON.get(detail.reason, row.kind)(
        detail.message or f"{code.name}: {error.details()}",
        cure=detail.cure or row.cure,
        reason=pb.ErrorReason.Name(detail.reason).removeprefix("ERROR_REASON_") if known else code.name,
        retryable=detail.retryable,
        retry_after=detail.retry_after.seconds + detail.retry_after.nanos / 1e9 if detail.HasField("retry_after") else None,
        violations=tuple(Violation(one.pointer, one.expected) for one in detail.violations),
        invocation_id=detail.invocation_id,
    )


def _detail(error: Any) -> pb.ErrorDetail | None:
    for name, value in error.trailing_metadata() or ():
        if name == DETAIL_KEY:
            try:
                return pb.ErrorDetail.FromString(value)
            except DecodeError:
                return None
    return None
