"""What a permit answers: the seconds in which the request may begin to be sent, or none."""

import asyncio


async def granted() -> float | None:
    return 5.0


async def refused() -> float | None:
    return None


async def ended_already() -> float | None:
    return 0.0


async def never() -> float | None:
    await asyncio.Event().wait()
    return None
