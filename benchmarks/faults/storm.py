"""Lets callers, injuries and failovers loose on one arena at the same time."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from itertools import cycle
from math import inf
from random import Random
from time import monotonic

import structlog

from benchmarks.faults.arena import Arena
from benchmarks.faults.callers import Callers
from benchmarks.faults.failovers import Failover, Tail, lose_tail
from benchmarks.faults.injuries import Injury
from benchmarks.faults.waiting import until

log = structlog.get_logger(__name__)

CALLERS = 12
#: Seconds between two injuries of one sequence: while some have not struck, and afterwards. Without a pause, no call would get
#: as far as its middle.
_RESPITE, _LONG_RESPITE = 0.4, 3.0
_REPORT_EVERY = 15.0
#: How often an injury may miss its moment before the storm goes on without it and logs that.
_CHANCES = 4


@dataclass(frozen=True, slots=True)
class Plan:
    """What must have happened before a storm is over. `tails` come in turns until there are so many `failovers`."""

    calls: int
    injuries: Sequence[Injury]
    tails: Sequence[Tail]
    failovers: int


@dataclass
class Storm:
    """What the storm did. `struck` and `missed` count injuries by kind and place."""

    callers: Callers
    struck: Counter[tuple[str, str]] = field(default_factory=Counter)
    missed: Counter[tuple[str, str]] = field(default_factory=Counter)
    failovers: list[Failover] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def given_up(self) -> bool:
        return self.callers.given_up.is_set()


async def rage(arena: Arena, plan: Plan, dice: Random) -> Storm:
    """Go on until there are calls enough, every injury has struck, and every failover has come."""
    storm = Storm(Callers(arena, dice))
    started, over = monotonic(), asyncio.Event()
    sides = [_Hand([one for one in plan.injuries if one.at_gateways is side]) for side in (True, False)]

    async def caller() -> None:
        while not (storm.given_up or (over.is_set() and len(storm.callers.calls) >= plan.calls)):
            await storm.callers.make()

    async def hurt() -> None:
        async with asyncio.TaskGroup() as hands:
            for hand in sides:
                hands.create_task(_inflict(storm, arena, hand, plan, dice))
            hands.create_task(_fail_over(storm, arena, sides, plan, dice))
        over.set()

    async with asyncio.TaskGroup() as group:
        reporting = group.create_task(_report(storm))
        work = [group.create_task(caller()) for _ in range(CALLERS)] + [group.create_task(hurt())]
        await asyncio.wait(work)
        await storm.callers.finish()
        reporting.cancel()
    storm.seconds = monotonic() - started
    return storm


@dataclass(frozen=True, slots=True)
class _Hand:
    """Injuries of which one is under way at a time, and none while the store fails over."""

    injuries: list[Injury]
    busy: asyncio.Lock = field(default_factory=asyncio.Lock)


async def _inflict(storm: Storm, arena: Arena, hand: _Hand, plan: Plan, dice: Random) -> None:
    """Inflict all injuries, in a new order each time, until there are calls enough. One that missed gets another chance."""
    every = hand.injuries
    while every and not storm.given_up:
        left = [one for one in every if not storm.struck[one.kind, one.place] and storm.missed[one.kind, one.place] < _CHANCES]
        if not left and _is_enough(storm, plan):
            return
        respite = _RESPITE if left else _LONG_RESPITE
        for injury in dice.sample(left or every, len(left or every)):
            await asyncio.sleep(dice.uniform(0, 2 * respite))
            if storm.given_up or (not left and _is_enough(storm, plan)):
                return
            async with hand.busy:
                struck = await injury.inflict(arena, dice)
            (storm.struck if struck else storm.missed)[injury.kind, injury.place] += 1


def _is_enough(storm: Storm, plan: Plan) -> bool:
    return len(storm.callers.calls) >= plan.calls and len(storm.failovers) >= plan.failovers


async def _fail_over(storm: Storm, arena: Arena, sides: Sequence[_Hand], plan: Plan, dice: Random) -> None:
    for tail in cycle(plan.tails):
        if storm.given_up or len(storm.failovers) >= plan.failovers:
            return
        await asyncio.sleep(dice.uniform(0, 2 * _LONG_RESPITE))
        await until(lambda: _is_due(storm, plan), inf)
        async with AsyncExitStack() as alone:
            for hand in sides:
                await alone.enter_async_context(hand.busy)
            storm.failovers.append(await lose_tail(tail, arena, storm.callers, dice))


async def _is_due(storm: Storm, plan: Plan) -> bool:
    """Whether as great a share of the calls has come as of the failovers: they are spread over the storm."""
    return storm.given_up or len(storm.callers.calls) * plan.failovers >= plan.calls * len(storm.failovers)


async def _report(storm: Storm) -> None:
    while True:
        await asyncio.sleep(_REPORT_EVERY)
        log.info(
            "raging",
            calls=len(storm.callers.calls),
            answered=sum(call.first is not None for call in storm.callers.calls),
            injuries=storm.struck.total(),
            failovers=len(storm.failovers),
            missed=[" ".join(one) for one in storm.missed if not storm.struck[one]],
        )
