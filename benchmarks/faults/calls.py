"""What callers asked for, and what they were told: the benchmark's own record, from outside."""

from dataclasses import dataclass, field
from math import inf
from time import monotonic

from callgate import Invocation
from callgate.keys import new_key
from callgate.outcomes import Outcome, Succeeded, Unknown
from callgate.types import Evidence

CREATE, REPLACE, READ = "create_charge", "replace_charge", "read_charge"
#: The HTTP method of each tool.
METHODS = {CREATE: "POST", REPLACE: "PUT", READ: "GET"}


@dataclass(frozen=True, slots=True)
class Answer:
    """`sent`: how many attempts the record tells of that may have sent something. `boxes`: the boxes of all attempts. `at`: the
    moment of the monotonic clock when the caller had it."""

    outcome: Outcome
    sent: int = 1
    boxes: tuple[str, ...] = ()
    at: float = inf

    @property
    def may_change(self) -> bool:
        """UNKNOWN may give way to the truth, and what says that nothing was done to what the next call with its key does."""
        return isinstance(self.outcome, Unknown) or bool(getattr(self.outcome, "not_done", False))

    @classmethod
    def of(cls, invocation: Invocation) -> "Answer | None":
        """None where the invocation has not ended."""
        if invocation.outcome is None:
            return None
        sent = sum(attempt.evidence is not Evidence.NOT_SENT for attempt in invocation.attempts)
        return cls(invocation.outcome, sent, tuple(attempt.box for attempt in invocation.attempts if attempt.box), monotonic())


@dataclass(slots=True)
class Call:
    """One logical call. `began`, `ended`: moments of the monotonic clock.

    `first`: what its caller was told first; `again`: what another gateway said of the same key, which was asked for the first
    time `again_after` seconds later; `finally_`: what a gateway without a memory said after the storm.
    """

    charge: str
    tool: str
    tenant: str
    key: str = field(default_factory=new_key)
    began: float = 0.0
    ended: float = 0.0
    first: Answer | None = None
    again: Answer | None = None
    again_after: float = 0.0
    finally_: Answer | None = None

    @property
    def acts(self) -> bool:
        return self.tool != READ

    @property
    def answers(self) -> list[Answer]:
        return [answer for answer in (self.first, self.again, self.finally_) if answer is not None]

    @property
    def succeeded(self) -> bool:
        return self.first is not None and isinstance(self.first.outcome, Succeeded)

    @property
    def boxed(self) -> bool:
        """Whether a container was made for one of its attempts."""
        return any(box.startswith("cg-") for answer in self.answers for box in answer.boxes)


@dataclass(frozen=True, slots=True)
class Refusal:
    """A gateway refused or ended a call for what the store has lost, or may have lost. `at`: of the monotonic clock."""

    at: float
    acting: bool
