"""The ledger: remembers invocations, so that the same key never acts twice. This is the protocol.

A *fence* is the number of an event, from one counter per tenant that never goes back. The gateway that has
the newest fence of a record may move it; every other write is refused. A lease only says when the holder counts as lost, never
which gateway may act.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Protocol

from gateway.model.invocation import Attempt, Event, Invocation, Outcome, Request
from gateway.model.principal import Principal


def milliseconds(seconds: float) -> int:
    return int(seconds * 1000)


def window_of(request: Request) -> tuple[bool, int]:
    """Whether a request may be repeated, and for how many milliseconds: 0 for ever. A window without length permits none."""
    if request.repeatable_for is None:
        return request.effect.repeatable, 0
    window = milliseconds(request.repeatable_for)
    return request.effect.repeatable and window > 0, window


@dataclass(frozen=True, slots=True)
class TimeBounds:
    """Moments of this process's monotonic clock that the store has told: what was left by its own clock, since it was asked.

    So they are never later than the store's own, however far apart the two hosts' clocks are. After `deadline` nothing is
    dispatched; `repeatable_until` is the end of a KEYED call's window, None where there is none.
    """

    deadline: float
    repeatable_until: float | None = None

    @classmethod
    def since(cls, asked: float, deadline: int, window: int) -> "TimeBounds":
        """`deadline` and `window`: milliseconds that were left; no window: -1."""
        return cls(asked + deadline / 1000, asked + window / 1000 if window >= 0 else None)


@dataclass(frozen=True, slots=True)
class FencedLease:
    """The right to move one record. Every transition shows it; a stale one is refused with Fenced."""

    tenant: str
    id: str
    fence: int


@dataclass(frozen=True, slots=True)
class New:
    """The key was free: the caller now holds the invocation. `life` as in `Invocation`."""

    held: FencedLease
    bounds: TimeBounds
    life: str


@dataclass(frozen=True, slots=True)
class Resumed:
    """An invocation between two attempts, which the caller now holds."""

    held: FencedLease
    bounds: TimeBounds


@dataclass(frozen=True, slots=True)
class Known:
    """The key is taken by the very same request, ended or under way."""

    invocation: Invocation


@dataclass(frozen=True, slots=True)
class Conflict:
    """The key is taken by another request."""


Claimed = New | Known | Conflict


@dataclass(frozen=True, slots=True)
class Resolution:
    """A decision about an invocation under review, with its author and reason: both stay in the audit log.

    `outcome` is the end; None means another try: up to `attempts` more, which may be dispatched within `timeout` seconds.
    `seen`: how many attempts there were when the author looked. A decision about those says nothing of a later one.
    `decision`: its name, by which the record knows it again, without spaces; empty where it has none.
    """

    author: str
    reason: str
    outcome: Outcome | None
    attempts: int
    timeout: float
    seen: int
    _: KW_ONLY
    decision: str = ""


@dataclass(frozen=True, slots=True)
class HistoryState:
    """`open`: nothing that acts begins. `awaited`: gateways that have not shown what they know; or an operator must look."""

    open: bool = False
    to_be_acknowledged: bool = False
    awaited: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReviewRule:
    """How long a review may be open, in seconds, and what is put on record where it ends so."""

    age: float
    author: str
    reason: str


@dataclass(frozen=True, slots=True)
class DeclaredLoss:
    """What a person has declared: that a host is lost, and its boxes with it."""

    author: str
    reason: str
    host: str


@dataclass(frozen=True, slots=True, order=True)
class OpenReview:
    """Where an open review stands among those of its tenant. `opened` in milliseconds of the store's clock."""

    opened: int
    id: str


@dataclass(frozen=True, slots=True, order=True)
class Acceptance:
    """Where an accepted call stands among those of its tenant. `time` in milliseconds of the store's clock; `order` within."""

    time: int
    order: int
    id: str


def discharging(obligation: str, word: DeclaredLoss | None) -> tuple[str, ...]:
    """The kind of event that tells of an obligation's end, and names and values of what else is told."""
    if word is not None:
        return "DECLARED_GONE", "author", word.author, "reason", word.reason, "host", word.host
    return ("TOKEN_REVOKED" if obligation.startswith("token:") else "BOX_REMOVED",)


class Fenced(Exception):
    """Another gateway holds the record now, or its state forbids the transition. The loser must stop."""


class Ledger(Protocol):
    """Every method raises StoreUnavailable where the store does not answer. Times in seconds."""

    async def claim(
        self,
        id: str,
        fingerprint: str,
        principal: Principal,
        request: Request,
        *,
        lease: float,
        call_token: str = "",
        looks: bool = False,
    ) -> Claimed:
        """Take the key, or say who has it.

        `call_token` is the same whenever a caller sends this very call again, and no other call's: where that has ended, its
        end is Known, though it left its key free. Empty: a free key is taken. `looks`: it only finds out what became of another
        call, and is none of its run's.

        Raises StoreUntrusted where the store could lose what it acknowledges, and StoreRolledBack where it has, and the call
        may not be repeated; QuotaExceeded where it acts, and its tenant has as many open reviews as it may; RunEnded, RunKilled
        where the key is free, and the call's run was started and is over.
        """
        ...

    async def oblige(self, held: FencedLease, accessor: str, attempt: int) -> None:
        """Remember that a token must be revoked. Raises Fenced: then revoke it at once."""
        ...

    async def dispatch(self, held: FencedLease, *, attempt: int, box: str) -> None:
        """Make DISPATCHED durable:

        the only licence to send where one is needed, and at most one for a call that is not repeatable. Raises Fenced,
        StoreRolledBack.
        """
        ...

    async def heartbeat(self, held: FencedLease, *, lease: float, falling_back: bool = False) -> bool:
        """Prolong the lease. Answers whether the invocation was cancelled. Raises Fenced.

        `falling_back`: another call is made in the place of an attempt from now on, and what that does, it alone can tell.
        """
        ...

    async def retry(self, held: FencedLease, attempt: Attempt, *, delay: float, unasked: str = "") -> None:
        """End an attempt that another follows. Gives the hold up. Raises Fenced where the evidence forbids a repetition.

        A dispatch that has provably done nothing does not count any more.

        `unasked`: the box that sent without a permission, where no DISPATCHED tells of it yet. It is written in the same step.
        """
        ...

    async def resume(self, tenant: str, id: str, *, lease: float) -> Resumed:
        """Take up an invocation whose delay is over. Raises Fenced where it is not due, or taken."""
        ...

    async def record(
        self,
        held: FencedLease,
        outcome: Outcome,
        attempt: Attempt | None,
        *,
        review: bool = False,
        unasked: str = "",
        refused: bool = False,
    ) -> Invocation:
        """Write the end, and answer what stands now. Accepted late, too, from the one dispatched attempt. Raises Fenced.

        Saying the same again is accepted. An UNKNOWN goes under review, anything else where `review` asks for it. A failure
        that has done nothing (`outcome.not_done`) leaves the key free, if every dispatch before has done nothing either.
        `unasked` as for `retry`. `refused`: a caller that still waits is told that its call was not begun; sent again, that
        is made anew, whatever its token.
        """
        ...

    async def release(self, held: FencedLease) -> None:
        """Forget an invocation of which nothing was sent and nothing will be: its key is free again. Raises Fenced."""
        ...

    async def cancel(self, tenant: str, id: str, outcome: Outcome, *, seen: int) -> bool:
        """End with `outcome` what has sent nothing that counts; leave a request for the end with its holder otherwise.

        `seen`: the attempts that the outcome is made of. False where another was made meanwhile, or another call is made in
        their place: nothing has changed then.
        """
        ...

    async def resolve(self, tenant: str, id: str, resolution: Resolution) -> None:
        """Decide an open review. Raises ReviewNotOpen, also where another attempt was made since, and BoxNotGone.

        The latter while the box last dispatched could still act. A decision that is on record is not applied again, and raises
        nothing.
        """
        ...

    async def expire_review(self, tenant: str, id: str, rule: ReviewRule) -> bool:
        """End a review that has been open for as long as the rule says. The outcome stays what it is, for good.

        False where it is younger, was decided meanwhile, or the box last dispatched could still act.
        """
        ...

    async def discharge(self, tenant: str, id: str, obligation: str, word: DeclaredLoss | None = None) -> None:
        """Note that an obligation (`token:ACCESSOR` or `box:NAME`) is met, or that it is by a person's word.

        Repeating it changes nothing.
        """
        ...

    async def take_from_lost(self, tenant: str, id: str) -> None:
        """Take an invocation from a holder whose lease has lapsed, as its effect permits. Nothing happens before that."""
        ...

    async def acknowledge(self, tenant: str, author: str, reason: str) -> bool:
        """Settle the tenant's history, by name and with a reason. Answers whether it was open."""
        ...

    async def read(self, tenant: str, id: str) -> Invocation | None: ...

    async def under_way(self, tenant: str, ids: Sequence[str]) -> list[str]:
        """Those of these invocations that have a record, and no end yet."""
        ...

    async def bounds(self, tenant: str, id: str) -> TimeBounds | None:
        """What is left of an invocation's time, for who does not hold it. None where there is no record."""
        ...

    def events(self, tenant: str, id: str, *, after: int = 0, settled: bool = False) -> AsyncIterator[Event]:
        """The events with greater numbers, past ones first, until the end; with `settled`, until nothing is owed either."""
        ...

    async def tenants(self) -> list[str]: ...

    def lost_holders(self, tenant: str) -> AsyncIterator[str]:
        """Ids of invocations whose holder's lease has run out: all of them, as of the other lists."""
        ...

    def due(self, tenant: str, *, age: float) -> AsyncIterator[str]:
        """Ids of invocations whose next attempt could have started at least `age` seconds ago, and has not."""
        ...

    def reviews(self, tenant: str, *, after: OpenReview | None = None, age: float | None = None) -> AsyncIterator[OpenReview]:
        """The open reviews, oldest first: those that follow `after`, and were opened at least `age` seconds ago."""
        ...

    def acceptances(self, tenant: str, *, before: Acceptance | None = None) -> AsyncIterator[Acceptance]:
        """The calls that were accepted, the newest first: those before that one, as far back as the audit log goes.

        The record of one may be gone, or of a later call with the same key.
        """
        ...

    async def box_gone(self, tenant: str, id: str) -> bool:
        """Whether the box that was last allowed to send is confirmed gone: what is found upstream from then on is final."""
        ...

    async def history(self, tenant: str) -> HistoryState:
        """Whether the store has the history that its gateways have seen."""
        ...

    def owed(self, tenant: str, *, age: float) -> AsyncIterator[tuple[str, str]]:
        """Obligations at least `age` seconds old, as (id, obligation)."""
        ...
