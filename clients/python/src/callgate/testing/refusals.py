"""What a refusal is on the wire: the status and the detail of each of the SDK's errors, as a gateway sends them."""

from dataclasses import dataclass
from typing import Any, NoReturn

from grpc import StatusCode

from callgate import checks, errors
from callgate.errors import CallgateError
from callgate.status import BY_REASON, DETAIL_KEY
from callgate.v1 import error_pb2 as pb


@dataclass(frozen=True, slots=True)
class RefusalRow:
    """`retryable`: whether a gateway says so of every refusal of the kind."""

    code: StatusCode
    retryable: bool = False


_REFUSED = RefusalRow(StatusCode.FAILED_PRECONDITION)
_INVALID = RefusalRow(StatusCode.INVALID_ARGUMENT)
_ABSENT = RefusalRow(StatusCode.NOT_FOUND)
_DOWN = RefusalRow(StatusCode.UNAVAILABLE, retryable=True)
_BUSY = RefusalRow(StatusCode.RESOURCE_EXHAUSTED, retryable=True)
_FULL = RefusalRow(StatusCode.RESOURCE_EXHAUSTED)

#: Each error that a gateway refuses with. A test holds them to the gateway's own table.
ROWS: dict[type[CallgateError], RefusalRow] = {
    errors.RequestInvalid: _INVALID,
    errors.ArgumentsInvalid: _INVALID,
    errors.DocumentInvalid: _INVALID,
    errors.ManifestInvalid: _INVALID,
    errors.Unauthenticated: RefusalRow(StatusCode.UNAUTHENTICATED),
    errors.NotPermitted: RefusalRow(StatusCode.PERMISSION_DENIED),
    errors.ToolNotFound: _ABSENT,
    errors.InvocationNotFound: _ABSENT,
    errors.RecordingNotFound: _ABSENT,
    errors.PrincipalNotFound: _ABSENT,
    errors.RunNotFound: _ABSENT,
    errors.RunPlanDiffers: _REFUSED,
    errors.RunStateMoved: _REFUSED,
    errors.RunStateLost: _REFUSED,
    errors.RunEnded: _REFUSED,
    errors.RunKilled: _REFUSED,
    errors.ArtifactNotFound: _ABSENT,
    errors.ArtifactExpired: _ABSENT,
    errors.ArtifactsOff: _REFUSED,
    errors.HostNotFound: _ABSENT,
    errors.KeyReused: _REFUSED,
    errors.ReplayMissed: _REFUSED,
    errors.ApprovalRequired: _REFUSED,
    errors.ReviewNotOpen: _REFUSED,
    errors.HostLives: _REFUSED,
    errors.ToolQuarantined: _REFUSED,
    errors.ToolDisabled: _REFUSED,
    errors.ToolRetired: _REFUSED,
    errors.TransitionRefused: _REFUSED,
    errors.VersionUnreadable: _REFUSED,
    errors.CredentialNotProvisioned: _REFUSED,
    errors.TokenRefused: _REFUSED,
    errors.ConnectAgain: _REFUSED,
    errors.StoreRolledBack: _REFUSED,
    errors.QuotaExceeded: _FULL,
    errors.DocumentTooLarge: _FULL,
    errors.PoolExhausted: _BUSY,
    errors.BudgetExhausted: _BUSY,
    errors.GatewayOverloaded: _BUSY,
    errors.UpstreamOpen: _DOWN,
    errors.EngineUnavailable: _DOWN,
    errors.VaultUnavailable: _DOWN,
    errors.TokenUnavailable: _DOWN,
    errors.StoreUnavailable: _DOWN,
    errors.ArtifactsUnavailable: _DOWN,
    errors.BoxNotGone: _DOWN,
    errors.ShuttingDown: _DOWN,
    errors.GatewayDefect: RefusalRow(StatusCode.INTERNAL, retryable=True),
}
#: What no gateway says of itself: there is a status and no detail.
BARE: dict[type[CallgateError], tuple[StatusCode, str]] = {
    errors.ConnectionBroken: (StatusCode.UNAVAILABLE, "Socket closed"),
    errors.NoAnswer: (StatusCode.DEADLINE_EXCEEDED, "Deadline Exceeded"),
}
_REASONS = {kind: reason for reason, kind in BY_REASON.items()}


def reason_of(error: CallgateError) -> str:
    """The name of the error's ErrorReason, such as KEY_REUSED; UNSPECIFIED for what no gateway says of itself."""
    number = _REASONS.get(type(error), pb.ERROR_REASON_UNSPECIFIED)
    return pb.ErrorReason.Name(number).removeprefix("ERROR_REASON_")


def require_refusal(error: Any) -> CallgateError:
    """Raises RequestInvalid for what no gateway refuses with."""
    if type(error) not in ROWS and type(error) not in BARE:
        told = f"no gateway refuses a request with {error!r}"
        raise checks.invalid(told, "Give one of callgate.errors that has a reason, or ConnectionBroken, or NoAnswer.")
    return error  # type: ignore[no-any-return]


class RecordedRefusal(Exception):
    """What a recorded call was refused with. It is refused again as often as it is asked for, so no client tries again."""

    def __init__(self, detail: pb.ErrorDetail) -> None:
        super().__init__(detail.message)
        self.kind = BY_REASON.get(detail.reason, errors.RequestRefused)
        self.detail = pb.ErrorDetail()
        self.detail.CopyFrom(detail)
        self.detail.retryable = False
        self.detail.ClearField("retry_after")


#: How an RPC is refused: by what the fake finds, or by what was recorded.
Refusal = CallgateError | RecordedRefusal


def abort(context: Any, error: Refusal) -> NoReturn:
    """End the RPC with the refusal."""
    kind = error.kind if isinstance(error, RecordedRefusal) else type(error)
    if kind in BARE:
        context.abort(*BARE[kind])
    detail = detail_of(error)
    context.set_trailing_metadata(((DETAIL_KEY, detail.SerializeToString()),))
    context.abort(ROWS.get(kind, _REFUSED).code, detail.message)
    raise AssertionError("gRPC's abort raises")


def detail_of(error: Refusal) -> pb.ErrorDetail:
    """As a gateway sends it, and keeps it in a recording."""
    if isinstance(error, RecordedRefusal):
        return error.detail
    row = ROWS[type(error)]
    detail = pb.ErrorDetail(
        reason=_REASONS[type(error)],  # type: ignore[arg-type]  # a number of the enum
        message=error.message,
        cure=error.cure,
        retryable=row.retryable,
        invocation_id=error.invocation_id,
        run_version=error.run_version,
        violations=[pb.Violation(pointer=one.pointer, expected=one.expected) for one in error.violations],
    )
    if error.retry_after is not None:
        detail.retry_after.FromNanoseconds(round(error.retry_after * 1e9))
    return detail
