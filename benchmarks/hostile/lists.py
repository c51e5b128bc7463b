"""Clients that list more than a thousand tools, again and again."""

from benchmarks.hostile.repeating import repeat
from benchmarks.hostile.target import Target
from callgate import AsyncClient

AT_ONCE = 4


async def attack(target: Target, seconds: float) -> int:
    async with AsyncClient(target.gateway, token=target.token) as client:
        return await repeat(seconds, AT_ONCE, lambda _: _list(client))


async def _list(client: AsyncClient) -> None:
    async for _ in client.tools.list():
        pass
