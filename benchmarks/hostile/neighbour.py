"""No attack: a tenant that makes ordinary calls as fast as its four callers can, from the same processors."""

from benchmarks.hostile.repeating import repeat
from benchmarks.hostile.target import Target
from callgate import AsyncClient

TOOL = "ordinary"


async def attack(target: Target, seconds: float) -> int:
    async with AsyncClient(target.gateway, token=target.token) as client:
        return await repeat(seconds, 4, lambda _: _call(client))


async def _call(client: AsyncClient) -> None:
    await client.call(TOOL, {"word": "hinge"})
