"""Why an attempt has no complete answer, or an invocation no success: one closed list, for results, attempts and outcomes.

The proto has the same names behind FAULT_CODE_, and says there what a caller may do about each; the SDK has them as here, and
the runner (`sandbox/runner/faultcode.go`) those of REPORTED_BY_RUNNER. A test holds the four lists equal.
"""

from enum import StrEnum


class FaultCode(StrEnum):
    """For programs; the message beside it is for people. A name keeps its meaning for good: it is in records and in the API."""

    # The upstream, and the way to it.
    UPSTREAM_UNREACHABLE = "UPSTREAM_UNREACHABLE"  # name, connection or TLS failed before anything was sent
    UPSTREAM_BROKE = "UPSTREAM_BROKE"  # the connection ended, or was not HTTP, after the request
    UPSTREAM_OPEN = "UPSTREAM_OPEN"  # the upstream has been down: for a while, the gateway sends nothing to it
    HTTP_STATUS = "HTTP_STATUS"  # the upstream answered with another status than success
    ANSWER_MALFORMED = "ANSWER_MALFORMED"  # the answer must fit the tool's output schema, and does not
    ANSWER_UNDECODABLE = "ANSWER_UNDECODABLE"  # it is not coded as it says, or may hide the secret in a coding
    VIEW_FAILED = "VIEW_FAILED"  # the view of the tool's manifest could not be made of the answer
    RESPONSE_TOO_LARGE = "RESPONSE_TOO_LARGE"  # the answer, or a program's output, is over the tool version's bound
    EGRESS_DENIED = "EGRESS_DENIED"  # the broker refused the destination
    EGRESS_EXCEEDED = "EGRESS_EXCEEDED"  # the broker cut the connection: the job's bytes or connections were used up

    # A container tool's image and its program.
    IMAGE_MISSING = "IMAGE_MISSING"  # the engine does not have the tool's image
    IMAGE_UNUSABLE = "IMAGE_UNUSABLE"  # no box can be made of the image
    PROGRAM_NOT_STARTED = "PROGRAM_NOT_STARTED"  # the image has no such program, or none that runs here
    PROGRAM_CRASHED = "PROGRAM_CRASHED"  # a signal ended the program
    PROGRAM_FAILED = "PROGRAM_FAILED"  # the program ended by itself, with a status that is not 0
    OUTPUT_INVALID = "OUTPUT_INVALID"  # the program ended with status 0, and its output is no result of the tool
    OUT_OF_MEMORY = "OUT_OF_MEMORY"  # the program needed more memory than the tool version allows

    # Time, the caller, a reviewer.
    TIMED_OUT = "TIMED_OUT"  # the time of the attempt was over
    CANCELLED = "CANCELLED"  # the caller cancelled the call
    REVIEWED = "REVIEWED"  # a reviewer decided that the call is not to be made any more

    # The box and the gateway.
    BOX_DIED = "BOX_DIED"  # the box ended without a result, or spoke nonsense
    JOB_INVALID = "JOB_INVALID"  # the runner could not make a request of the job: a defect of Callgate
    PERMISSION_REFUSED = "PERMISSION_REFUSED"  # the ledger did not let the call go any more, or the runner was late
    SECRET_UNAVAILABLE = "SECRET_UNAVAILABLE"  # noqa: S105  # the wrapping token did not open, or the secret is not there
    TOKEN_REFUSED = "TOKEN_REFUSED"  # noqa: S105  # the token endpoint said no, or gave what is no bearer token
    TOKEN_UNAVAILABLE = "TOKEN_UNAVAILABLE"  # noqa: S105  # the token endpoint gave no token, or it could not be kept
    CONNECT_AGAIN = "CONNECT_AGAIN"  # there is no refresh token that may be sent: a person must give a new one
    HOLDER_LOST = "HOLDER_LOST"  # the gateway that carried the call out died, or lost touch with the store
    INTERNAL = "INTERNAL"  # a defect of the gateway, which its log explains

    # A part that is missing or down, or load.
    ENGINE_UNAVAILABLE = "ENGINE_UNAVAILABLE"  # the container engine does not answer, or cannot make a box
    RUNTIME_UNAVAILABLE = "RUNTIME_UNAVAILABLE"  # the engine does not know the runtime, or no box comes up in it
    VAULT_UNAVAILABLE = "VAULT_UNAVAILABLE"  # Vault is down, sealed, or refuses the gateway
    CREDENTIAL_NOT_PROVISIONED = "CREDENTIAL_NOT_PROVISIONED"  # Vault has no role for the tool version
    STORE_UNAVAILABLE = (
        "STORE_UNAVAILABLE"  # Redis is down, or not durable enough to be trusted, or the state directory is full
    )
    STORE_ROLLED_BACK = "STORE_ROLLED_BACK"  # Redis has lost what it had acknowledged
    POOL_EXHAUSTED = "POOL_EXHAUSTED"  # no box became free in time
    BUDGET_EXHAUSTED = "BUDGET_EXHAUSTED"  # the caller had too many calls at once
    QUOTA_EXCEEDED = "QUOTA_EXCEEDED"  # the tenant keeps as much as it may
    ARTIFACTS_UNAVAILABLE = "ARTIFACTS_UNAVAILABLE"  # the store of artifacts is away, or does not take what is written
    GATEWAY_OVERLOADED = "GATEWAY_OVERLOADED"  # the gateway was too busy to hear Redis' answer in time
    SHUTTING_DOWN = "SHUTTING_DOWN"  # the gateway was draining

    # A refusal that came after the call was accepted, or that a fallback met.
    NOT_PERMITTED = "NOT_PERMITTED"  # the policy says no, by now
    APPROVAL_REQUIRED = "APPROVAL_REQUIRED"  # a person must approve, and no approver is connected
    KEY_REUSED = "KEY_REUSED"  # the idempotency key belongs to another call
    REQUEST_INVALID = "REQUEST_INVALID"  # the arguments or the tool's name cannot be made into a request
    ARGUMENTS_INVALID = "ARGUMENTS_INVALID"  # the arguments do not fit the input schema
    TOOL_NOT_FOUND = "TOOL_NOT_FOUND"  # there is no such tool, or no such version of it
    TOOL_QUARANTINED = "TOOL_QUARANTINED"  # the version waits for an operator to look at what it changes
    TOOL_DISABLED = "TOOL_DISABLED"  # the version was switched off
    TOOL_RETIRED = "TOOL_RETIRED"  # the version was taken back for good
    ARTIFACT_NOT_FOUND = "ARTIFACT_NOT_FOUND"  # the arguments name an artifact that is not there for the caller
    ARTIFACT_EXPIRED = "ARTIFACT_EXPIRED"  # the arguments name an artifact that was kept as long as it may be
    ARTIFACTS_OFF = "ARTIFACTS_OFF"  # the arguments name an artifact, and no store of them is named any more
    RUN_ENDED = "RUN_ENDED"  # the run that the call is of has ended
    RUN_KILLED = "RUN_KILLED"  # that run was stopped from outside
    ARTIFACT_TOO_LARGE = "ARTIFACT_TOO_LARGE"  # what the call gets or sends is over the operator's bound of artifacts
    VERSION_UNREADABLE = "VERSION_UNREADABLE"  # the version was written by a release that this gateway does not understand

    # Never written: what a reader makes of a code that it does not know.
    UNRECOGNIZED = "UNRECOGNIZED"  # another release wrote the record, with a code that this one does not have


#: What a runner may say of its job. From a box, any other code is nonsense.
REPORTED_BY_RUNNER = frozenset(
    {
        FaultCode.UPSTREAM_UNREACHABLE,
        FaultCode.UPSTREAM_BROKE,
        FaultCode.ANSWER_UNDECODABLE,
        FaultCode.RESPONSE_TOO_LARGE,
        FaultCode.ARTIFACT_TOO_LARGE,
        FaultCode.EGRESS_DENIED,
        FaultCode.PROGRAM_NOT_STARTED,
        FaultCode.PROGRAM_CRASHED,
        FaultCode.OUT_OF_MEMORY,
        FaultCode.TIMED_OUT,
        FaultCode.BOX_DIED,
        FaultCode.JOB_INVALID,
        FaultCode.PERMISSION_REFUSED,
        FaultCode.SECRET_UNAVAILABLE,
        FaultCode.TOKEN_REFUSED,
        FaultCode.TOKEN_UNAVAILABLE,
        FaultCode.CONNECT_AGAIN,
    }
)
