"""Arguments with one wrong leaf, for schemas that make a validator work; and large ones, dense and deep, up to the bound."""

import json
from typing import Any

from benchmarks.hostile.repeating import repeat
from benchmarks.hostile.target import Target
from benchmarks.hostile.tools import Probe, probes
from callgate import AsyncClient

AT_ONCE = 4
#: Bytes, close below the most that arguments may have.
MOST = 1_000_000


async def attack(target: Target, seconds: float) -> int:
    calls = [*probes(), *large()]
    async with AsyncClient(target.gateway, token=target.token) as client:
        return await repeat(seconds, AT_ONCE, lambda number: _call(client, calls[number % len(calls)]), least=len(calls))


def large() -> list[Probe]:
    """Each as large as arguments may be: many values, many texts, one text, numbers that take long to write, names to sort."""
    values: list[Any] = [
        [0] * 49_000,
        ["x" * 14] * 49_000,
        "x" * MOST,
        "\\" * (MOST // 2),
        [1.234567890123456e-77] * 40_000,
        {f"\U0001f600 name number {number:06}": {} for number in range(20_000)},
        [[[[[[]]]]]] * 9_000,
    ]
    return [
        Probe("take_anything", value) for value in values if len(json.dumps(value, ensure_ascii=False).encode()) < MOST + 16
    ]


async def _call(client: AsyncClient, probe: Probe) -> None:
    await client.call(probe.tool, {"body": probe.wrong}, timeout=30.0)
