"""Gateways around one key of a store whose replicas lag: all that can happen, one step at a time.

A failover loses any number of the last steps. A gateway dies, with what is in its state directory left, and comes back; a box
that was let go acts whenever it likes. No operator helps.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from math import inf
from typing import Any

from gateway.model.invocation import InvocationState
from gateway.records.ledger.specification.lineage import GRACE, Shown, keep_nonces, told_of_history
from gateway.records.ledger.specification.mark import Mark
from gateway.records.ledger.specification.record import Keys, Record, Reply

from .world import LEASE, RETENTION, TIMEOUT, Call, apply

#: A replica may lack all of the last steps but one of so many.
LAG = 4
#: A key is not claimed anew after so many events of an epoch: it could be given back for ever.
CLAIMS = 2
CERTAIN = {InvocationState.SUCCEEDED, InvocationState.FAILED, InvocationState.CANCELLED}
SUCCEEDED = InvocationState.SUCCEEDED, "done", "responded", RETENTION, False


@dataclass(frozen=True, slots=True)
class Gateway:
    """`mark`, `before` and what is `kept` of the call are in its state directory too. `due`: what it has to do to show."""

    name: str
    alive: bool = True
    crashes: int = 0
    mark: Mark = field(default_factory=Mark)
    before: Mark = field(default_factory=Mark)
    kept: tuple[Record, Mark] | None = None
    fence: int | None = None
    permitted: bool = False
    due: str = ""

    def saw(self, mark: Mark) -> "Gateway":
        before = self.mark if mark.epoch > self.mark.epoch else self.before
        return replace(self, before=before, mark=mark if mark.age > self.mark.age else self.mark)

    def idle(self) -> "Gateway":
        return replace(self, fence=None, permitted=False)


@dataclass(frozen=True, slots=True)
class Store:
    """`past`: the keys as they were after each of the last steps, which a replica may have."""

    gateways: tuple[Gateway, ...]
    keys: Keys = field(default_factory=Keys)
    past: tuple[Keys, ...] = (Keys(),)
    primary: int = 1
    now: int = 0
    others: int = 0
    box: str = ""
    effects: int = 0
    told: frozenset[str] = frozenset()

    def with_gateway(self, index: int, gateway: Gateway) -> "Store":
        return replace(self, gateways=(*self.gateways[:index], gateway, *self.gateways[index + 1 :]))

    def with_keys(self, keys: Keys) -> "Store":
        keys = replace(keys, told=())
        return self if keys == self.keys else replace(self, keys=keys, past=(*self.past, keys)[-LAG:])


@dataclass(frozen=True, slots=True)
class Bounds:
    """How often what may happen at most. `cancelled`: whether the call may be; `others`: whether other calls have events.
    `repeatable`: the upstream asks for another attempt, and the call may act more than once; the first gateway claims it then,
    once, and the others cancel it, for there are many more states. `states`: after so many the exploration ends; the nearest
    come first.
    """

    failovers: int
    crashes: int = 0
    cancelled: bool = False
    others: bool = False
    repeatable: bool = False
    lag: int = LAG
    states: float = inf


Step = tuple[str, Store, Call | None]


def ask(store: Store, index: int, function: str, *args: Any) -> tuple[Store, Reply, Call]:
    """One Function, called by a gateway. What it is told of the history is remembered."""
    gateway = store.gateways[index]
    nonce = b"%d.%d" % (store.primary, store.keys.sequence)
    call = Call(store.now, function, args, Shown(gateway.name, gateway.mark, f"p{store.primary}", nonce))
    keys, reply = apply(store.keys, call)
    number, seen, epoch, history, _ = told_of_history(keys, gateway.name)
    due = gateway.due or "put back" if history == "show" else ""
    knowing = replace(gateway.saw(Mark(number, seen, epoch)), due=due)
    return store.with_keys(keys).with_gateway(index, knowing), reply, call


def steps(store: Store, bounds: Bounds) -> Iterator[Step]:
    for index, gateway in enumerate(store.gateways):
        if not gateway.alive:
            yield "restart", store.with_gateway(index, replace(gateway, alive=True)), None
            continue
        yield from _of(store, index, gateway, bounds)
        if gateway.crashes < bounds.crashes:
            crashed = replace(gateway.idle(), alive=False, crashes=gateway.crashes + 1, due="")
            yield "crash", store.with_gateway(index, crashed), None
    yield from _of_the_world(store, bounds)


def _of(store: Store, index: int, gateway: Gateway, bounds: Bounds) -> Iterator[Step]:
    if gateway.due:
        yield _show(store, index, gateway)
        return
    if gateway.fence is None:
        if store.keys.sequence - store.keys.lineage.start < (1 - index if bounds.repeatable else CLAIMS):
            yield _claim(store, index, bounds)
        if bounds.repeatable:
            yield _begin(store, index, "resume", LEASE)
    elif not gateway.permitted:
        yield _dispatch(store, index, gateway)
        if not bounds.repeatable:
            yield _give_up(store, index, gateway, "release", gateway.fence)
        if bounds.cancelled and not bounds.repeatable:
            yield _heartbeat(store, index, gateway)
    else:
        yield _heartbeat(store, index, gateway)
        if store.box == "acted":
            yield _record(store, index, gateway)
            if bounds.repeatable:
                yield _try_again(store, index, gateway)
    yield _taken(store, index, "witness")
    yield _taken(store, index, "take_from_lost", "exhausted", "unknown", "lost", RETENTION, "out of time", "dropped")
    if bounds.cancelled and not (bounds.repeatable and index == 0):
        yield _cancel(store, index)
    if bounds.others and store.others == 0 and store.keys.lineage.primary == f"p{store.primary}":
        yield _another_call(store, index)


def _another_call(store: Store, index: int) -> Step:
    """It leaves an event, and moves the gateway's mark."""
    after, _, call = ask(store, index, "witness")
    told = keep_nonces(replace(after.keys, told=()).audit("OTHER"), b"%d.%d" % (store.primary, after.keys.sequence))
    number, nonce, epoch, *_ = told_of_history(told, after.gateways[index].name)
    seen = after.gateways[index].saw(Mark(number, nonce, epoch))
    return "another call", replace(after.with_keys(told), others=1).with_gateway(index, seen), call


def _claim(store: Store, index: int, bounds: Bounds) -> Step:
    nonce = f"n{store.primary}.{store.keys.sequence}"
    return _begin(store, index, "claim", "a", nonce, LEASE, TIMEOUT, bounds.repeatable, 0, True, 2)


def _begin(store: Store, index: int, function: str, *args: Any) -> Step:
    after, reply, call = ask(store, index, function, *args)
    if reply[0] == "NEW":
        after = after.with_gateway(index, replace(after.gateways[index], fence=reply[1]))
    return function, after, call


def _try_again(store: Store, index: int, gateway: Gateway) -> Step:
    after, _, call = ask(store, index, "retry", gateway.fence, 0, False, "asked to come again")
    now = after.gateways[index]
    return "retry", after if now.due else replace(after, box="").with_gateway(index, now.idle()), call


def _dispatch(store: Store, index: int, gateway: Gateway) -> Step:
    after, reply, call = ask(store, index, "dispatch", gateway.fence, 1, f"b{gateway.fence}")
    now = after.gateways[index]
    if reply[0] == "OK":
        assert after.keys.record is not None
        return (
            "dispatch",
            replace(after, box="may act").with_gateway(index, _keeping(after, replace(now, permitted=True))),
            call,
        )
    return "dispatch", after.with_gateway(index, now if now.due else now.idle()), call


def _keeping(store: Store, gateway: Gateway) -> Gateway:
    assert store.keys.record is not None
    return replace(gateway, kept=(store.keys.record, gateway.mark))


def _give_up(store: Store, index: int, gateway: Gateway, function: str, *args: Any) -> Step:
    after, reply, call = ask(store, index, function, *args)
    now = after.gateways[index]
    return function, after.with_gateway(index, now if now.due or reply[0] == "QUARANTINED" else now.idle()), call


def _heartbeat(store: Store, index: int, gateway: Gateway) -> Step:
    """A holder that has lost its lease stops its box."""
    after, reply, call = ask(store, index, "heartbeat", gateway.fence, LEASE)
    now = after.gateways[index]
    if reply[0] == "FENCED" and not now.due:
        after = replace(after, box="").with_gateway(index, now.idle())
    return "heartbeat", after, call


def _record(store: Store, index: int, gateway: Gateway) -> Step:
    after, reply, call = ask(store, index, "record", gateway.fence, *SUCCEEDED)
    now = after.gateways[index]
    if reply[0] == "OK":
        ended = replace(after, box="", told=after.told | {"done"})
        return "record", ended.with_gateway(index, _keeping(after, now).idle()), call
    return "record", after if now.due else replace(after, box="").with_gateway(index, now.idle()), call


def _taken(store: Store, index: int, function: str, *args: Any) -> Step:
    """An end that a gateway tells is remembered by it, whosever call it was, unless it knows of a certain one."""
    after, reply, call = ask(store, index, function, *args)
    known = store.gateways[index].kept
    if reply[0] in {"FAILED", "UNKNOWN"} and not (known and known[0].state in CERTAIN):
        after = after.with_gateway(index, _keeping(after, after.gateways[index]))
    return function, after, call


def _cancel(store: Store, index: int) -> Step:
    after, reply, call = ask(store, index, "cancel", "cancelled", RETENTION)
    if reply[0] == "OK":
        after = replace(after, told=after.told | {"cancelled"}).with_gateway(index, _keeping(after, after.gateways[index]))
    return "cancel", after, call


def _show(store: Store, index: int, gateway: Gateway) -> Step:
    """First what it had permitted is put back, then it says so."""
    base = store.keys.lineage.base if gateway.before.epoch == store.keys.lineage.epoch - 1 else 0
    if gateway.due == "put back" and gateway.kept is not None and gateway.kept[1].number > base:
        record, _ = gateway.kept
        after, _, call = ask(store, index, "restore", LEASE if gateway.permitted else 1, RETENTION, record)
        now = after.gateways[index]
        kept = record, now.mark
        return "put back", after.with_gateway(index, replace(now, kept=kept, due="show" if now.due else "")), call
    before = gateway.before
    after, _, call = ask(store, index, "show", gateway.name, before.number, before.nonce, before.epoch, 0)
    return "show", after, call


def _of_the_world(store: Store, bounds: Bounds) -> Iterator[Step]:
    record, line = store.keys.record, store.keys.lineage
    if store.box == "may act":
        yield "effect", replace(store, box="acted", effects=1 if bounds.repeatable else store.effects + 1), None
    if record is not None and record.under_way and store.now < record.lease:
        yield "the lease lapses", replace(store, now=record.lease), None
    if line.open and store.now < line.since + GRACE:
        yield "the grace is over", replace(store, now=line.since + GRACE), None
    if store.primary <= bounds.failovers:
        for kept in dict.fromkeys(store.past[-bounds.lag :]):
            yield "failover", replace(store, keys=kept, past=(kept,), primary=store.primary + 1, others=0), None


def explore_failovers(gateways: int, bounds: Bounds) -> dict[Store, set[Store]]:
    """Each state with those that can follow. Raises AssertionError, with the steps to it, where a promise is broken."""
    first = Store(tuple(Gateway("abc"[number]) for number in range(gateways)))
    for index in range(gateways):  # each is on the list, and its entry has reached the replica
        first, _, _ = ask(first, index, "witness")
    first = replace(first, past=(first.keys,))
    found: dict[Store, set[Store]] = {}
    reached: dict[Store, tuple[Store, str] | None] = {first: None}
    waiting = deque([first])
    while waiting and len(found) < bounds.states:
        store = waiting.popleft()
        following = found[store] = set()
        for name, then, _ in steps(store, bounds):
            after = _simplified(then, bounds)
            broken = promise_broken(store, name, after)
            assert broken is None, "\n".join([f"{broken}:", *_path(reached, store), name, repr(after)])
            following.add(after)
            if after not in reached:
                reached[after] = store, name
                waiting.append(after)
    return found


def _simplified(store: Store, bounds: Bounds) -> Store:
    """Fewer stores that can do no less: time is what has lapsed of it; after the last failover, nothing is put back twice."""
    now, past = store.now, store.past[-bounds.lag :]
    store = replace(store, now=0, keys=_timeless(store.keys, now), past=tuple(_timeless(keys, now) for keys in past))
    if store.primary <= bounds.failovers or store.keys.lineage.primary != f"p{store.primary}":
        return store
    return replace(store, past=(), gateways=tuple(_at_rest(store.keys, gateway) for gateway in store.gateways))


def _timeless(keys: Keys, now: int) -> Keys:
    line, record = keys.lineage, keys.record
    if now == 0:
        return keys
    since = 0 if now - line.since < GRACE else -GRACE
    if record is not None:
        record = replace(record, lease=LEASE if record.lease > now else 0)
    return replace(keys, lineage=replace(line, since=since), record=record)


def _at_rest(keys: Keys, gateway: Gateway) -> Gateway:
    line = keys.lineage
    if gateway.due or gateway.mark.epoch != line.epoch or dict(line.shown).get(gateway.name) != line.epoch:
        return gateway
    number, nonce, epoch, *_ = told_of_history(keys, gateway.name)
    return replace(gateway, mark=Mark(number, nonce, epoch), before=Mark(), kept=None)


def _path(reached: dict[Store, tuple[Store, str] | None], store: Store) -> list[str]:
    names = []
    while (step := reached[store]) is not None:
        store, name = step
        names.append(name)
    return names[::-1]


def promise_broken(before: Store, name: str, after: Store) -> str | None:
    """What must hold of every step and of every state. None where it does."""
    record, was = after.keys.record, before.keys.record
    if after.effects > 1:
        return "a second effect that was not asked for"
    if name == "claim" and after.effects and record != was:
        return "a call that had an effect is claimed anew"
    if "cancelled" in before.told and sum(one.permitted for one in after.gateways) > sum(
        one.permitted for one in before.gateways
    ):
        return "a permission for a call that was said to be cancelled"
    settled = not after.keys.lineage.open and after.keys.lineage.primary == f"p{after.primary}"
    # Two, where the store lost that a holder was taken for lost and its call cancelled, and the holder tells what it did.
    if settled and after.told and (record is None or record.outcome not in after.told):
        return "a caller was told an end that is not on record"
    return None


def _permitted(store: Store) -> int:
    return sum(gateway.permitted for gateway in store.gateways)


def is_good(store: Store) -> bool:
    """Nothing is waited for."""
    living = all(gateway.alive and not gateway.due for gateway in store.gateways)
    return living and not store.keys.lineage.open
