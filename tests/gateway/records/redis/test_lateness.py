"""How late the event loop was: next to nothing where it is at rest, and most of the time where it is overloaded."""

import asyncio
from time import monotonic

from gateway.records.redis.wire.lateness import TICK, LoopLateness
from tests.gateway.records.troubles import work


async def elapsed(seconds: float, lateness: LoopLateness) -> float:
    """How late the loop was in the next `seconds`."""
    begun = monotonic()
    lateness.watch()
    await asyncio.wait([asyncio.create_task(asyncio.sleep(seconds))])
    return lateness.since(begun)


async def test_a_loop_with_much_to_do_is_late_and_one_at_rest_is_not() -> None:
    lateness = LoopLateness()
    at_rest = await elapsed(0.3, lateness)
    working = [asyncio.create_task(work()) for _ in range(6)]
    overloaded = await elapsed(0.6, lateness)
    for task in working:
        task.cancel()
    await asyncio.wait(working)
    lateness.stop()
    assert overloaded > 0.2
    assert at_rest < overloaded / 2


async def test_what_was_late_before_does_not_count() -> None:
    lateness = LoopLateness()
    lateness.watch()
    end = monotonic() + 0.3
    while monotonic() < end:
        pass
    assert lateness.since(monotonic() - 1.0) > 0.2, "a tick that is overdue counts"
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert lateness.since(monotonic()) < TICK
    lateness.stop()


async def test_a_gateway_at_rest_is_not_woken() -> None:
    lateness = LoopLateness()
    lateness.watch()
    async with asyncio.timeout(5.0):
        while lateness._next is not None:
            await asyncio.sleep(TICK)
