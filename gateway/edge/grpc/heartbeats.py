"""Heartbeats: a stream that has nothing to tell says that it is open.

A proxy ends a stream on which nothing was sent for a while, and a client cannot tell that from a gateway that has gone.
"""

import asyncio
from collections.abc import AsyncIterator
from typing import TypeVar

from gateway.edge.grpc.context import Context

T = TypeVar("T")

#: Seconds. Proxies end a silent stream after 30 to 60 s, unless they are told otherwise.
SILENCE = 15.0


async def with_heartbeats(messages: AsyncIterator[T], heartbeat: T, silence: float, context: Context) -> AsyncIterator[T]:
    """The messages, with a heartbeat before them and after each `silence` seconds without one."""
    coming: asyncio.Task[T | None] | None = None

    def end(_: object) -> None:
        """gRPC leaves a generator that is no longer asked to the garbage collector: the wait must end with the RPC."""
        if coming is not None:
            coming.cancel()

    context.add_done_callback(end)  # type: ignore[arg-type] # the stubs want a class of theirs
    yield heartbeat
    while True:
        coming = asyncio.create_task(_next(messages))
        while not (await asyncio.wait({coming}, timeout=silence))[0]:
            yield heartbeat
        if (message := coming.result()) is None:
            return
        yield message


async def _next(messages: AsyncIterator[T]) -> T | None:
    """None at the end: a task that ends with an exception is garbage, with its frames, that only the collector finds."""
    return await anext(messages, None)
