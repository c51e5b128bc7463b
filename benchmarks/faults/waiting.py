"""Waiting for what other processes do, which send no event."""

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic

_LOOK_EVERY = 0.02


async def until(condition: Callable[[], Awaitable[object]], seconds: float, every: float = _LOOK_EVERY) -> bool:
    """Return once the condition holds, or the time is over: whether it holds."""
    end = monotonic() + seconds
    while not (holds := await condition()) and monotonic() < end:  # noqa: ASYNC110 - the one place that waits so
        await asyncio.sleep(every)
    return bool(holds)


async def require(condition: Callable[[], Awaitable[object]], seconds: float, what: str) -> None:
    """Return once the condition holds. Raises TimeoutError, which says what did not come about."""
    if not await until(condition, seconds):
        raise TimeoutError(f"{what} did not come about within {seconds:g} s")
