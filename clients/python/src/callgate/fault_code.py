"""Why a call did not succeed, for programs. The meaning of each, and what to do about it, is in fault_code.proto."""

from enum import StrEnum
from functools import lru_cache

from callgate.v1 import fault_code_pb2


class FaultCode(StrEnum):
    """The cause of a failed attempt, or of an outcome that is no success. UNRECOGNIZED: one of another release."""

    # The upstream, and the way to it.
    UPSTREAM_UNREACHABLE = "UPSTREAM_UNREACHABLE"
    UPSTREAM_BROKE = "UPSTREAM_BROKE"
    UPSTREAM_OPEN = "UPSTREAM_OPEN"
    HTTP_STATUS = "HTTP_STATUS"
    ANSWER_MALFORMED = "ANSWER_MALFORMED"
    ANSWER_UNDECODABLE = "ANSWER_UNDECODABLE"
    VIEW_FAILED = "VIEW_FAILED"
    RESPONSE_TOO_LARGE = "RESPONSE_TOO_LARGE"
    EGRESS_DENIED = "EGRESS_DENIED"
    EGRESS_EXCEEDED = "EGRESS_EXCEEDED"

    # A container tool's image and its program.
    IMAGE_MISSING = "IMAGE_MISSING"
    IMAGE_UNUSABLE = "IMAGE_UNUSABLE"
    PROGRAM_NOT_STARTED = "PROGRAM_NOT_STARTED"
    PROGRAM_CRASHED = "PROGRAM_CRASHED"
    PROGRAM_FAILED = "PROGRAM_FAILED"
    OUTPUT_INVALID = "OUTPUT_INVALID"
    OUT_OF_MEMORY = "OUT_OF_MEMORY"

    # Time, the caller, a reviewer.
    TIMED_OUT = "TIMED_OUT"
    CANCELLED = "CANCELLED"
    REVIEWED = "REVIEWED"

    # The box and the gateway.
    BOX_DIED = "BOX_DIED"
    JOB_INVALID = "JOB_INVALID"
    PERMISSION_REFUSED = "PERMISSION_REFUSED"
    SECRET_UNAVAILABLE = "SECRET_UNAVAILABLE"  # noqa: S105
    HOLDER_LOST = "HOLDER_LOST"
    INTERNAL = "INTERNAL"

    # A part that is missing or down, or load.
    ENGINE_UNAVAILABLE = "ENGINE_UNAVAILABLE"
    RUNTIME_UNAVAILABLE = "RUNTIME_UNAVAILABLE"
    VAULT_UNAVAILABLE = "VAULT_UNAVAILABLE"
    CREDENTIAL_NOT_PROVISIONED = "CREDENTIAL_NOT_PROVISIONED"
    STORE_UNAVAILABLE = "STORE_UNAVAILABLE"
    STORE_ROLLED_BACK = "STORE_ROLLED_BACK"
    POOL_EXHAUSTED = "POOL_EXHAUSTED"
    BUDGET_EXHAUSTED = "BUDGET_EXHAUSTED"
    QUOTA_EXCEEDED = "QUOTA_EXCEEDED"
    ARTIFACTS_UNAVAILABLE = "ARTIFACTS_UNAVAILABLE"
    GATEWAY_OVERLOADED = "GATEWAY_OVERLOADED"
    SHUTTING_DOWN = "SHUTTING_DOWN"
    TOKEN_REFUSED = "TOKEN_REFUSED"  # noqa: S105
    TOKEN_UNAVAILABLE = "TOKEN_UNAVAILABLE"  # noqa: S105
    CONNECT_AGAIN = "CONNECT_AGAIN"

    # A refusal that came after the call was accepted, or that a fallback met.
    NOT_PERMITTED = "NOT_PERMITTED"
    APPROVAL_REQUIRED = "APPROVAL_REQUIRED"
    KEY_REUSED = "KEY_REUSED"
    REQUEST_INVALID = "REQUEST_INVALID"
    ARGUMENTS_INVALID = "ARGUMENTS_INVALID"
    TOOL_NOT_FOUND = "TOOL_NOT_FOUND"
    TOOL_QUARANTINED = "TOOL_QUARANTINED"
    TOOL_DISABLED = "TOOL_DISABLED"
    TOOL_RETIRED = "TOOL_RETIRED"
    ARTIFACT_NOT_FOUND = "ARTIFACT_NOT_FOUND"
    ARTIFACT_EXPIRED = "ARTIFACT_EXPIRED"
    ARTIFACTS_OFF = "ARTIFACTS_OFF"
    RUN_ENDED = "RUN_ENDED"
    RUN_KILLED = "RUN_KILLED"
    ARTIFACT_TOO_LARGE = "ARTIFACT_TOO_LARGE"
    VERSION_UNREADABLE = "VERSION_UNREADABLE"

    # A code that the gateway does not know, or this SDK does not.
    UNRECOGNIZED = "UNRECOGNIZED"


@lru_cache(maxsize=256)
def fault_code(number: int) -> FaultCode:
    """The code that a number of the proto's stands for; UNRECOGNIZED for a number of a newer gateway's."""
    names = {value: name.removeprefix("FAULT_CODE_") for name, value in fault_code_pb2.FaultCode.items()}
    name = names.get(number, "")
    return FaultCode(name) if name in FaultCode.__members__ else FaultCode.UNRECOGNIZED
