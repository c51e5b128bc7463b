"""Gateways, boxes and an upstream around one key of the ledger: all that can happen, one step at a time.

The world is as bad as it may be. A gateway dies, or sleeps through its lease and wakes up; any reply of the ledger gets lost; a
box that was once allowed to send does so whenever it likes, until it is confirmed gone.
"""

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from gateway.model.invocation import InvocationState
from gateway.records.ledger.specification import acting, ending, holding, lineage
from gateway.records.ledger.specification.lineage import Shown
from gateway.records.ledger.specification.record import Keys, Reply, Step

LEASE, TIMEOUT, RETENTION = 10, 1_000_000, 50_000_000
MAX_ATTEMPTS = 2
#: By argument set, the token of the call: all who want the one send the very same call, each who wants the other makes a call.
TOKENS = {"a": "again", "b": ""}

TRANSITIONS: dict[str, Callable[..., Step]] = {
    "claim": holding.claim,
    "heartbeat": holding.heartbeat,
    "resume": holding.resume,
    "release": holding.release,
    "oblige": acting.oblige,
    "dispatch": acting.dispatch,
    "retry": acting.retry,
    "record": acting.record,
    "take_from_lost": ending.take_from_lost,
    "cancel": ending.cancel,
    "resolve": ending.resolve,
    "expire_review": ending.expire_review,
    "discharge": ending.discharge,
    "acknowledge": lineage.acknowledge,
    "witness": lineage.witness,
    "introduce": lineage.introduce,
    "show": lineage.show,
    "retire": lineage.retire,
    "restore": lineage.restore,
}


@dataclass(frozen=True, slots=True)
class Call:
    """One Function, called at one moment, by a gateway that shows what it has seen of the store."""

    now: int
    function: str
    args: tuple[Any, ...]
    shown: Shown = field(default_factory=Shown)


def apply(keys: Keys, call: Call) -> tuple[Keys, Reply]:
    """What the specification makes of a call."""
    return lineage.step(keys, call.now, call.shown, call.function, TRANSITIONS[call.function], *call.args)


class Phase(StrEnum):
    IDLE = "idle"
    DOUBT = "claimed, and heard nothing"
    HOLDS = "holds"
    REFUSED = "asked for permission, heard nothing, and told the box no"
    PERMITTED = "told the box yes"
    STALE = "overtaken, has no box any more, and does not know it"


@dataclass(frozen=True, slots=True)
class Worker:
    """What one gateway believes of the key. `wants`: with which of the two argument sets it was called."""

    phase: Phase = Phase.IDLE
    wants: str = ""
    fence: int = -1
    nonce: str = ""


@dataclass(frozen=True, slots=True)
class Box:
    """One that may send: not yet confirmed gone."""

    name: str
    fence: int
    wants: str
    acted: bool = False


@dataclass(frozen=True, slots=True)
class World:
    """`effects`: how often the upstream was made to act in the life of the present record."""

    repeatable: bool
    workers: tuple[Worker, ...]
    keys: Keys = field(default_factory=Keys)
    now: int = 0
    boxes: tuple[Box, ...] = ()
    effects: int = 0
    nonces: int = 0

    def worker(self, index: int, worker: Worker) -> "World":
        return replace(self, workers=(*self.workers[:index], worker, *self.workers[index + 1 :]))

    def without_box(self, fence: int) -> "World":
        return replace(self, boxes=tuple(box for box in self.boxes if box.fence != fence))

    def box_of(self, worker: Worker) -> Box | None:
        return next((box for box in self.boxes if box.fence == worker.fence), None)


@dataclass(frozen=True, slots=True)
class Move:
    """One step: what it is called, what was asked of the ledger and answered, and the world after it.

    Two steps of one `kind` ask and answer the same of records in the same shape.
    """

    name: str
    world: World
    call: Call | None = None
    reply: Reply = ()
    kind: Hashable = None


def moves(world: World) -> Iterator[Move]:
    """Everything that can happen next."""
    for move in _moves(world):
        yield replace(move, world=_simplified(move.world))


def _simplified(world: World) -> World:
    """Fewer worlds that can do no less: a claim in doubt of a record that is not its own is any claim; stale is stale."""
    return replace(world, workers=tuple(_simplified_worker(world, worker) for worker in world.workers))


def _simplified_worker(world: World, worker: Worker) -> Worker:
    record = world.keys.record
    if worker.phase is Phase.DOUBT:
        return worker if record is not None and record.nonce == worker.nonce else Worker()
    if worker.phase is Phase.IDLE or world.box_of(worker) is not None:
        return worker
    known = record is not None and worker.fence in {record.fence, record.dispatching}
    return worker if known else Worker(Phase.STALE, fence=worker.fence)


def _moves(world: World) -> Iterator[Move]:
    for index, worker in enumerate(world.workers):
        yield from _OF_WORKER[worker.phase](world, index, worker)
        if worker.phase is not Phase.IDLE:
            yield Move("crash", world.worker(index, Worker()))
    yield from _of_time(world)
    yield from _of_upstream(world)
    yield from _of_others(world)


def _ask(world: World, function: str, *args: Any) -> tuple[World, Call, Reply]:
    call = Call(world.now, function, args)
    keys, reply = apply(world.keys, call)
    life_over = keys.record is None or (reply[0] == "NEW" and function == "claim")
    return replace(world, keys=keys, effects=0 if life_over else world.effects), call, reply


def _idle(world: World, index: int, _worker: Worker) -> Iterator[Move]:
    for wants in ("a", "b"):
        nonce = f"n{world.nonces}"
        counted = replace(world, nonces=world.nonces + 1)
        yield from _claim(counted, index, Worker(Phase.DOUBT, wants, nonce=nonce))
    if world.keys.record is not None:
        after, call, reply = _ask(world, "resume", LEASE)
        wants = world.keys.record.fingerprint
        yield Move("resume", after.worker(index, _holding(wants, reply)), call, reply)
        yield Move("resume, reply lost", after, call, reply)


def _doubt(world: World, index: int, worker: Worker) -> Iterator[Move]:
    yield from _claim(world, index, worker)


def _claim(world: World, index: int, worker: Worker) -> Iterator[Move]:
    terms = LEASE, TIMEOUT, world.repeatable, 0, not world.repeatable, MAX_ATTEMPTS, 0, TOKENS[worker.wants]
    after, call, reply = _ask(world, "claim", worker.wants, worker.nonce, *terms)
    yield Move("claim", after.worker(index, _holding(worker.wants, reply)), call, reply)
    if worker.phase is Phase.DOUBT:
        yield Move("claim, reply lost", after.worker(index, worker), call, reply)


def _holding(wants: str, reply: Reply) -> Worker:
    return Worker(Phase.HOLDS, wants, reply[1]) if reply[0] == "NEW" else Worker()


def _holds(world: World, index: int, worker: Worker) -> Iterator[Move]:
    box = Box(f"b{worker.fence}", worker.fence, worker.wants)
    after, call, reply = _ask(world, "dispatch", worker.fence, 1, box.name)
    if reply[0] == "OK":
        permitted = replace(after, boxes=(*after.boxes, box)).worker(index, replace(worker, phase=Phase.PERMITTED))
        yield Move("dispatch", permitted, call, reply)
        yield Move("dispatch, reply lost", after.worker(index, replace(worker, phase=Phase.REFUSED)), call, reply)
    else:
        yield Move("dispatch", after.worker(index, Worker()), call, reply)
    yield from _give_up(world, index, worker, "release", worker.fence)
    yield from _heartbeat(world, index, worker)
    if world.repeatable:
        yield from _sent_unasked(world, index, worker, box.name)


def _sent_unasked(world: World, index: int, worker: Worker, box: str) -> Iterator[Move]:
    """Its box need not ask, and it tells of that with the attempt's end only. The first that tells of it had the effect."""
    acted = replace(world, effects=world.effects + 1)
    done = InvocationState.SUCCEEDED, "done", "responded", RETENTION, False, box
    yield from _give_up(acted, index, worker, "record", worker.fence, *done)
    yield from _retry(acted, index, worker, undone=False, box=box)


def _heartbeat(world: World, index: int, worker: Worker) -> Iterator[Move]:
    after, call, reply = _ask(world, "heartbeat", worker.fence, LEASE)
    if reply[0] == "OK":
        yield Move("heartbeat", after, call, reply)
    else:
        yield Move("heartbeat", after.worker(index, Worker()).without_box(worker.fence), call, reply)


def _give_up(world: World, index: int, worker: Worker, function: str, *args: Any) -> Iterator[Move]:
    """A step after which the worker has done with the key. Its box is hung up on before, and can send no more."""
    ended = world.without_box(worker.fence)
    after, call, reply = _ask(ended, function, *args)
    yield Move(function, after.worker(index, Worker()), call, reply)
    if reply[0] != "FENCED":
        yield Move(f"{function}, reply lost", after, call, reply)


def _refused(world: World, index: int, worker: Worker) -> Iterator[Move]:
    yield from _end_unsent(world, index, worker)
    refused = InvocationState.FAILED, "refused", "not sent", RETENTION, False, "", True, True
    yield from _give_up(world, index, worker, "record", worker.fence, *refused)
    yield from _heartbeat(world, index, worker)


def _end_unsent(world: World, index: int, worker: Worker) -> Iterator[Move]:
    yield from _retry(world, index, worker, undone=True)
    end = InvocationState.FAILED, "nothing was sent", "not sent", RETENTION, False
    yield from _give_up(world, index, worker, "record", worker.fence, *end)


def _permitted(world: World, index: int, worker: Worker) -> Iterator[Move]:
    box = world.box_of(worker)
    if box is not None and box.acted:
        done = InvocationState.SUCCEEDED, "done", "responded", RETENTION, False
        yield from _give_up(world, index, worker, "record", worker.fence, *done)
    if box is not None and not box.acted:
        yield from _end_unsent(world, index, worker)
        # The upstream answers that it has not done it: as good a proof, and the key is free.
        refused = InvocationState.FAILED, "not done", "not done", RETENTION, False, "", True
        yield from _give_up(world, index, worker, "record", worker.fence, *refused)
    # Whether it acted or not, the worker may have heard nothing.
    if world.repeatable:
        yield from _retry(world, index, worker, undone=False)
        end: tuple[Any, ...] = (InvocationState.FAILED, "no answer", "sent", RETENTION, True)
    else:
        end = (InvocationState.UNKNOWN, "no answer", "sent", RETENTION, False)
    yield from _give_up(world, index, worker, "record", worker.fence, *end)
    yield from _heartbeat(world, index, worker)


def _retry(world: World, index: int, worker: Worker, *, undone: bool, box: str = "") -> Iterator[Move]:
    record = world.keys.record
    if record is None or len(record.attempts) + 1 < record.max_attempts:
        attempt = "not done" if undone else "sent"
        yield from _give_up(world, index, worker, "retry", worker.fence, 0, undone, attempt, box)


def _stale(world: World, index: int, worker: Worker) -> Iterator[Move]:
    for function, args in (
        ("heartbeat", (LEASE,)),
        ("dispatch", (1, f"late{worker.fence}")),
        ("retry", (0, True, "not sent")),
        ("record", (InvocationState.SUCCEEDED, "done", "responded", RETENTION, False)),
        ("release", ()),
    ):
        after, call, reply = _ask(world, function, worker.fence, *args)
        yield Move(f"stale {function}", after.worker(index, Worker()), call, reply)


_OF_WORKER = {
    Phase.IDLE: _idle,
    Phase.DOUBT: _doubt,
    Phase.HOLDS: _holds,
    Phase.REFUSED: _refused,
    Phase.PERMITTED: _permitted,
    Phase.STALE: _stale,
}


def _of_time(world: World) -> Iterator[Move]:
    record = world.keys.record
    if record is not None and record.under_way and world.now < record.lease:
        yield Move("the lease lapses", replace(world, now=record.lease))
    if record is not None and not record.state.ended and world.now < record.deadline:
        yield Move("the deadline passes", replace(world, now=record.deadline))


def _of_upstream(world: World) -> Iterator[Move]:
    for box in world.boxes:
        if not box.acted:
            others = tuple(one for one in world.boxes if one is not box)
            acted = replace(world, boxes=(*others, replace(box, acted=True)), effects=world.effects + 1)
            yield Move("effect", acted)


def _of_others(world: World) -> Iterator[Move]:
    record = world.keys.record
    for obligation in sorted(world.keys.obligations):
        name = obligation.removeprefix("box:")
        alive = next((box for box in world.boxes if box.name == name), None)
        if alive is None or record is None or not record.under_way:
            gone = world.without_box(alive.fence) if alive else world
            after, call, reply = _ask(gone, "discharge", obligation, "BOX_REMOVED")
            yield Move("the box is gone", after, call, reply)
    if record is None:
        return
    lost = "lost" if record.state is InvocationState.DISPATCHED else None
    for function, args in (
        ("take_from_lost", ("exhausted", "lost, and unknown", lost, RETENTION, "out of time", "dropped")),
        ("cancel", ("cancelled", RETENTION, len(record.attempts))),
        ("expire_review", (0, "callgate", "the rule", RETENTION)),
    ):
        after, call, reply = _ask(world, function, *args)
        yield Move(function, after, call, reply)
    yield from _decide(world, len(record.attempts))


def _decide(world: World, made: int) -> Iterator[Move]:
    """A person looks upstream, and decides by what is there; or has looked before the last attempt, when nothing was there.

    Or the reply to a decision was lost, and it is sent again: at any time, by one that sees the attempts that there are then.
    """
    decided = world.keys.record.decisions if world.keys.record else ()
    truth: tuple[Any, ...] = (InvocationState.SUCCEEDED, "it is there") if world.effects else (InvocationState.RETRY_WAIT, "")
    for name, seen, decision in (("", made, truth), (", looked too early", made - 1, (InvocationState.RETRY_WAIT, ""))):
        this = f"decision-{len(decided)}"
        after, call, reply = _ask(world, "resolve", *decision, "ada", "looked", RETENTION, TIMEOUT, 1, seen, this)
        yield Move(f"resolve{name}", after, call, reply)
    for one in decided:
        again = InvocationState.RETRY_WAIT, "", "ada", "looked", RETENTION, TIMEOUT, 1, made, one
        after, call, reply = _ask(world, "resolve", *again)
        yield Move("resolve, sent again", after, call, reply)
