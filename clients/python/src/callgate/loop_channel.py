"""A channel of asyncio's, which belongs to the event loop of its first RPC.

A client may so be made anywhere: as a module is imported, before there is a loop. gRPC itself binds a channel to whatever
loop there is when it is made, and answers an RPC from another one with an error of asyncio's that names no client and no cure.
"""

import asyncio
from collections.abc import Callable
from typing import Any

import grpc.aio

from callgate import checks


class LoopChannel:
    """For gRPC's stubs. An RPC from another event loop than the first one raises RequestInvalid."""

    def __init__(self, connect: Callable[[], Any]) -> None:
        """`connect` makes the channel, in the loop that runs then."""
        self._connect = connect
        self._channel: Any = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed = False

    def unary_unary(self, *args: Any, **kwargs: Any) -> Callable[..., Any]:
        return self._later("unary_unary", *args, **kwargs)

    def unary_stream(self, *args: Any, **kwargs: Any) -> Callable[..., Any]:
        return self._later("unary_stream", *args, **kwargs)

    def stream_unary(self, *args: Any, **kwargs: Any) -> Callable[..., Any]:
        return self._later("stream_unary", *args, **kwargs)

    def stream_stream(self, *args: Any, **kwargs: Any) -> Callable[..., Any]:
        return self._later("stream_stream", *args, **kwargs)

    async def close(self) -> None:
        """Once, in its own loop; a channel without one has nothing to close."""
        self._closed = True
        if self._channel is not None:
            self._require_own_loop()
            await self._channel.close()

    def _later(self, kind: str, *args: Any, **kwargs: Any) -> Callable[..., Any]:
        made: Any = None

        def ask(*request: Any, **options: Any) -> Any:
            nonlocal made
            channel = self._opened()
            made = made or getattr(channel, kind)(*args, **kwargs)
            return made(*request, **options)

        return ask

    def _opened(self) -> Any:
        if self._closed:
            raise grpc.aio.UsageError("Channel is closed.")
        if self._channel is None:
            self._loop, self._channel = asyncio.get_running_loop(), self._connect()
        self._require_own_loop()
        return self._channel

    def _require_own_loop(self) -> None:
        if asyncio.get_running_loop() is not self._loop:
            raise checks.invalid(
                "this AsyncClient was used in another event loop before, and belongs to that one",
                "Make a client in each event loop, of which each `asyncio.run` has one; or take Client, which needs none.",
            )
