"""Lets callers and injuries loose on one arena at the same time."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from random import Random
from time import monotonic

import structlog

from benchmarks.faults.arena import Arena
from benchmarks.faults.callers import Callers
from benchmarks.faults.injuries import Injury

log = structlog.get_logger(__name__)

CALLERS = 12
#: Seconds between two injuries of one sequence: while some have not struck, and afterwards. Without a pause, no call would get
#: as far as its middle.
_RESPITE, _LONG_RESPITE = 0.4, 3.0
_REPORT_EVERY = 15.0
#: How often an injury may miss its moment before the storm goes on without it and logs that.
_CHANCES = 4


@dataclass
class Storm:
    """What the storm did. `struck` and `missed` count injuries by kind and place."""

    callers: Callers
    struck: Counter[tuple[str, str]] = field(default_factory=Counter)
    missed: Counter[tuple[str, str]] = field(default_factory=Counter)
    seconds: float = 0.0


async def rage(arena: Arena, calls: int, every: Sequence[Injury], dice: Random) -> Storm:
    """Make at least so many calls, and go on until every injury has struck."""
    storm = Storm(Callers(arena, dice))
    started, over, numbers = monotonic(), asyncio.Event(), count()
    hands = [[one for one in every if one.at_gateways is side] for side in (True, False)]

    def enough() -> bool:
        return over.is_set() and len(storm.callers.calls) >= calls

    async def caller() -> None:
        while not enough():
            await storm.callers.make(next(numbers))

    async def hurt() -> None:
        async with asyncio.TaskGroup() as both:
            for hand in hands:
                both.create_task(_inflict(storm, arena, hand, calls, dice))
        over.set()

    async with asyncio.TaskGroup() as group:
        reporting = group.create_task(_report(storm))
        work = [group.create_task(caller()) for _ in range(CALLERS)] + [group.create_task(hurt())]
        await asyncio.wait(work)
        reporting.cancel()
    storm.seconds = monotonic() - started
    return storm


async def _inflict(storm: Storm, arena: Arena, hand: list[Injury], calls: int, dice: Random) -> None:
    """Inflict all injuries, in a new order each time, until there are calls enough. One that missed gets another chance."""
    while True:
        left = [one for one in hand if not storm.struck[one.kind, one.place] and storm.missed[one.kind, one.place] < _CHANCES]
        if not left and len(storm.callers.calls) >= calls:
            return
        respite = _RESPITE if left else _LONG_RESPITE
        for injury in dice.sample(left or hand, len(left or hand)):
            await asyncio.sleep(dice.uniform(0, 2 * respite))
            struck = await injury.inflict(arena, dice)
            (storm.struck if struck else storm.missed)[injury.kind, injury.place] += 1


async def _report(storm: Storm) -> None:
    while True:
        await asyncio.sleep(_REPORT_EVERY)
        answered = sum(call.answer is not None for call in storm.callers.calls)
        log.info(
            "raging",
            calls=len(storm.callers.calls),
            answered=answered,
            injuries=storm.struck.total(),
            missed=[" ".join(one) for one in storm.missed if not storm.struck[one]],
        )
