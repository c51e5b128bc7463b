"""How attacks go on for some seconds."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import monotonic

import grpc

from callgate import CallgateError

#: Seconds of one attack; a gateway may leave an attacker waiting for ever.
LONGEST = 30.0


@dataclass(slots=True)
class Tally:
    """How often an attack was made, and how often it was refused."""

    made: int = 0
    refused: int = 0


async def repeat(seconds: float, at_once: int, act: Callable[[int], Awaitable[None]], *, least: int = 0) -> int:
    """Call `act` with 0, 1, … from so many tasks, until the time is over, and as often as it must be at `least`.

    Waits for what was begun. Returns how often it was called.
    """
    end, tally = monotonic() + seconds, Tally()

    async def go_on() -> None:
        while monotonic() < end or tally.made < least:
            number, tally.made = tally.made, tally.made + 1
            with refusals(tally):
                async with asyncio.timeout(LONGEST):
                    await act(number)

    await asyncio.gather(*(go_on() for _ in range(at_once)))
    return tally.made


@contextmanager
def refusals(tally: Tally) -> Iterator[None]:
    """An attack that is refused is made all the same."""
    try:
        yield
    except (CallgateError, grpc.RpcError, OSError, EOFError, TimeoutError):
        tally.refused += 1
