"""How RPCs are made: by coroutines that suspend, or by coroutines that block the thread and never suspend.

The verbs are written once, as coroutines. Over a BlockingTransport none of their awaits suspends, so that `client` can run a
verb from its beginning to its end in one step, without an event loop.
"""

import asyncio
import time
from collections.abc import AsyncGenerator
from typing import Any, Protocol

from callgate.channel import connect, dialer_aio
from callgate.endpoint import Endpoint
from callgate.loop_channel import LoopChannel
from callgate.tracing import end_stream
from callgate.turn import ChannelsInTurn, Turn


class Transport(Protocol):
    """What the verbs need. `channel` is for gRPC's stubs, and `rpc` is a method of such a stub. `turn` says which address is
    asked."""

    channel: Any
    turn: Turn

    async def unary(self, rpc: Any, request: Any, **options: Any) -> Any:
        """The one answer to a request, or to a stream of requests."""

    def stream(self, rpc: Any, request: Any, **options: Any) -> AsyncGenerator[Any, None]:
        """The answers to a request. Closing the generator ends the RPC."""

    async def sleep(self, seconds: float) -> None: ...

    async def close(self) -> None: ...


class AsyncTransport:
    """For asyncio, within one event loop: that of its first RPC. Raises EndpointInvalid."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._channels = [LoopChannel(dialer_aio(one)) for one in endpoint.each()]
        self.turn = Turn(len(self._channels))
        self.channel = ChannelsInTurn(self._channels, self.turn)

    async def unary(self, rpc: Any, request: Any, **options: Any) -> Any:
        return await rpc(request, **options)

    async def stream(self, rpc: Any, request: Any, **options: Any) -> AsyncGenerator[Any, None]:
        call = rpc(request, **options)
        try:
            async for answer in call:
                yield answer
        finally:
            call.cancel()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    async def close(self) -> None:
        for channel in self._channels:
            await channel.close()


class BlockingTransport:
    """For any number of threads. No coroutine of it ever suspends. Raises EndpointInvalid."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._channels = [connect(one) for one in endpoint.each()]
        self.turn = Turn(len(self._channels))
        self.channel = ChannelsInTurn(self._channels, self.turn)

    async def unary(self, rpc: Any, request: Any, **options: Any) -> Any:
        return rpc(request, **options)

    async def stream(self, rpc: Any, request: Any, **options: Any) -> AsyncGenerator[Any, None]:
        call = rpc(request, **options)
        try:
            for answer in call:
                yield answer
        finally:
            end_stream(call)

    async def sleep(self, seconds: float) -> None:
        time.sleep(seconds)  # noqa: ASYNC251 - blocking is the purpose

    async def close(self) -> None:
        for channel in self._channels:
            channel.close()
