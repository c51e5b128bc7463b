"""One logical call: its states, its attempts, how it ended, and what is remembered of it.

    (absent) → PENDING → DISPATCHED → SUCCEEDED | FAILED | CANCELLED | UNKNOWN
                  ↑   ↘      ↓                                    │
                  └── RETRY_WAIT ←───── a review's decision ──────┘

The transitions and their guards are in `gateway.records.ledger.specification`; `gateway.decisions.result_policy` has the table
of what evidence permits.
"""

from dataclasses import KW_ONLY, dataclass, field
from enum import StrEnum

from gateway.model.artifact import Artifact
from gateway.model.principal import Principal
from registry.model.tool import Effect
from sandbox.api.fault_code import FaultCode
from sandbox.api.result import Connection, Evidence, Phase

#: Seconds for which the record of a call that acts is kept after its end, where no operator says otherwise.
RETENTION = 7 * 86_400.0


class InvocationState(StrEnum):
    PENDING = "PENDING"
    DISPATCHED = "DISPATCHED"
    RETRY_WAIT = "RETRY_WAIT"
    SUCCEEDED = "SUCCEEDED"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"
    UNKNOWN = "UNKNOWN"

    @property
    def ended(self) -> bool:
        return self not in {InvocationState.PENDING, InvocationState.DISPATCHED, InvocationState.RETRY_WAIT}


class Verdict(StrEnum):
    """How an invocation ended, by whose fault."""

    SUCCEEDED = "SUCCEEDED"
    TOOL_FAILED = "TOOL_FAILED"
    LIMIT_EXCEEDED = "LIMIT_EXCEEDED"
    TIMED_OUT = "TIMED_OUT"
    CANCELLED = "CANCELLED"
    SANDBOX_FAILED = "SANDBOX_FAILED"
    UNKNOWN = "UNKNOWN"

    @property
    def state(self) -> InvocationState:
        return InvocationState(self.value) if self.value in InvocationState.__members__ else InvocationState.FAILED


@dataclass(frozen=True, slots=True)
class ShownPart:
    """What the view of a tool's manifest has left of an answer that is not shown as a whole.

    `projection`: what has made the body, empty where none did; `matched_nothing`: it found nothing. `whole_bytes`: of the body
    before. `items_left_out` and `bytes_left_out`: what the view's size has cut of it. `message`: why it is so, for people,
    where the view could not be used. `unmatched`: names of members that the projection asks for, and that nothing has in which
    it looks for them.
    """

    projection: str = ""
    matched_nothing: bool = False
    whole_bytes: int = 0
    items_left_out: int = 0
    bytes_left_out: int = 0
    message: str = ""
    _: KW_ONLY
    unmatched: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AnswerPages:
    """Of how many pages of a list the answer was made. `more`: it goes on, as far as is known; then `next_arguments` (JSON) are
    those of the call's arguments that the next call changes, if they are known and work. `stopped`: one of
    `sandbox.api.result.STOPS`; `message`: why, for people, and why there are no such arguments."""

    fetched: int
    items: int
    more: bool = False
    next_arguments: str = ""
    stopped: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """The upstream's answer, as the caller gets it. `matches_schema` is None where there is no schema to hold it against.

    `links` are the links of its headers, relation and absolute URL. `headers`: names in lower case; `headers_left_out`: how
    many more there were than its bounds allow. `shown`: what a view has left of it; without one, it is all there. `artifact`
    has the whole where that is over the bound of the tool version or of its view: `body` is then the beginning of a text, of
    anything else empty, or what the view shows.
    """

    http_status: int
    content_type: str
    body: bytes
    matches_schema: bool | None = None
    links: tuple[tuple[str, str], ...] = ()
    _: KW_ONLY
    headers: tuple[tuple[str, str], ...] = ()
    headers_left_out: int = 0
    shown: ShownPart | None = None
    pages: AnswerPages | None = None
    artifact: Artifact | None = None


@dataclass(frozen=True, slots=True)
class Cost:
    """What a call has cost, in the operator's own unit. `counts`: what its answer has of each meter of its tool, by name;
    `missing`: those of which it has nothing, or not each of several pages; the sum of the others counts."""

    amount: float
    counts: tuple[tuple[str, float], ...] = ()
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the invocation ended. `fault` is for programs, `message` for people. `answer`: of a stream that broke off, what had
    come of it."""

    verdict: Verdict
    answer: Answer | None = None
    fault: FaultCode | None = None
    message: str = ""
    effect_possible: bool = False
    source: str = ""
    """Where it comes from, if not from an attempt: `review`, `probe:NAME@V`, `fallback:ID`, `cache`, `recording:NAME`."""
    _: KW_ONLY
    http_status: int = 0
    """Of a failure: the upstream's last answer, also where its body is lost or too large. 0 where there was none."""
    retry_after: float | None = None
    """Seconds after the end in which the upstream does not want to be asked again, where it said so."""
    not_done: bool = False
    """Provably nothing was done, and no person need decide: the same key makes the call anew."""
    cost: Cost | None = None
    """Of a call that was sent, where its tool says what one costs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try in one box, after the fact. `started` in seconds since the epoch, by the gateway's clock."""

    number: int
    box: str
    accessor: str
    evidence: Evidence
    http_status: int
    fault: FaultCode | None
    bytes_out: int
    bytes_in: int
    connections: tuple[Connection, ...]
    phases: tuple[Phase, ...]
    started: float
    duration: float
    last: bool = False
    """No other follows: it is the fallback's turn, whichever gateway goes on."""


@dataclass(frozen=True, slots=True)
class RunStep:
    """Where in its run a call was made, as its caller says: the turn, and the position among equal calls of it, from 0."""

    step: str = ""
    occurrence: int = 0


NO_STEP = RunStep()


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """All that is needed to carry an invocation out, here or on another gateway."""

    tool: str  # as the caller wrote it
    version: str  # name@version, as resolved when it was accepted
    digest: str
    effect: Effect
    args_json: bytes = field(repr=False)
    run_id: str
    traceparent: str
    timeout: float
    max_attempts: int
    repeatable_for: float | None = None
    """Seconds in which the upstream recognises a repetition (KEYED); None where the effect alone decides."""
    parent: str = ""
    """The invocation that this one was made for, as its fallback or probe."""
    recording: str = ""
    """The recording that its end goes into."""
    retention: float = RETENTION
    """Seconds after the end for which the key is known; 0: there is no record."""
    may_call: tuple[str, ...] = ()
    """Where the version has a fallback or a probe: patterns of the tools that the caller might call when the key was claimed.
    Another gateway that goes on with the call, without its caller, makes no other calls for it."""
    place: RunStep = NO_STEP


@dataclass(frozen=True, slots=True)
class Review:
    """An end that a person must decide about. `author` and `reason` are empty while it is open."""

    opened: float
    author: str = ""
    reason: str = ""

    @property
    def open(self) -> bool:
        return not self.author


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """What the ledger remembers. Times in seconds since the epoch, by the store's clock."""

    id: str
    principal: Principal
    request: Request
    state: InvocationState
    outcome: Outcome | None
    attempts: tuple[Attempt, ...]
    accepted: float
    deadline: float
    """After it nothing is sent; 0 where nothing can be any more, since the invocation has ended for good."""
    ended: float | None
    max_attempts: int
    """How many attempts the record allows by now: a review may have granted more than the request has."""
    review: Review | None = None
    fingerprint: str = ""
    """Which call it is of: a key that was free again may belong to another one by now."""
    life: str = ""
    """Which of the calls that had this key, one after another: no two share it. Empty once nothing can follow any more."""
    cancel_requested: bool = False
    """A cancellation was asked for while it was dispatched: its holder ends it."""

    @property
    def key_expires(self) -> float | None:
        """When the record goes, and the key is free again. None where that is not known yet, or there is no record."""
        undecided = self.ended is None or (self.review is not None and self.review.open)
        return None if undecided or not self.request.retention else (self.ended or 0.0) + self.request.retention


@dataclass(frozen=True, slots=True)
class Event:
    """One numbered fact in an invocation's history."""

    number: int
    time: float
    state: InvocationState
    kind: str
    attributes: dict[str, str]
