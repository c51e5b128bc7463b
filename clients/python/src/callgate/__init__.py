"""Call tools through a Callgate gateway: every call once, in a throwaway container.

    from callgate import Client

    with Client(token=...) as client:
        invocation = client.call("orders_get_order", {"id": 7})
        print(invocation.json())

This module is the public surface and nothing else. `callgate.errors` holds the tree of what can go wrong.

The map: in `aio` a call is written, and in `nouns` what else a client can do, one noun a file; `blocking` makes the verbs of
`client` of them. Both clients have a `session` with a gateway, over one of the two kinds of `transport`. `endpoint` says where
the gateway is, `channel` connects, `turn` chooses among several. `checks` says what each kind of argument must be, `messages`
makes requests, `convert` reads answers, `status` reads the gateway's refusals, `bare_status` those of others, `importing` the
answers to an import, `uploads` the files that are sent. `retry` decides when a request is sent again, `waiting` how long a call
is waited for, `interrupted` has what finds it again when the wait ends in an error. `keys` makes idempotency keys, of
`canonical` JSON, and `runs` has a run's calls and state. `lock` is the lock file, `lock_check` compares it with a gateway,
`locking` has it for a client. `recorded` has recordings as files, and compares them. `answer_events` reads streamed answers.
`types`, `outcomes`, `fault_code`, `exchanges`, `reviews`, `hosts`, `principals`, `connections`, `publications`, `previews`,
`recordings`, `run_records` and `artifacts` are the values.
`testing` is for users' tests: what stands above does not know it.
"""

from callgate import errors
from callgate.aio import AsyncClient
from callgate.answer_events import AnswerEvent
from callgate.artifacts import Artifact, StoredArtifact
from callgate.client import Client, Run
from callgate.connections import ApiConnection, DeviceCodes, Disconnected, Polled
from callgate.errors import CallgateError
from callgate.exchanges import Exchange
from callgate.fault_code import FaultCode
from callgate.hosts import Host, LostHost
from callgate.interrupted import InterruptedCall, interrupted_call
from callgate.keys import occurrences
from callgate.lock import Lock, LockedTool
from callgate.lock_check import DeprecatedTool, LockedState, LockFault
from callgate.nouns.answer_stream import AnswerStream, AsyncAnswerStream
from callgate.nouns.handle import AsyncInvocationHandle, InvocationHandle
from callgate.outcomes import (
    Cancelled,
    LimitExceeded,
    Outcome,
    Pages,
    Result,
    SandboxFailed,
    ShownPart,
    Succeeded,
    TimedOut,
    ToolFailed,
    Unknown,
)
from callgate.pages import InvocationPage, ToolPage
from callgate.previews import Preview, PreviewedProgram, PreviewedRequest, Refusal
from callgate.principals import AddedPrincipal, Principal, RevokedPrincipals
from callgate.publications import Publication
from callgate.recordings import Mode, Recording
from callgate.retry import RetryPolicy
from callgate.reviews import AnotherAttempt, Decision, DeclareFailed, DeclareSucceeded, RedactedRequest, Review
from callgate.run_records import RunRecord, RunStatus, RunSummary
from callgate.runs import AsyncRun
from callgate.types import (
    Attempt,
    Connection,
    Cost,
    CredentialRole,
    CredentialSource,
    Effect,
    Event,
    Evidence,
    Finding,
    FoundTool,
    ImportFault,
    ImportProgress,
    ImportReport,
    Invocation,
    InvocationSummary,
    Phase,
    SchemaForm,
    State,
    Tool,
    ToolChange,
    ToolName,
    ToolVersions,
    VersionAct,
    VersionState,
    VersionStatus,
)

__all__ = [
    "AddedPrincipal",
    "AnotherAttempt",
    "AnswerEvent",
    "AnswerStream",
    "ApiConnection",
    "Artifact",
    "AsyncAnswerStream",
    "AsyncClient",
    "AsyncInvocationHandle",
    "AsyncRun",
    "Attempt",
    "CallgateError",
    "Cancelled",
    "Client",
    "Connection",
    "Cost",
    "CredentialRole",
    "CredentialSource",
    "Decision",
    "DeclareFailed",
    "DeclareSucceeded",
    "DeprecatedTool",
    "DeviceCodes",
    "Disconnected",
    "Effect",
    "Event",
    "Evidence",
    "Exchange",
    "FaultCode",
    "Finding",
    "FoundTool",
    "Host",
    "ImportFault",
    "ImportProgress",
    "ImportReport",
    "InterruptedCall",
    "Invocation",
    "InvocationHandle",
    "InvocationPage",
    "InvocationSummary",
    "LimitExceeded",
    "Lock",
    "LockFault",
    "LockedState",
    "LockedTool",
    "LostHost",
    "Mode",
    "Outcome",
    "Pages",
    "Phase",
    "Polled",
    "Preview",
    "PreviewedProgram",
    "PreviewedRequest",
    "Principal",
    "Publication",
    "Recording",
    "RedactedRequest",
    "Refusal",
    "Result",
    "RetryPolicy",
    "Review",
    "RevokedPrincipals",
    "Run",
    "RunRecord",
    "RunStatus",
    "RunSummary",
    "SandboxFailed",
    "SchemaForm",
    "ShownPart",
    "State",
    "StoredArtifact",
    "Succeeded",
    "TimedOut",
    "Tool",
    "ToolChange",
    "ToolFailed",
    "ToolName",
    "ToolPage",
    "ToolVersions",
    "Unknown",
    "VersionAct",
    "VersionState",
    "VersionStatus",
    "errors",
    "interrupted_call",
    "occurrences",
]
