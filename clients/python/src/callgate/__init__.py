"""Call tools through a Callgate gateway: every call once, in a throwaway container.

    from callgate import Client

    with Client(token=...) as client:
        invocation = client.call("orders_get_order", {"id": 7})
        print(invocation.json())

This module is the public surface and nothing else. `callgate.errors` holds the tree of what can go wrong. The map: `client`
and `aio` are the two clients; `endpoint` says where the gateway is, `channel` connects to it; `messages` makes requests,
`convert` reads answers, `status` reads refusals, `importing` an import's answers; `retry` decides when a request is sent
again; `types` and `outcomes` are the values.
"""

from callgate import errors
from callgate.aio import AsyncClient
from callgate.client import Client
from callgate.errors import CallgateError
from callgate.outcomes import (
    Cancelled,
    LimitExceeded,
    Outcome,
    Result,
    SandboxFailed,
    Succeeded,
    TimedOut,
    ToolFailed,
    Unknown,
)
from callgate.recordings import Mode, Recording
from callgate.retry import RetryPolicy
from callgate.reviews import AnotherAttempt, Decision, DeclareFailed, DeclareSucceeded, RedactedRequest, Review
from callgate.types import (
    Attempt,
    Connection,
    CredentialBinding,
    CredentialRole,
    Effect,
    Event,
    Evidence,
    Finding,
    ImportFault,
    ImportProgress,
    ImportReport,
    Invocation,
    Phase,
    State,
    Tool,
    ToolChange,
    ToolVersions,
    VersionState,
    VersionStatus,
)

__all__ = [
    "AnotherAttempt",
    "AsyncClient",
    "Attempt",
    "CallgateError",
    "Cancelled",
    "Client",
    "Connection",
    "CredentialBinding",
    "CredentialRole",
    "Decision",
    "DeclareFailed",
    "DeclareSucceeded",
    "Effect",
    "Event",
    "Evidence",
    "Finding",
    "ImportFault",
    "ImportProgress",
    "ImportReport",
    "Invocation",
    "LimitExceeded",
    "Mode",
    "Outcome",
    "Phase",
    "Recording",
    "RedactedRequest",
    "Result",
    "RetryPolicy",
    "Review",
    "SandboxFailed",
    "State",
    "Succeeded",
    "TimedOut",
    "Tool",
    "ToolChange",
    "ToolFailed",
    "ToolVersions",
    "Unknown",
    "VersionState",
    "VersionStatus",
    "errors",
]
