"""Answers whose headers are long, many, or written so that a pattern must look far."""

from benchmarks.hostile.repeating import repeat
from benchmarks.hostile.target import Target
from benchmarks.hostile.upstream import HEADERS
from callgate import AsyncClient

AT_ONCE = 4


async def attack(target: Target, seconds: float) -> int:
    tools = [f"headers_{name}" for name in HEADERS]
    async with AsyncClient(target.gateway, token=target.token) as client:
        return await repeat(seconds, AT_ONCE, lambda number: _call(client, tools[number % len(tools)]))


async def _call(client: AsyncClient, tool: str) -> None:
    await client.call(tool, {}, timeout=30.0)
