"""The state that transitions work on: what a tenant's keys say of one id."""

from dataclasses import dataclass, field, replace
from typing import Any

from gateway.model.invocation import InvocationState

#: Of how many events of a tenant the nonces are kept.
RING = 8192


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One invocation. Times in milliseconds of one clock; `outcome` and `attempts` are whatever the caller puts there."""

    fingerprint: Any
    nonce: str
    repeatable: bool
    repeatable_until: int
    acts: bool
    max_attempts: int
    accepted: int
    deadline: int
    state: InvocationState = InvocationState.PENDING
    fence: int = 0
    lease: int = 0
    span: int = 0
    not_before: int = 0
    delay: int = 0
    dispatching: int | None = None
    dispatches: int = 0
    box: str = ""
    barrier: str = ""
    cancelled: bool = False
    attempts: tuple[Any, ...] = ()
    outcome: Any = None
    ended: int | None = None
    expires: int | None = None
    keep: int = 0
    keeps_args: bool = True
    review_opened: int | None = None
    review_author: str = ""
    review_reason: str = ""
    decisions: tuple[str, ...] = ()
    owed: frozenset[str] = frozenset()
    events: int = 0
    free: bool = False
    dropped: bool = False
    falling_back: bool = False
    call: str = ""
    settled: bool = False

    @property
    def under_way(self) -> bool:
        """Whether a gateway holds it."""
        return self.state in {InvocationState.PENDING, InvocationState.DISPATCHED}

    @property
    def under_review(self) -> bool:
        return self.review_opened is not None and not self.review_author

    def repeatable_at(self, now: int) -> bool:
        return self.repeatable and (self.repeatable_until == 0 or now < self.repeatable_until)

    def left_at(self, now: int) -> tuple[int, int]:
        """How long it is until the deadline, and until a KEYED call's window ends: -1 where there is none."""
        window = max(0, self.repeatable_until - now) if self.repeatable_until else -1
        return max(0, self.deadline - now), window

    def lapsed_at(self, now: int) -> bool:
        return _has_come(self.lease, self.span, now)

    def due_at(self, now: int) -> bool:
        return self.state is InvocationState.RETRY_WAIT and _has_come(self.not_before, self.delay, now)


def _has_come(moment: int, span: int, now: int) -> bool:
    """Whether a moment has come that was `span` away when it was set. Farther away than that: the clock went back."""
    return moment <= now or moment - now > span


@dataclass(frozen=True, slots=True)
class Told:
    """An event: in the tenant's audit log, and at its `place` (number, state then) in the record's history, if in any."""

    seq: int
    kind: str
    place: tuple[int, InvocationState] | None = None
    attributes: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Lineage:
    """Which history the keys are of (`lineage`). `ring`: number and nonce of the newest events; `shown`: gateway and epoch.

    `last`: the last number of the epoch before. `base`: up to it nothing has to be put back. `start`: this epoch's numbers are
    greater.
    """

    primary: str = ""
    epoch: int = 0
    last: int = 0
    start: int = 0
    base: int = 0
    open: bool = False
    since: int = 0
    to_be_acknowledged: bool = False
    empty: bool = False
    shown: tuple[tuple[str, int], ...] = ()
    ring: tuple[tuple[int, bytes], ...] = ()

    def nonce_of(self, number: int) -> bytes:
        """Empty where it is not known any more, or there is no such event."""
        return next((nonce for at, nonce in reversed(self.ring) if at == number), b"")

    def with_shown(self, gateway: str, epoch: int) -> "Lineage":
        return replace(self, shown=tuple(sorted({**dict(self.shown), gateway: epoch}.items())))


@dataclass(frozen=True, slots=True)
class Keys:
    """The tenant's keys, as far as a transition of one id may touch them. `told` is what the last step told."""

    sequence: int = 0
    lineage: Lineage = field(default_factory=Lineage)
    record: Record | None = None
    obligations: frozenset[str] = frozenset()
    told: tuple[Told, ...] = ()

    def put(self, **changes: Any) -> "Keys":
        """With other values in the record."""
        assert self.record is not None
        return replace(self, record=replace(self.record, **changes))

    def audit(self, kind: str, place: tuple[int, InvocationState] | None = None, **attributes: object) -> "Keys":
        plain = tuple((name, str(value)) for name, value in attributes.items())
        told = Told(self.sequence + 1, kind, place, plain)
        return replace(self, sequence=told.seq, told=(*self.told, told))

    def event(self, kind: str, **attributes: object) -> "Keys":
        """One fact more, in the same step as what it tells of."""
        assert self.record is not None
        n = self.record.events + 1
        return self.put(events=n).audit(kind, (n, self.record.state), **attributes)

    def refence(self) -> "Keys":
        """Every earlier holder has lost the record: the last event's number is its fence."""
        return self.put(fence=self.sequence)

    def owe(self, obligation: str) -> "Keys":
        assert self.record is not None
        owing = self.put(owed=self.record.owed | {obligation})
        return replace(owing, obligations=self.obligations | {obligation})

    def held(self, fence: int) -> bool:
        return self.record is not None and self.record.under_way and self.record.fence == fence


Reply = tuple[Any, ...]
Step = tuple[Keys, Reply]

FENCED: Reply = ("FENCED",)
QUARANTINED: Reply = ("QUARANTINED",)
OK: Reply = ("OK",)
NOOP: Reply = ("NOOP",)


def take_lease(keys: Keys, now: int, lease: int) -> Keys:
    return keys.put(lease=now + lease, span=lease)


def wait_for_retry(keys: Keys, now: int, delay: int) -> Keys:
    return keys.put(state=InvocationState.RETRY_WAIT, not_before=now + delay, delay=delay, falling_back=False)


def keep_attempt(keys: Keys, attempt: Any) -> Keys:
    assert keys.record is not None
    return keys if attempt is None else keys.put(attempts=(*keys.record.attempts, attempt))


def take_back(keys: Keys) -> Keys:
    """The attempt has provably done nothing: its dispatch, where it had one, does not count. Earlier ones do."""
    assert keys.record is not None
    counted = keys.record.state is not InvocationState.PENDING
    return keys.put(dispatches=max(0, keys.record.dispatches - 1)) if counted else keys


def finish(
    keys: Keys, now: int, state: InvocationState, outcome: Any, retention: int, kind: str, *, review: bool, **attributes: object
) -> Keys:
    """`retention` is for a record that does not say itself how long it is kept: one of version 1."""
    assert keys.record is not None
    ended = keys.put(state=state, outcome=outcome, ended=now, review_author="", review_reason="")
    if review:
        return ended.put(review_opened=now).event(kind, **attributes)
    return ended.put(review_opened=None, keeps_args=False, expires=now + (keys.record.keep or retention)).event(
        kind, **attributes
    )


def settle(keys: Keys) -> Keys:
    """Fold a record that has ended for good and owes nothing: what only gateways at work on it ask for is forgotten."""
    record = keys.record
    assert record is not None
    # Of an UNKNOWN the truth may come yet.
    if not record.state.ended or record.state is InvocationState.UNKNOWN or record.owed or record.under_review:
        return keys
    times = keys.put(lease=0, span=0, not_before=0, delay=0, repeatable_until=0, deadline=0)
    dispatching = None if record.dispatching == record.fence else record.dispatching
    asked_for = times.put(dispatching=dispatching, call=record.call if record.free else "")
    over = asked_for.put(nonce="", dispatches=0, box="", barrier="", cancelled=False)
    return over.put(falling_back=False, settled=True)


def forget(keys: Keys, kind: str) -> Keys:
    """A settled record has its history in one piece: no event is added to it."""
    assert keys.record is not None
    told = keys.audit(kind) if keys.record.settled else keys.event(kind)
    return replace(told, record=None)
