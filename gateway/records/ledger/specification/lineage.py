"""Which history a tenant's keys are of, and what is done where it is another one than a gateway has seen.

Every event has a number and a *nonce*, 8 bytes that the calling gateway has drawn. A ring keeps the nonces of the newest RING
events. A gateway shows with each step the last event that it has seen, its *mark*: number, nonce and epoch. The *history has
changed*

- where the server is another one than the last step's (its replication id): what the new one did not get in time is missing,
- where the mark is of this epoch and the ring has another nonce at its number, or none that high,
- where a gateway has seen events, and the store knows of no history at all.

Then a new *epoch* begins: numbers leap, so that no fence is given out twice, and nothing that acts moves while the history
is *open*. Each gateway puts back what it has permitted and the store does not know (`restore`), and *shows* that it has. The
history is settled as soon as all gateways on the list have shown for this epoch, GRACE after it began: one whose entry is among
what was lost comes by itself until then. What a gateway could no longer put back, and what an empty store has lost, a person
must look at (`acknowledge`).
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from gateway.model.invocation import InvocationState
from gateway.records.ledger.specification.mark import Mark
from gateway.records.ledger.specification.record import NOOP, OK, QUARANTINED, RING, Keys, Record, Reply, Step

#: By how much numbers leap between two epochs: more events than any gateway has seen and the store has not. Whole rings.
LEAP = 128 * RING

#: Milliseconds in which a living gateway whose entry was lost shows itself: it renews its mark every second.
GRACE = 2_000

#: Steps that wait for the history to be settled where what they move acts, and is not known to have permission.
HELD_BACK = frozenset({"dispatch", "retry", "resume", "record", "release", "take_from_lost", "cancel"})
NOT_PERMITTED = frozenset({InvocationState.PENDING, InvocationState.RETRY_WAIT})


@dataclass(frozen=True, slots=True)
class Shown:
    """What a step begins with: who calls, what it has seen, the server's replication id, and the nonce of the step's events.

    `gateway` is empty where the caller is none (an operator's command): it shows nothing, and is not on the list.
    """

    gateway: str = ""
    mark: Mark = field(default_factory=Mark)
    primary: str = "p1"
    nonce: bytes = b""


def step(keys: Keys, now: int, shown: Shown, name: str, transition: Callable[..., Step], *args: Any) -> Step:
    """One Function: the history first, then the transition."""
    begun = begin(keys, now, shown)
    after, reply = (begun, QUARANTINED) if _held_back(begun, name) else transition(begun, now, *args)
    return keep_nonces(after, shown.nonce), reply


def told_of_history(keys: Keys, gateway: str) -> Reply:
    """What every reply tells: the last event, the epoch, what is to be done about the history, and its base."""
    line = keys.lineage
    history = "" if not line.open else "ack" if line.to_be_acknowledged else "open"
    history = "show" if dict(line.shown).get(gateway, line.epoch) < line.epoch else history
    return keys.sequence, line.nonce_of(keys.sequence), line.epoch, history, line.base if history else 0


def begin(keys: Keys, now: int, shown: Shown) -> Keys:
    fresh, line, mark = replace(keys, told=()), keys.lineage, shown.mark
    if line.epoch == 0 and not mark.number:
        fresh = replace(fresh, lineage=replace(line, primary=shown.primary, epoch=1, start=keys.sequence))
    elif line.epoch == 0:
        fresh = _begin_epoch(fresh, now, shown, "EMPTY", base=0, to_be_acknowledged=True)
    elif line.primary != shown.primary:
        fresh = _begin_epoch(fresh, now, shown, "ANOTHER_PRIMARY", base=keys.sequence)
    elif mark.epoch >= line.epoch and not _knows(keys, mark):
        fresh = _begin_epoch(fresh, now, shown, "ANOTHER_HISTORY", base=0)
    return _enlist(fresh, shown)


def _knows(keys: Keys, mark: Mark) -> bool:
    """Whether this history has the event, as far as can be told: what is older than the ring is unknown, not lost."""
    if mark.epoch > keys.lineage.epoch or mark.number > keys.sequence:
        return False
    return not mark.number or not _differs(keys, mark)


def _differs(keys: Keys, mark: Mark) -> bool:
    line = keys.lineage
    since = keys.sequence - (mark.number if mark.number >= line.start else line.start - line.last + mark.number)
    return since < RING and line.nonce_of(mark.number) != mark.nonce


def _begin_epoch(keys: Keys, now: int, shown: Shown, cause: str, base: int, *, to_be_acknowledged: bool = False) -> Keys:
    line, last = keys.lineage, keys.sequence
    leaps = max(0, shown.mark.number - last) // LEAP + 1
    line = replace(
        line,
        primary=shown.primary,
        epoch=max(line.epoch, shown.mark.epoch) + 1,
        last=last,
        start=last + leaps * LEAP,
        base=min(base, line.base) if line.open else base,
        open=True,
        since=now,
        to_be_acknowledged=to_be_acknowledged or (line.open and line.to_be_acknowledged),
        empty=cause == "EMPTY" or line.empty,
    )
    begun = replace(keys, lineage=line, sequence=line.start)
    return begun.audit("EPOCH_BEGUN", epoch=line.epoch, cause=cause, last=last)


def _enlist(keys: Keys, shown: Shown) -> Keys:
    """One that has seen nothing of the tenant has nothing to put back; of another, what it saw last tells the epoch."""
    line = keys.lineage
    if not shown.gateway or shown.gateway in dict(line.shown):
        return keys
    epoch = min(shown.mark.epoch, line.epoch) if shown.mark.number else line.epoch
    return replace(keys, lineage=line.with_shown(shown.gateway, epoch))


def _held_back(keys: Keys, name: str) -> bool:
    record = keys.record
    if not keys.lineage.open or record is None or not record.acts:
        return False
    of_a_review = name in {"resolve", "expire_review"} and not record.settled  # what is settled has no open one
    return of_a_review or (name in HELD_BACK and record.state in NOT_PERMITTED)


def keep_nonces(keys: Keys, nonce: bytes) -> Keys:
    """The events of this step are on the ring from now on."""
    if not keys.told:
        return keys
    ring = (*keys.lineage.ring, *((told.seq, nonce) for told in keys.told))[-RING:]
    return replace(keys, lineage=replace(keys.lineage, ring=ring))


def witness(keys: Keys, now: int) -> Step:
    """Show the mark, and nothing else; settle the history where that is possible now."""
    return _settle(keys, now), OK


def introduce(keys: Keys, now: int, surviving: bool, primary_before: str, *gateways: str) -> Step:
    """Nothing is known of the tenant, and the caller has seen another primary: what that knew may be lost with it.

    These gateways are waited for. `surviving`: the store is not empty, as the caller's own entry in it shows; then those who
    show are enough, and no operator.
    """
    line = keys.lineage
    unknown = line.epoch == 1 and not line.open and keys.sequence == line.start
    if unknown and primary_before not in {"", line.primary}:
        keys = _begin_epoch(keys, now, Shown(primary=line.primary), "UNKNOWN_TENANT", base=0)
    elif line.open and line.to_be_acknowledged and line.empty and surviving:
        keys = replace(keys, lineage=replace(line, to_be_acknowledged=False))
    else:
        return keys, NOOP
    for gateway in gateways:
        if gateway not in dict(keys.lineage.shown):
            keys = replace(keys, lineage=keys.lineage.with_shown(gateway, 0))
    return keys, OK


def show(keys: Keys, now: int, gateway: str, number: int, nonce: bytes, epoch: int, forgotten: int) -> Step:
    """`gateway` has put back what it had permitted. Its mark was of the epoch before; it knows all beyond `forgotten`."""
    line = keys.lineage
    if _has_lost(keys, Mark(number, nonce, epoch)):
        keys = keys.audit("STORE_ROLLED_BACK", mark=number, last=line.last)
    if line.open and forgotten > line.base and (line.empty or not line.to_be_acknowledged):
        asking = replace(line, to_be_acknowledged=True, empty=False)  # which no surviving entry of another one ends
        keys = replace(keys, lineage=asking).audit("NOT_ALL_PUT_BACK", base=line.base)
    shown = replace(keys, lineage=keys.lineage.with_shown(gateway, line.epoch))
    return _settle(shown, now), OK


def _has_lost(keys: Keys, mark: Mark) -> bool:
    """Whether the epoch before had this event, and this history has not. Marks of epochs before that prove nothing."""
    line = keys.lineage
    if not line.open or not mark.number or mark.epoch != line.epoch - 1:
        return False
    return mark.number > line.last or _differs(keys, mark)


def _settle(keys: Keys, now: int) -> Keys:
    line = keys.lineage
    waited = not 0 <= now - line.since < GRACE  # also where the clock has gone back
    if not line.open or line.to_be_acknowledged or not waited or any(epoch < line.epoch for _, epoch in line.shown):
        return keys
    return replace(keys, lineage=replace(line, open=False, empty=False)).audit("HISTORY_SETTLED", epoch=line.epoch)


def acknowledge(keys: Keys, _now: int, author: str, reason: str) -> Step:
    """A person has looked at what was lost. Who has not shown is off the list, and puts back what it can when it comes."""
    line = keys.lineage
    if not line.open:
        return keys, NOOP
    shown = tuple((gateway, epoch) for gateway, epoch in line.shown if epoch == line.epoch)
    settled = replace(keys, lineage=replace(line, open=False, to_be_acknowledged=False, empty=False, shown=shown))
    return settled.audit("HISTORY_ACKNOWLEDGED", author=author, reason=reason), OK


def retire(keys: Keys, _now: int, gateway: str) -> Step:
    """A gateway stops, and all that it has seen is here: it need not be waited for after a change of history."""
    line = keys.lineage
    if dict(line.shown).get(gateway) != line.epoch:
        return keys, NOOP
    shown = tuple((one, epoch) for one, epoch in line.shown if one != gateway)
    return replace(keys, lineage=replace(line, shown=shown)), OK


def restore(keys: Keys, now: int, lease: int, retention: int, was: Record) -> Step:
    """Put a record back as a gateway saw it last, where the store does not know its permission, or the end that was told.

    The holder goes on with its fence; where it is dead, `lease` is over at once, and what follows is as after any lost holder.
    """
    record = keys.record
    told = _dispatched_under(was) is not None or was.state.ended
    if not told or (record is not None and not _lacks(record, was)):
        return keys, NOOP
    events = was.events if was.settled else max(was.events, record.events if record else 0)
    expires = now + (was.keep or retention) if was.state.ended and not was.under_review else None
    back = replace(was, events=events, expires=expires)
    back = back if was.state.ended else replace(back, lease=now + lease, span=lease)
    owing = replace(keys, record=back, obligations=keys.obligations | was.owed)
    return owing.audit("RESTORED") if was.settled else owing.event("RESTORED"), ("RESTORED",)


def _dispatched_under(record: Record) -> int | None:
    """The fence of the last dispatch. Of a settled record its fence tells, where it was that."""
    return record.fence if record.settled and record.dispatching is None else record.dispatching


def _lacks(record: Record, was: Record) -> bool:
    """Whether the record here is of a time before `was`. What came after the end of a free key is another call."""
    if was.free and record.fence > was.fence:
        return False
    if record.dropped:  # as one of which no attempt was begun
        return True
    known, wanted = _dispatched_under(record) or 0, _dispatched_under(was) or 0
    return known < wanted if known != wanted else _certainty(was) > _certainty(record)


def _certainty(record: Record) -> int:
    """How final it is: under way, presumed of a lost holder, open though its holder has told the end, decided."""
    if not record.state.ended:
        return 0
    if record.state is not InvocationState.UNKNOWN and not record.under_review:
        return 3
    return 1 if record.barrier else 2
