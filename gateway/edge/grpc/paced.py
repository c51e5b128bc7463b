"""Lists of tools, a few at a time: between two steps the gateway does what else it has to do, and calls of others go on."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

#: Tools that are read and written at once: one or two milliseconds of work, where tools are of usual size.
STEP = 8
#: Seconds between two steps. A call takes some fifteen turns of the event loop, and must not meet a step in each.
PAUSE = 0.005
#: A page ends with the message that crosses this: to write it takes another millisecond.
MOST_BYTES = 1 << 20

T = TypeVar("T")


async def page_of(
    read: Callable[[str, int], Awaitable[Sequence[T]]], message: Callable[[T], Any], after: str, size: int
) -> tuple[list[Any], str]:
    """Up to `size` messages, and where the next page begins; empty where there is none.

    `read` is given a name and how many are wanted, and returns the next in the order of their names: fewer where these are the
    last. A message has a `name`.
    """
    messages: list[Any] = []
    left = MOST_BYTES
    while True:
        found = await read(after, STEP)
        for one in found:
            if len(messages) == size or left < 0:
                return messages, messages[-1].name
            messages.append(message(one))
            left -= messages[-1].ByteSize()
        if len(found) < STEP:
            return messages, ""
        after = messages[-1].name
        await asyncio.sleep(PAUSE)
