"""How much of the gateway's memory a tenant may take with messages: what it sends, of streams until the RPC has ended, and
answers that its clients do not take.

A client that opens many RPCs and reads nothing would have each answer kept for it, and one that sends many documents each of
them.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, TypeAlias

import grpc

from gateway.edge.grpc.admission import OURS
from gateway.edge.grpc.authentication import Authentication
from gateway.edge.grpc.context import Context
from gateway.edge.grpc.wrapping import Behaviour
from gateway.model.errors import BudgetExhausted, RequestInvalid

#: Bytes of a tenant: two of the largest documents, or one recording; and 16 answers of 1 MiB, each of which a client that reads
#: takes within milliseconds.
SENT, UNTAKEN = 100 << 20, 16 << 20

#: Single requests of a tenant that are read at one time, and the seconds in which each must have come.
READ, SECONDS = 16, 30.0

#: Streams whose messages are not kept: each is gone before the next one is read.
PASSING = frozenset({"/callgate.v1.ArtifactService/PutArtifact"})

#: From the messages, a tenant and the RPC's context to what the method is called with.
Read: TypeAlias = Callable[[AsyncIterator[Any], str, Context], Awaitable[Any]]


class HeldBytes:
    """`what` names them in the plural."""

    def __init__(self, what: str, most: int) -> None:
        self._what = what
        self._most = most
        self._held: Counter[str] = Counter()

    def take(self, tenant: str, size: int) -> None:
        """Raises BudgetExhausted where the tenant has too many; one message alone is never too large."""
        held = self._held[tenant]
        if held and held + size > self._most:
            raise BudgetExhausted(f"this gateway keeps {held:,} bytes of {self._what} of this tenant already")
        self._held[tenant] += size

    def give_back(self, tenant: str, size: int) -> None:
        self._held[tenant] -= size
        if not self._held[tenant]:
            del self._held[tenant]


class HeldByRpc:
    """What one RPC of a tenant holds. All of it is given back when the RPC ends in whatever way."""

    def __init__(self, of: HeldBytes, tenant: str, context: Context) -> None:
        self._of = of
        self._tenant = tenant
        self._size = 0
        context.add_done_callback(lambda _: self.give_back())  # type: ignore[arg-type] # the stubs want a class of theirs

    def take(self, message: Any) -> None:
        """Raises BudgetExhausted."""
        size = message.ByteSize()
        self._of.take(self._tenant, size)
        self._size += size

    def give_back(self) -> None:
        size, self._size = self._size, 0
        if size:
            self._of.give_back(self._tenant, size)


class MessageMemory(grpc.aio.ServerInterceptor):
    """Within the boundary, which makes a status of a refusal, and within the admission.

    The message of a single request is read as a stream's: gRPC would gather it before its method is called, for any number of
    requests, and wait for its end for ever. A tenant that sends many large ones waits for itself.
    """

    def __init__(
        self, authentication: Authentication, *, sent: int = SENT, untaken: int = UNTAKEN, seconds: float = SECONDS
    ) -> None:
        self._authentication = authentication
        self._sent = HeldBytes("what was sent in streams", sent)
        self._untaken = HeldBytes("answers that were not taken", untaken)
        self._seconds = seconds
        self._reading: defaultdict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(READ))

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Any]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Any:
        found: Any = await continuation(handler_call_details)
        if found is None or not handler_call_details.method.startswith(OURS):
            return found
        of_streams = self._passing if handler_call_details.method in PASSING else self._counted
        read = of_streams if found.request_streaming else self._single
        answers = self._streaming if found.response_streaming else self._unary
        make = grpc.stream_stream_rpc_method_handler if found.response_streaming else grpc.stream_unary_rpc_method_handler
        behaviour = found.unary_unary or found.unary_stream or found.stream_unary or found.stream_stream
        return make(
            answers(behaviour, read),
            request_deserializer=found.request_deserializer,
            response_serializer=found.response_serializer,
        )

    def _unary(self, behaviour: Behaviour, read: Read) -> Behaviour:
        async def held(messages: AsyncIterator[Any], context: Context) -> Any:
            tenant = self._authentication.caller(context).principal.tenant
            answer = await behaviour(await read(messages, tenant, context), context)
            HeldByRpc(self._untaken, tenant, context).take(answer)
            return answer

        return held

    def _streaming(self, behaviour: Behaviour, read: Read) -> Behaviour:
        async def held(messages: AsyncIterator[Any], context: Context) -> AsyncIterator[Any]:
            tenant = self._authentication.caller(context).principal.tenant
            request, untaken = await read(messages, tenant, context), HeldByRpc(self._untaken, tenant, context)
            async for message in behaviour(request, context):
                untaken.take(message)
                yield message
                untaken.give_back()

        return held

    async def _single(self, messages: AsyncIterator[Any], tenant: str, _context: Context) -> Any:
        """Raises RequestInvalid."""
        async with self._reading[tenant]:
            try:
                async with asyncio.timeout(self._seconds):
                    return await anext(messages)
            except (TimeoutError, StopAsyncIteration):
                raise RequestInvalid(f"the request did not come to its end in {self._seconds:.0f} s") from None

    async def _counted(self, messages: AsyncIterator[Any], tenant: str, context: Context) -> AsyncIterator[Any]:
        return self._counting(messages, HeldByRpc(self._sent, tenant, context))

    async def _passing(self, messages: AsyncIterator[Any], tenant: str, context: Context) -> AsyncIterator[Any]:
        return self._one_by_one(messages, HeldByRpc(self._sent, tenant, context))

    async def _one_by_one(self, messages: AsyncIterator[Any], sent: HeldByRpc) -> AsyncIterator[Any]:
        async for message in messages:
            sent.take(message)
            yield message
            sent.give_back()

    async def _counting(self, messages: AsyncIterator[Any], sent: HeldByRpc) -> AsyncIterator[Any]:
        async for message in messages:
            sent.take(message)
            yield message
