"""Transitions that must be made: what has happened upstream must not be forgotten because the store is away."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog

from gateway.model.errors import StoreUnavailable

log = structlog.get_logger(__name__)
T = TypeVar("T")

#: Seconds between two tries.
EVERY = 0.2


async def until_stored(transition: Callable[[], Awaitable[T]]) -> T:
    """Make a transition, for as long as it takes.

    A transition whose reply was lost, and that has taken place, ends in Fenced: then the record tells the rest.
    """
    while True:
        try:
            return await transition()
        except StoreUnavailable as error:
            log.warning("transition_not_recorded_yet", error=str(error))
            await asyncio.sleep(EVERY)
