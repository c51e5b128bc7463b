"""How long others waited: the longest time that the event loop did not come round."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from time import monotonic

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
            before = monotonic()
            await asyncio.sleep(EVERY)
            lag.worst = max(lag.worst, monotonic() - before - EVERY)

    ticking = asyncio.create_task(tick())
    await asyncio.sleep(EVERY)
    yield lag
    await asyncio.sleep(EVERY)
    ticking.cancel()
