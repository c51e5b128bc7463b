"""Every state that the world can get into, by breadth-first search, and what must be true in each of them."""

from collections import deque
from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field, replace

from gateway.model.invocation import InvocationState
from gateway.records.ledger.specification.record import FENCED, Record, Told

from .world import Call, Move, Phase, Worker, World, moves


@dataclass(slots=True)
class Explored:
    """`edges`: canonical states that each can lead to. `shortest`: how each was first reached."""

    edges: dict[Hashable, set[Hashable]] = field(default_factory=dict)
    worlds: dict[Hashable, World] = field(default_factory=dict)
    reached: dict[Hashable, tuple[Hashable, Move] | None] = field(default_factory=dict)
    kinds: dict[Hashable, tuple[Hashable, Move]] = field(default_factory=dict)
    moved: int = 0

    def path(self, state: Hashable) -> list[Move]:
        steps = []
        while (step := self.reached[state]) is not None:
            state, move = step
            steps.append(move)
        return steps[::-1]

    def histories(self) -> list[tuple[Call, ...]]:
        """The fewest calls in which every kind of step is made: the Functions are held to them."""
        covered: set[Hashable] = set()
        chosen = []
        for kind, (state, move) in reversed(self.kinds.items()):  # found last means farthest away: it covers the most
            if kind not in covered:
                path = [*self.path(state), move]
                covered |= {step.kind for step in path}
                chosen.append(tuple(step.call for step in path if step.call is not None))
        return sorted(chosen, key=len)


def explore(*, repeatable: bool, workers: int) -> Explored:
    """Raises AssertionError, with the steps that led there, where a promise is broken."""
    first = World(repeatable, (Worker(),) * workers)
    found = Explored()
    start = canonical(first)
    found.worlds[start], found.reached[start] = first, None
    waiting = deque([start])
    while waiting:
        state = waiting.popleft()
        before = found.worlds[state]
        following = found.edges.setdefault(state, set())
        for step in moves(before):
            move = replace(step, kind=_kind(before, step))
            found.moved += 1
            broken = promise_broken(before, move)
            assert broken is None, "\n".join([f"{broken}:", *(step.name for step in found.path(state)), move.name])
            after = canonical(move.world)
            following.add(after)
            if move.call is not None:
                found.kinds.setdefault(move.kind, (state, move))
            if after not in found.worlds:
                found.worlds[after], found.reached[after] = move.world, (state, move)
                waiting.append(after)
    return found


def _kind(before: World, step: Move) -> Hashable:
    """Finer where the step has changed something."""
    record = before.keys.record
    changed = replace(before.keys, told=()) != replace(step.world.keys, told=())
    asked = step.name.removesuffix(", reply lost"), step.reply[:1], record and _shape(record, before.now)
    return (*asked, _details(before) if changed else None)


def _shape(record: Record, now: int) -> Hashable:
    times = now < record.lease, now < record.deadline
    return (*times, record.state, bool(record.attempts), record.under_review, record.review_author)


def _details(world: World) -> Hashable:
    record, owed = world.keys.record, world.keys.obligations
    if record is None:
        return None
    left = record.max_attempts - len(record.attempts)
    dispatched = record.dispatches > 0, record.box in owed, record.barrier in owed
    return left, *dispatched, record.cancelled, record.events == 1, record.free, bool(record.call)


def promise_broken(before: World, move: Move) -> str | None:
    """What must hold of every step and of every state. None where it does."""
    return next((promise for promise, kept in _promises(before, move) if not kept), None)


def _promises(before: World, move: Move) -> Iterator[tuple[str, bool]]:
    world, old, new = move.world, before.keys, move.world.keys
    record, was = new.record, old.record
    yield "the sequence goes back", new.sequence >= old.sequence
    yield "a fence goes back", was is None or record is None or record.fence >= was.fence
    yield "two hold the record", sum(_is_holder(world, worker) for worker in world.workers) <= 1
    yield "a box that may send is not owed", all(f"box:{box.name}" in new.obligations for box in world.boxes)
    yield "an obligation is lost", move.name == "the box is gone" or old.obligations <= new.obligations
    yield (
        "the overtaken changed something",
        not move.name.startswith("stale") or (move.reply == FENCED and new == replace(old, told=())),
    )
    yield (
        "a decision is applied twice",
        move.name != "resolve, sent again" or (move.reply == ("REPEATED",) and new == replace(old, told=())),
    )
    if move.name == "effect":
        box = world.boxes[-1]
        yield "an effect without a record of its call", record is not None and record.fingerprint == box.wants
        yield "a second effect that was not asked for", world.repeatable or world.effects == 1
        yield (
            "an effect after the cancellation",
            world.repeatable or (record is not None and record.state is not InvocationState.CANCELLED),
        )
    if record is None:
        yield "a record is forgotten that had an effect", before.effects == 0
        yield "a record is forgotten whose box may send", not world.boxes
        return
    yield "a free key whose call has acted", not record.free or (world.effects == 0 and not world.boxes)
    yield "success without effect", record.state is not InvocationState.SUCCEEDED or world.effects > 0
    yield (
        "an UNKNOWN that no person is asked about",
        record.state is not InvocationState.UNKNOWN or record.under_review or record.review_author == "callgate",
    )
    yield "a review that ends silently", _told_of_its_end(was, record, new.told)
    yield "a box may act after its review has expired", move.name != "expire_review" or move.reply[0] != "OK" or not world.boxes
    yield "the arguments went before the last attempt", record.keeps_args or (record.state.ended and not record.under_review)
    yield (
        "a record expires too early, or never",
        (record.expires is not None) == (record.state.ended and not record.under_review),
    )
    yield "settled, and something may still come of it", not record.settled or not (record.owed or world.boxes)
    yield "dispatched twice", world.repeatable or record.dispatches <= 1
    yield "more attempts than allowed", len(record.attempts) <= record.max_attempts
    yield (
        "waiting to repeat what may not be repeated",
        world.repeatable or record.state is not InvocationState.RETRY_WAIT or not record.dispatches,
    )
    if was is not None and was.state.ended and not was.under_review and not _may_take_the_place(was, move):
        yield "an end changes", (record.state, record.outcome) == (was.state, was.outcome)
    if move.name == "dispatch" and move.reply[0] == "OK":
        yield "two boxes of one call may send", len(world.boxes) == 1 or world.repeatable
        yield "a takeover before the kill", len(world.boxes) == 1
        yield "dispatched for another's arguments", record.fingerprint == world.boxes[-1].wants


def _may_take_the_place(was: Record, move: Move) -> bool:
    """Whether another call may be made under the free key: not where the very call that has left it free is sent again."""
    if not was.free or move.call is None or move.call.function != "claim":
        return False
    wants, token = move.call.args[0], move.call.args[-1]
    return not token or (wants, token) != (was.fingerprint, was.call)


def _told_of_its_end(was: Record | None, record: Record, told: tuple[Told, ...]) -> bool:
    """Where a review is no longer open, an event of this step says so, or it is the late truth that ended it."""
    if was is None or not was.under_review or record.under_review:
        return True
    return {one.kind for one in told} & {"RESOLVED", "REVIEW_EXPIRED", "RECORDED_LATE"} != set()


def _is_holder(world: World, worker: Worker) -> bool:
    return worker.phase in {Phase.HOLDS, Phase.REFUSED, Phase.PERMITTED} and world.keys.held(worker.fence)


def stuck(found: Explored) -> set[Hashable]:
    """States from which no way leads to an end that leaves nothing to do."""
    leading_to: dict[Hashable, set[Hashable]] = {}
    for state, following in found.edges.items():
        for after in following:
            leading_to.setdefault(after, set()).add(state)
    good = {state for state, world in found.worlds.items() if _settled(world)}
    waiting = deque(good)
    while waiting:
        for before in leading_to.get(waiting.popleft(), ()):
            if before not in good:
                good.add(before)
                waiting.append(before)
    return found.worlds.keys() - good


def _settled(world: World) -> bool:
    record = world.keys.record
    over = record is None or (record.state.ended and not record.under_review)
    return over and not world.boxes


def canonical(world: World) -> Hashable:
    """Two worlds with the same value can do the same things: gateways have no names, and of fences only equality counts."""
    names = _names(world)
    return (
        _record(world, names),
        tuple(sorted(_worker(worker, names) for worker in world.workers)),
        tuple(sorted((names[box.fence], box.wants, box.acted) for box in world.boxes)),
        min(world.effects, 1),
    )


def _names(world: World) -> dict[int, str]:
    """What to call each fence: the newest, the one that was dispatched, one of a box that may send, or just stale."""
    record = world.keys.record
    names: dict[int, str] = {worker.fence: "stale" for worker in world.workers}
    names |= {box.fence: f"box {number}" for number, box in enumerate(sorted(world.boxes, key=lambda box: box.fence))}
    if record is not None:
        if record.dispatching is not None:
            names[record.dispatching] = "dispatched"
        names[record.fence] = "newest and dispatched" if record.dispatching == record.fence else "newest"
    return names


def _record(world: World, names: dict[int, str]) -> Hashable:
    record = world.keys.record
    if record is None:
        return None
    return (
        *(world.now < record.lease, world.now < record.deadline),
        *(record.fingerprint, record.state, record.outcome if _repeats(world, record) else "", record.dispatches > 0),
        names.get(record.dispatching) if record.dispatching is not None else None,
        *(record.box in world.keys.obligations, record.barrier in world.keys.obligations),
        *(record.cancelled, record.events == 1, record.under_review, record.free, record.call),
        *(bool(record.attempts), record.max_attempts - len(record.attempts)),
        bool(record.decisions),
    )


def _repeats(world: World, record: Record) -> bool:
    """Whether a worker is left that may record the end a second time."""
    return any(worker.fence in {record.fence, record.dispatching} for worker in world.workers)


def _worker(worker: Worker, names: dict[int, str]) -> tuple[str, str, str]:
    return worker.phase, worker.wants, names[worker.fence]
