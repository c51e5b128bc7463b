"""What needs no token, such as health: few requests of strangers are read at one time, hosts take turns, and none is long.

The message of a single request is gathered before its method is called, up to the largest size that any may have. Who sends
many, and none to its end, would have the gateway's memory. As a stream's, a message is gathered when it is asked for.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import grpc

from gateway.edge.door.peers import peer_of
from gateway.edge.grpc.admission import OURS
from gateway.edge.grpc.context import Context
from gateway.edge.grpc.failed_logins import host_of
from gateway.edge.grpc.fair_turns import FairTurns

#: Requests that are read at one time, and those of one host that may wait for that.
READ, WAITING = 8, 256
#: Seconds that one may take, and its bytes.
SECONDS, BYTES = 2.0, 1000


class Strangers(grpc.aio.ServerInterceptor):
    """Within the boundary, which makes a status of a refusal."""

    def __init__(self, read: int = READ, seconds: float = SECONDS) -> None:
        self._turns = FairTurns("requests without a token", most=read, line=WAITING)
        self._seconds = seconds

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Any]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Any:
        found: Any = await continuation(handler_call_details)
        if found is None or found.request_streaming or handler_call_details.method.startswith(OURS):
            return found

        async def bounded(messages: AsyncIterator[Any], context: Context) -> AsyncIterator[Any]:
            request = await self._read(messages, context)
            if not found.response_streaming:
                yield await found.unary_unary(request, context)
                return
            async for message in found.unary_stream(request, context):
                yield message

        return grpc.stream_stream_rpc_method_handler(
            bounded, request_deserializer=found.request_deserializer, response_serializer=found.response_serializer
        )

    async def _read(self, messages: AsyncIterator[Any], context: Context) -> Any:
        request = None
        async with self._turns.turn(host_of(peer_of(context))):
            try:
                async with asyncio.timeout(self._seconds):
                    request = await anext(messages, None)
            except TimeoutError:
                await context.abort(grpc.StatusCode.DEADLINE_EXCEEDED, "the request did not come to its end in time")
        if request is None or request.ByteSize() > BYTES:
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, f"a request without a token has at most {BYTES:,} bytes")
        return request
