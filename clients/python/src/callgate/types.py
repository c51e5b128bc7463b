"""The nouns of the API as plain, frozen values. Times are aware datetimes, durations seconds. The proto files define them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from callgate.errors import InvocationFailed, InvocationUnderWay, OutcomeUnknown
from callgate.fault_code import FaultCode
from callgate.outcomes import Outcome, Succeeded, Unknown


class Effect(StrEnum):
    """What may happen upstream when a call is repeated. UNSPECIFIED: a class that this SDK does not know."""

    UNSPECIFIED = "UNSPECIFIED"
    PURE = "PURE"
    READ = "READ"
    IDEMPOTENT = "IDEMPOTENT"
    KEYED = "KEYED"
    NON_IDEMPOTENT = "NON_IDEMPOTENT"


class SchemaForm(StrEnum):
    """How an input schema is written for a model. INLINED: without `$ref`. SHALLOW: with any value beyond five levels.
    STRICT: as OpenAI's strict mode takes it; a call whose arguments were made by it says so. REDUCED: as much of it as fits a
    budget of tokens; `Tool.schema_left_out` says what does not."""

    INLINED = "INLINED"
    SHALLOW = "SHALLOW"
    STRICT = "STRICT"
    REDUCED = "REDUCED"


class State(StrEnum):
    """Where an invocation stands. UNSPECIFIED: a state that this SDK does not know."""

    UNSPECIFIED = "UNSPECIFIED"
    PENDING = "PENDING"
    DISPATCHED = "DISPATCHED"
    RETRY_WAIT = "RETRY_WAIT"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
    UNKNOWN = "UNKNOWN"


class VersionState(StrEnum):
    """Whether a tool version may be called: ACTIVE and DEPRECATED ones may. Only RETIRED is for good."""

    UNSPECIFIED = "UNSPECIFIED"
    ACTIVE = "ACTIVE"
    QUARANTINED = "QUARANTINED"
    DEPRECATED = "DEPRECATED"
    DISABLED = "DISABLED"
    RETIRED = "RETIRED"


class Evidence(StrEnum):
    """What is known to have left the box in an attempt."""

    UNSPECIFIED = "UNSPECIFIED"
    NOT_SENT = "NOT_SENT"
    SENT = "SENT"
    RESPONDED = "RESPONDED"
    NOT_DONE = "NOT_DONE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """One immutable revision of a tool. `output_schema` is None where the document declares none.

    An ImportReport's tools come without their schemas: the input schema is empty there. `schema_form_refusal` says why the
    input schema is the tool's own, and not in the form that was asked for; empty: it is in that form. `schema_left_out`: what
    the form REDUCED has left out of it. `deprecated`: the API's document advises against the operation.
    """

    name: str
    version: str
    digest: str
    toolset: str
    description: str
    input_schema: Mapping[str, Any]
    output_schema: Mapping[str, Any] | None
    effect: Effect
    method: str
    endpoint: str
    needs_credential: bool
    requires_approval: bool
    state: VersionState = VersionState.ACTIVE
    schema_form_refusal: str = ""
    deprecated: bool = False
    schema_left_out: tuple[str, ...] = ()

    @property
    def reference(self) -> str:
        """`name@version`, which resolves to this revision and no other."""
        return f"{self.name}@{self.version}"


@dataclass(frozen=True, slots=True)
class ToolName:
    """What a list of names has of a tool: no words, and no schemas."""

    name: str
    version: str
    digest: str
    toolset: str
    state: VersionState


@dataclass(frozen=True, slots=True)
class FoundTool:
    """A tool that fits a query. `score`: how well, over 0; it compares tools of one answer, and nothing else."""

    tool: Tool
    score: float


@dataclass(frozen=True, slots=True)
class Finding:
    """One difference between two versions. `severity`: BREAKING, COMPATIBLE or TEXT; `action`: what callers must change."""

    id: str
    severity: str
    pointer: str
    message: str
    action: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolChange:
    """What an import does to a tool. `fate`: ADDED, UNCHANGED, CHANGED, REMOVED; `held`: the version waits for promotion.

    `reason` says why it waits, or what became of a version that waited.
    """

    name: str
    fate: str
    version: str
    previous: str
    level: str
    held: bool
    findings: tuple[Finding, ...]
    reason: str = ""


@dataclass(frozen=True, slots=True)
class VersionAct:
    """Who did something to a version: `deed` is "imported", "promoted", "deprecated", "disabled" or "retired"."""

    deed: str
    agent: str
    subject: str
    at: datetime


@dataclass(frozen=True, slots=True)
class VersionStatus:
    """One version of a tool, and its state. `reason` is the operator's, for putting it in this state. `acts`: the last of each
    deed that is on record."""

    version: str
    digest: str
    state: VersionState
    reason: str
    acts: tuple[VersionAct, ...] = ()


@dataclass(frozen=True, slots=True)
class ToolVersions:
    """Every version of one tool, by number."""

    name: str
    toolset: str
    versions: tuple[VersionStatus, ...]


@dataclass(frozen=True, slots=True)
class Phase:
    """One timed part of an attempt; the offset counts from the attempt's start."""

    name: str
    offset: float
    duration: float


@dataclass(frozen=True, slots=True)
class Connection:
    """A box's connection to one host. `verdict` is "open", or why the broker refused or cut it. Bytes include TLS."""

    host: str
    port: int
    address: str
    verdict: str
    bytes_out: int
    bytes_in: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One attempt at a call, in one box. `fault` is None where it brought an upstream's answer, or a program's result."""

    number: int
    box: str
    token_accessor: str
    evidence: Evidence
    http_status: int
    fault: FaultCode | None
    bytes_out: int
    bytes_in: int
    hosts: tuple[str, ...]
    phases: tuple[Phase, ...]
    started: datetime | None
    duration: float
    connections: tuple[Connection, ...] = ()


@dataclass(frozen=True, slots=True)
class Event:
    """One numbered fact in an invocation's history. Numbers start at 1 and have no gaps."""

    number: int
    time: datetime | None
    state: State
    kind: str
    attributes: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class InvocationSummary:
    """What a list tells of a call: `get` tells the rest. `agent` and `subject` are of the caller that made it."""

    id: str
    tool: str
    effect: Effect
    state: State
    accepted: datetime
    ended: datetime | None
    attempts: int
    run_id: str
    under_review: bool
    trace_id: str
    agent: str
    subject: str
    #: Where in its run, as the caller said.
    step: str = ""
    occurrence: int = 0
    #: Why it has failed, or is not known to have done anything.
    fault: FaultCode | None = None
    #: In the operator's own unit, where there is one.
    cost: float | None = None


@dataclass(frozen=True, slots=True)
class Cost:
    """What a call has cost, in the operator's own unit.

    `counts`: what was counted in its answer, such as tokens, by name. `missing`: what was to be counted and is not there,
    or not in each of several pages: those that have it are in `counts` then, too.
    """

    amount: float
    counts: Mapping[str, float] = field(default_factory=dict, hash=False)
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """One logical call. `outcome` is None while it is under way."""

    id: str
    tool: str
    tool_digest: str
    effect: Effect
    state: State
    outcome: Outcome | None
    attempts: tuple[Attempt, ...]
    trace_id: str
    from_record: bool
    accepted: datetime | None
    ended: datetime | None
    run_id: str
    under_review: bool = False
    #: Where the outcome comes from, if not from an attempt of this invocation; see invocation.proto.
    outcome_source: str = ""
    #: Seconds after the end for which the gateway knows the key, and when those are over: then the same call would act again.
    key_retention: float = 0.0
    key_expires: datetime | None = None
    #: Where its tool says what a call costs, and something was sent for it.
    cost: Cost | None = None
    #: Where in its run, as the caller said.
    step: str = ""
    occurrence: int = 0

    def raise_for_outcome(self) -> Succeeded:
        """The outcome, if and only if it is a success. Raises InvocationFailed, OutcomeUnknown or InvocationUnderWay."""
        match self.outcome:
            case Succeeded() as succeeded:
                return succeeded
            case None:
                raise InvocationUnderWay(f"invocation {self.id} is under way", cure="Watch it, or get it again later.")
            case Unknown() as outcome:
                cure = "Find out upstream whether the effect happened. Never repeat the call blindly."
                raise OutcomeUnknown(str(outcome), cure=cure, invocation_id=self.id, outcome=outcome)
            case outcome:
                anew = "Nothing was done: the same call with the same key is made anew."
                cure = anew if getattr(outcome, "not_done", False) else "A new call needs another key, in a run another step."
                cure = f"See the outcome, and `callgate show {self.id}`. {cure}"
                raise InvocationFailed(str(outcome), cure=cure, invocation_id=self.id, outcome=outcome)

    def json(self) -> Any:
        """The decoded body of a success, None if it is empty. Raises as `raise_for_outcome`; ValueError if it is not JSON, or
        is kept as an artifact."""
        result = self.raise_for_outcome().result
        if result.artifact is not None:
            raise ValueError(f"{result.artifact} Read it by client.artifacts.")
        return json.loads(result.body) if result.body else None


@dataclass(frozen=True, slots=True)
class CredentialSource:
    """The secret for a security scheme: its API path in Vault, and the field that holds the value.

    `username_field`: for HTTP Basic, the field with the user's name; `field` has the password then. Without it, `field` has
    `user:password`.
    """

    scheme: str
    path: str
    field: str
    username_field: str = ""


@dataclass(frozen=True, slots=True)
class ImportFault:
    """An operation that the gateway could not make a tool of, or a part of the document or manifest that it ignored.

    `refuses`: an import without `dry_run` is refused while it lasts. `operations` are those, as `METHOD /path`, that did not
    become tools because of it, or became tools that it is to be told of.
    """

    pointer: str
    message: str
    cure: str
    refuses: bool = False
    operations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CredentialRole:
    """The token role, and policy, that Vault must have for one tool version: it reads `secret_path`, for `max_ttl` seconds.

    `issues`: it reads nothing there, and has a PKI engine issue a certificate. `further_paths`: where the version needs several
    secrets, the others that the role reads. `keeps_at`: of a box that obtains a token, where it reads and writes that.
    """

    name: str
    secret_path: str
    max_ttl: float
    issues: bool = False
    further_paths: tuple[str, ...] = ()
    keeps_at: str = ""


@dataclass(frozen=True, slots=True)
class ImportProgress:
    """How much of a document the gateway has read: operations done, operations in all, and faults found so far."""

    done: int
    total: int
    faults: int


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did. `tools` are all tools of the document; `roles` are those that the operator must make in Vault."""

    tools: tuple[Tool, ...] = field(repr=False)
    faults: tuple[ImportFault, ...]
    added: int
    unchanged: int
    roles: tuple[CredentialRole, ...] = ()
    changes: tuple[ToolChange, ...] = ()
