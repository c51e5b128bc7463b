"""Lists of tools, a few at a time: between two steps the gateway does what else it has to do, and calls of others go on."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

#: Tools that are read and written at once: one or two milliseconds of work, where tools are of usual size.
STEP = 8
#: Seconds between two steps. A call takes some fifteen turns of the event loop, and must not meet a step in each.
PAUSE = 0.005
#: A page ends with the message that crosses this: to write it takes another millisecond.
MOST_BYTES = 1 << 20
#: Of one page so many are looked at, be they wanted or not.
MOST_LOOKS = 2_000

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Source(Generic[T]):
    """What is listed. `read` is given a name and how many are asked for, and returns the next in the order of their names:
    fewer where these are the last. `wanted` are those that the list has. `finish`
    makes a message what it is to be, beside the event loop."""

    read: Callable[[str, int], Awaitable[Sequence[T]]]
    name: Callable[[T], str]
    wanted: Callable[[T], bool]
    message: Callable[[T], Any]
    finish: Callable[[Any], Awaitable[Any]] | None = None


async def page_of(source: Source[T], after: str, size: int) -> tuple[list[Any], str]:
    """Up to `size` messages, and where the next page begins; empty where there is none."""
    messages: list[Any] = []
    left, looks = MOST_BYTES, MOST_LOOKS
    while True:
        found = await source.read(after, STEP)
        for one in found:
            if len(messages) == size or left < 0 or not looks:
                return messages, after
            after, looks = source.name(one), looks - 1
            if source.wanted(one):
                message = source.message(one)
                messages.append(await source.finish(message) if source.finish else message)
                left -= messages[-1].ByteSize()
        if len(found) < STEP:
            return messages, ""
        await asyncio.sleep(PAUSE)
