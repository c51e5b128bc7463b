"""A thousand watchers of calls that are under way."""

import asyncio
from contextlib import AsyncExitStack
from time import monotonic

from benchmarks.hostile.repeating import Tally, refusals
from benchmarks.hostile.target import Target
from callgate import AsyncClient
from callgate.keys import new_key

WATCHERS = 1_000
#: Of one connection, which takes 256 streams.
CONNECTIONS = 5
CALLS = 4


async def attack(target: Target, seconds: float) -> int:
    tally = Tally()
    async with AsyncExitStack() as open_:
        clients = [await open_.enter_async_context(AsyncClient(target.gateway, token=target.token)) for _ in range(CONNECTIONS)]
        keys = [new_key() for _ in range(CALLS)]
        calls = [asyncio.create_task(_call(clients[0], key, tally)) for key in keys]
        await asyncio.sleep(1.0)  # until they are under way
        found = [one.id for one in [await clients[0].invocations.find(key) for key in keys] if one is not None]
        end = monotonic() + seconds
        watches = (_watch(clients[n % CONNECTIONS], found[n % len(found)], end, tally) for n in range(WATCHERS if found else 0))
        await asyncio.gather(*watches)
        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)
    return tally.made


async def _call(client: AsyncClient, key: str, tally: Tally) -> None:
    with refusals(tally):
        await client.call("slow", {}, key=key, timeout=60.0)


async def _watch(client: AsyncClient, id: str, end: float, tally: Tally) -> None:
    """Watches from the first event on, and again once it has seen some."""
    while (left := end - monotonic()) > 0:
        tally.made += 1
        with refusals(tally):
            async for _ in client.invocations.handle(id).watch(timeout=min(left, 2.0)):
                pass
