"""Answers with one wrong leaf, of schemas that make a validator work; and large ones, up to the bound."""

from benchmarks.hostile.repeating import repeat
from benchmarks.hostile.schemas import CASES
from benchmarks.hostile.target import Target
from benchmarks.hostile.upstream import LARGE
from callgate import AsyncClient

AT_ONCE = 4


async def attack(target: Target, seconds: float) -> int:
    tools = [f"answer_{number}" for number in range(CASES)] + [f"answer_large_{name}" for name in LARGE]
    async with AsyncClient(target.gateway, token=target.token) as client:
        return await repeat(seconds, AT_ONCE, lambda number: _call(client, tools[-1 - number % len(tools)]), least=len(tools))


async def _call(client: AsyncClient, tool: str) -> None:
    await client.call(tool, {}, timeout=30.0)
