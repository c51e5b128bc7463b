"""How long others waited: the longest time that the event loop did not come round.

What counts is the processor time that the loop's thread took meanwhile: on a busy machine the thread itself may wait, for which
no caller is to blame.
"""

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from time import monotonic, thread_time

EVERY = 0.002


@dataclass(slots=True)
class Lag:
    """In seconds."""

    worst: float = 0.0


@asynccontextmanager
async def measured_lag() -> AsyncIterator[Lag]:
    lag = Lag()

    async def tick() -> None:
        while True:
            before, worked = monotonic(), thread_time()
            await asyncio.sleep(EVERY)
            lag.worst = max(lag.worst, min(monotonic() - before - EVERY, thread_time() - worked))

    # As a gateway does once it has started: what the tests before have left is none of what is measured.
    gc.collect()
    gc.freeze()
    ticking = asyncio.create_task(tick())
    await asyncio.sleep(EVERY)
    try:
        yield lag
        await asyncio.sleep(EVERY)
    finally:
        ticking.cancel()
        gc.unfreeze()
