"""The one table from exceptions to gRPC statuses. A test holds every leaf of every error tree to it.

Not here, so a defect of ours: INTERNAL with an id, and no text of the exception's.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from grpc import StatusCode

from callgate.v1 import error_pb2 as pb
from gateway.model import errors as of_gateway
from registry.model import errors as of_registry
from registry.model.clean_text import visible
from registry.model.errors import Violation
from sandbox.api import errors as of_sandbox

# The gateway's word to its door: for so many milliseconds it refuses the same token's requests of the same method by itself.
REST_KEY = "callgate-rest-ms"
DETAIL_KEY = "callgate-error-bin"

# Bytes. A refusal travels in trailers: the text with up to three bytes for each of its own, the detail in base64. A gRPC client
# takes 8 KiB of trailers, and what is longer reaches it as an error of gRPC's own, which says nothing of the cause.
TEXT, MESSAGE, CURE, VIOLATION, VIOLATIONS = 500, 1200, 800, 900, 2000
CUT = "…"


@dataclass(frozen=True, slots=True)
class StatusRow:
    """`retry_after` in seconds; an exception that carries its own wins."""

    code: StatusCode
    reason: pb.ErrorReason
    retryable: bool = False
    retry_after: float | None = None


TABLE: dict[type[Exception], StatusRow] = {
    of_gateway.RequestInvalid: StatusRow(StatusCode.INVALID_ARGUMENT, pb.ERROR_REASON_REQUEST_INVALID),
    of_registry.ReferenceInvalid: StatusRow(StatusCode.INVALID_ARGUMENT, pb.ERROR_REASON_REQUEST_INVALID),
    of_registry.RequestRefused: StatusRow(StatusCode.INVALID_ARGUMENT, pb.ERROR_REASON_REQUEST_INVALID),
    of_registry.ArgumentsInvalid: StatusRow(StatusCode.INVALID_ARGUMENT, pb.ERROR_REASON_ARGUMENTS_INVALID),
    of_registry.DocumentInvalid: StatusRow(StatusCode.INVALID_ARGUMENT, pb.ERROR_REASON_DOCUMENT_INVALID),
    of_registry.ManifestInvalid: StatusRow(StatusCode.INVALID_ARGUMENT, pb.ERROR_REASON_MANIFEST_INVALID),
    of_registry.ToolQuarantined: StatusRow(StatusCode.FAILED_PRECONDITION, pb.ERROR_REASON_TOOL_QUARANTINED),
    of_registry.ToolDisabled: StatusRow(StatusCode.FAILED_PRECONDITION, pb.ERROR_REASON_TOOL_DISABLED),
    of_registry.ToolRetired: StatusRow(StatusCode.FAILED_PRECONDITION, pb.ERROR_REASON_TOOL_RETIRED),
    of_registry.TransitionRefused: StatusRow(StatusCode.FAILED_PRECONDITION, pb.ERROR_REASON_TRANSITION_REFUSED),
    of_registry.ToolNotOwned: StatusRow(StatusCode.PERMISSION_DENIED, pb.ERROR_REASON_NOT_PERMITTED),
    of_registry.ToolsetNotFound: StatusRow(StatusCode.NOT_FOUND, pb.ERROR_REASON_TOOL_NOT_FOUND),
    of_registry.NameTaken: StatusRow(StatusCode.FAILED_PRECONDITION, pb.ERROR_REASON_TRANSITION_REFUSED),
    of_registry.PublicationRefused: StatusRow(StatusCode.FAILED_PRECONDITION, pb.ERROR_REASON_TRANSITION_REFUSED),
    of_registry.CatalogUnowned: StatusRow(StatusCode.FAILED_PRECONDITION, pb.ERROR_REASON_TRANSITION_REFUSED),
    of_registry.VersionUnreadable: StatusRow(StatusCode.FAILED_PRECONDITION, pb.ERROR_REASON_VERSION_UNREADABLE),
    of_registry.DocumentTooLarge: StatusRow(StatusCode.RESOURCE_EXHAUSTED, pb.ERROR_REASON_DOCUMENT_TOO_LARGE),
    of_registry.DocumentTooCostly: StatusRow(StatusCode.RESOURCE_EXHAUSTED, pb.ERROR_REASON_DOCUMENT_TOO_LARGE),
    of_registry.CheckerFailed: StatusRow(StatusCode.RESOURCE_EXHAUSTED, pb.ERROR_REASON_GATEWAY_OVERLOADED, True, 1.0),
    of_registry.ReaderFailed: StatusRow(StatusCode.INTERNAL, pb.ERROR_REASON_INTERNAL),
    of_registry.ToolNotFound: StatusRow(StatusCode.NOT_FOUND, pb.ERROR_REASON_TOOL_NOT_FOUND),
    of_gateway.InvocationNotFound: StatusRow(StatusCode.NOT_FOUND, pb.ERROR_REASON_INVOCATION_NOT_FOUND),
    of_gateway.RecordingNotFound: StatusRow(StatusCode.NOT_FOUND, pb.ERROR_REASON_RECORDING_NOT_FOUND),
    of_gateway.RunNotFound: StatusRow(StatusCode.NOT_FOUND, pb.ERROR_REASON_RUN_NOT_FOUND),
    of_gateway.RunPlanDiffers: StatusRow(StatusCode.FAILED_PRECONDITION, pb.ERROR_REASON_RUN_PLAN_DIFFERS),
    of_gateway.RunStateMoved: StatusRow(StatusCode.FAILED_PRECONDITION, pb.ERROR_REASON_RUN_STATE_MOVED),
    of_gateway.RunStateLost: StatusRow(StatusCode.FAILED_PRECONDITION, pb.ERROR_REASON_RUN_STATE_LOST),
    of_gateway.RunEnded: StatusRow(StatusCode.FAILED_PRECONDITION, pb.ERROR_REASON_RUN_ENDED),
    of_gateway.RunKilled: StatusRow(StatusCode.FAILED_PRECONDITION, pb.ERROR_REASON_RUN_KILLED),
    of_gateway.ArtifactNotFound: StatusRow(StatusCode.NOT_FOUND, pb.ERROR_REASON_ARTIFACT_NOT_FOUND),
    of_gateway.ArtifactExpired: StatusRow(StatusCode.NOT_FOUND, pb.ERROR_REASON_ARTIFACT_EXPIRED),
    of_gateway.ArtifactTooLarge: StatusRow(StatusCode.RESOURCE_EXHAUSTED, pb.ERROR_REASON_QUOTA_EXCEEDED),
    of_gateway.ArtifactsOff: StatusRow(StatusCode.FAILED_PRECONDITION, pb.ERROR_REASON_ARTIFACTS_OFF),
    of_gateway.ArtifactsUnavailable: StatusRow(StatusCode.UNAVAILABLE, pb.ERROR_REASON_ARTIFACTS_UNAVAILABLE, True, 1.0),
    of_gateway.Unauthenticated: StatusRow(StatusCode.UNAUTHENTICATED, pb.ERROR_REASON_UNAUTHENTICATED),
    of_gateway.NotPermitted: StatusRow(StatusCode.PERMISSION_DENIED, pb.ERROR_REASON_NOT_PERMITTED),
    of_gateway.SelfPromotion: StatusRow(StatusCode.PERMISSION_DENIED, pb.ERROR_REASON_NOT_PERMITTED),
    of_gateway.SecretNotAllowed: StatusRow(StatusCode.PERMISSION_DENIED, pb.ERROR_REASON_NOT_PERMITTED),
    of_gateway.UpstreamIsOwnPart: StatusRow(StatusCode.PERMISSION_DENIED, pb.ERROR_REASON_NOT_PERMITTED),
    of_gateway.CeilingExceeded: StatusRow(StatusCode.FAILED_PRECONDITION, pb.ERROR_REASON_NOT_PERMITTED),
    of_gateway.ApprovalRequired: StatusRow(StatusCode.FAILED_PRECONDITION, pb.ERROR_REASON_APPROVAL_REQUIRED),
    of_gateway.KeyReused: StatusRow(StatusCode.FAILED_PRECONDITION, pb.ERROR_REASON_KEY_REUSED),
    of_gateway.ReplayMissed: StatusRow(StatusCode.FAILED_PRECONDITION, pb.ERROR_REASON_REPLAY_MISSED),
    of_gateway.RecordedRefusal: StatusRow(StatusCode.FAILED_PRECONDITION, pb.ERROR_REASON_REPLAY_MISSED),
    of_gateway.CredentialNotProvisioned: StatusRow(StatusCode.FAILED_PRECONDITION, pb.ERROR_REASON_CREDENTIAL_NOT_PROVISIONED),
    of_gateway.TokenRefused: StatusRow(StatusCode.FAILED_PRECONDITION, pb.ERROR_REASON_TOKEN_REFUSED),
    of_gateway.TokenUnavailable: StatusRow(StatusCode.UNAVAILABLE, pb.ERROR_REASON_TOKEN_UNAVAILABLE, True, 2.0),
    of_gateway.TokenEndpointUnusable: StatusRow(StatusCode.FAILED_PRECONDITION, pb.ERROR_REASON_TOKEN_UNAVAILABLE),
    of_gateway.ConnectAgain: StatusRow(StatusCode.FAILED_PRECONDITION, pb.ERROR_REASON_CONNECT_AGAIN),
    of_gateway.StoreUnsettled: StatusRow(StatusCode.UNAVAILABLE, pb.ERROR_REASON_STORE_UNAVAILABLE, True, 1.0),
    of_gateway.StoreFull: StatusRow(StatusCode.UNAVAILABLE, pb.ERROR_REASON_STORE_UNAVAILABLE, True, 1.0),
    of_gateway.StoreMisconfigured: StatusRow(StatusCode.FAILED_PRECONDITION, pb.ERROR_REASON_STORE_UNAVAILABLE),
    of_gateway.StoreUntrusted: StatusRow(StatusCode.FAILED_PRECONDITION, pb.ERROR_REASON_STORE_UNAVAILABLE),
    of_sandbox.ImageMissing: StatusRow(StatusCode.FAILED_PRECONDITION, pb.ERROR_REASON_ENGINE_UNAVAILABLE),
    of_sandbox.RuntimeUnavailable: StatusRow(StatusCode.FAILED_PRECONDITION, pb.ERROR_REASON_ENGINE_UNAVAILABLE),
    of_gateway.StoreRolledBack: StatusRow(StatusCode.FAILED_PRECONDITION, pb.ERROR_REASON_STORE_ROLLED_BACK),
    of_gateway.ReviewNotOpen: StatusRow(StatusCode.FAILED_PRECONDITION, pb.ERROR_REASON_REVIEW_NOT_OPEN),
    of_gateway.PrincipalNotFound: StatusRow(StatusCode.NOT_FOUND, pb.ERROR_REASON_PRINCIPAL_NOT_FOUND),
    of_gateway.HostNotFound: StatusRow(StatusCode.NOT_FOUND, pb.ERROR_REASON_HOST_NOT_FOUND),
    of_gateway.HostLives: StatusRow(StatusCode.FAILED_PRECONDITION, pb.ERROR_REASON_HOST_LIVES),
    of_sandbox.HostMemoryRefused: StatusRow(StatusCode.FAILED_PRECONDITION, pb.ERROR_REASON_ENGINE_UNAVAILABLE),
    of_sandbox.HostCopied: StatusRow(StatusCode.FAILED_PRECONDITION, pb.ERROR_REASON_ENGINE_UNAVAILABLE),
    of_sandbox.HostLost: StatusRow(StatusCode.FAILED_PRECONDITION, pb.ERROR_REASON_ENGINE_UNAVAILABLE),
    of_gateway.BoxNotGone: StatusRow(StatusCode.UNAVAILABLE, pb.ERROR_REASON_BOX_NOT_GONE, True, 2.0),
    of_gateway.BudgetExhausted: StatusRow(StatusCode.RESOURCE_EXHAUSTED, pb.ERROR_REASON_BUDGET_EXHAUSTED, True, 1.0),
    of_gateway.QuotaExceeded: StatusRow(StatusCode.RESOURCE_EXHAUSTED, pb.ERROR_REASON_QUOTA_EXCEEDED),
    of_sandbox.PoolExhausted: StatusRow(StatusCode.RESOURCE_EXHAUSTED, pb.ERROR_REASON_POOL_EXHAUSTED, True, 1.0),
    of_gateway.UpstreamOpen: StatusRow(StatusCode.UNAVAILABLE, pb.ERROR_REASON_UPSTREAM_OPEN, True, 1.0),
    of_sandbox.ImageUnusable: StatusRow(StatusCode.FAILED_PRECONDITION, pb.ERROR_REASON_ENGINE_UNAVAILABLE),
    of_sandbox.EngineUnavailable: StatusRow(StatusCode.UNAVAILABLE, pb.ERROR_REASON_ENGINE_UNAVAILABLE, True, 1.0),
    of_sandbox.BoxRegistryUnavailable: StatusRow(StatusCode.UNAVAILABLE, pb.ERROR_REASON_STORE_UNAVAILABLE, True, 1.0),
    of_gateway.VaultUnavailable: StatusRow(StatusCode.UNAVAILABLE, pb.ERROR_REASON_VAULT_UNAVAILABLE, True, 1.0),
    of_gateway.StoreUnavailable: StatusRow(StatusCode.UNAVAILABLE, pb.ERROR_REASON_STORE_UNAVAILABLE, True, 1.0),
    of_gateway.ReplicasBehind: StatusRow(StatusCode.UNAVAILABLE, pb.ERROR_REASON_STORE_UNAVAILABLE, True, 1.0),
    of_gateway.SearchUnready: StatusRow(StatusCode.RESOURCE_EXHAUSTED, pb.ERROR_REASON_GATEWAY_OVERLOADED, True, 1.0),
    of_gateway.GatewayOverloaded: StatusRow(StatusCode.RESOURCE_EXHAUSTED, pb.ERROR_REASON_GATEWAY_OVERLOADED, True, 1.0),
    of_gateway.ShuttingDown: StatusRow(StatusCode.UNAVAILABLE, pb.ERROR_REASON_SHUTTING_DOWN, True, 1.0),
    of_sandbox.PoolClosed: StatusRow(StatusCode.UNAVAILABLE, pb.ERROR_REASON_SHUTTING_DOWN, True, 1.0),
}


def detail_of(error: Exception) -> bytes:
    """An expected error as a recording keeps it. `describe` says it again."""
    described = describe(error)
    return described[1].SerializeToString() if described else b""


def describe(error: Exception) -> tuple[StatusCode, pb.ErrorDetail] | None:
    """The status and detail of an expected error; None for any other."""
    if isinstance(error, of_gateway.RecordedRefusal):
        return _recorded(pb.ErrorDetail.FromString(error.detail))
    row = TABLE.get(type(error))
    if row is None:
        return None
    message, cure = bounded(str(error), MESSAGE), bounded(str(getattr(error, "cure", "")), CURE)
    detail = pb.ErrorDetail(reason=row.reason, message=message, cure=cure, retryable=row.retryable)
    detail.invocation_id = getattr(error, "invocation_id", "")
    if (run_version := getattr(error, "run_version", None)) is not None:
        detail.run_version = run_version
    retry_after = getattr(error, "retry_after", row.retry_after) if row.retryable else None
    if retry_after is not None:
        detail.retry_after.FromMilliseconds(int(retry_after * 1000))
    add_violations(detail, getattr(error, "violations", ()))
    return row.code, detail


def _recorded(detail: pb.ErrorDetail) -> tuple[StatusCode, pb.ErrorDetail]:
    """What was refused when it was recorded is refused as often as it is asked for."""
    codes = [row.code for row in TABLE.values() if row.reason == detail.reason]
    detail.retryable = False
    detail.ClearField("retry_after")
    return codes[0] if codes else StatusCode.FAILED_PRECONDITION, detail


def add_violations(detail: pb.ErrorDetail, violations: Iterable[Violation]) -> None:
    """The first ones, as many as there is room for: a caller corrects a few at a time."""
    left = VIOLATIONS
    for one in violations:
        pointer, expected = bounded(one.pointer, VIOLATION), bounded(one.expected, VIOLATION)
        left -= len(pointer.encode()) + len(expected.encode())
        if left < 0:
            return
        detail.violations.add(pointer=pointer, expected=expected)


def bounded(text: str, most: int) -> str:
    """The text as it may be shown, cut to so many bytes of UTF-8, with a mark where it was cut."""
    written = visible(text[: most + 1]).encode()
    return written.decode() if len(written) <= most else f"{written[: most - len(CUT.encode())].decode('utf-8', 'ignore')}{CUT}"


def internal(error_id: str) -> tuple[StatusCode, pb.ErrorDetail]:
    """A defect: an id that the log explains, and nothing else. Sending the same key again is safe."""
    message = f"internal error {error_id}"
    detail = pb.ErrorDetail(
        reason=pb.ERROR_REASON_INTERNAL, message=message, cure="Report the id to the operator; the log has it.", retryable=True
    )
    return StatusCode.INTERNAL, detail


def cancelled() -> tuple[StatusCode, pb.ErrorDetail]:
    """The RPC ended before its answer; a call that it started goes on."""
    message = "the RPC was cancelled; the invocation goes on"
    detail = pb.ErrorDetail(
        reason=pb.ERROR_REASON_CANCELLED,
        message=message,
        cure="Send the same request again, with the same key.",
        retryable=True,
    )
    return StatusCode.CANCELLED, detail
