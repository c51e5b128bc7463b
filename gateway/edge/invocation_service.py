"""InvocationService: message in, pipeline, message out. No decisions.

A call runs in a task of its own: it outlives the RPC that began it, since the upstream cannot be told that the caller hung up.
"""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from typing import Any, TypeAlias, TypeVar

import grpc

from callgate.v1 import invocation_service_pb2 as pb
from callgate.v1.invocation_service_pb2_grpc import InvocationServiceServicer
from gateway.edge import wire
from gateway.edge.authentication import Authentication
from gateway.errors import ShuttingDown
from gateway.invoker import Invoker
from gateway.principal import Principal
from gateway.records.ledger import Ledger

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"
T = TypeVar("T")


class InvocationEdge(InvocationServiceServicer):
    def __init__(self, authentication: Authentication, invoker: Invoker, ledger: Ledger) -> None:
        self._authentication = authentication
        self._invoker = invoker
        self._ledger = ledger
        self._calls: set[asyncio.Task[Any]] = set()
        self._draining = False

    async def Invoke(self, request: pb.InvokeRequest, context: Context) -> pb.InvokeResponse:
        principal = self._principal(context)
        if self._draining:
            raise ShuttingDown("this gateway is shutting down")
        answered = await self._outliving(self._invoker.invoke(principal, wire.call_from(request)))
        return pb.InvokeResponse(invocation=wire.invocation(answered.invocation, replayed=answered.replayed))

    async def GetInvocation(self, request: pb.GetInvocationRequest, context: Context) -> pb.GetInvocationResponse:
        found = await self._invoker.read(self._principal(context), request.id)
        return pb.GetInvocationResponse(invocation=wire.invocation(found))

    async def WatchInvocation(
        self, request: pb.WatchInvocationRequest, context: Context
    ) -> AsyncIterator[pb.WatchInvocationResponse]:
        principal = self._principal(context)
        await self._invoker.read(principal, request.id)
        events = self._ledger.events(principal.tenant, request.id, after=request.after, settled=request.until_settled)
        async for event in events:
            yield pb.WatchInvocationResponse(event=wire.event(event))

    async def CancelInvocation(self, request: pb.CancelInvocationRequest, context: Context) -> pb.CancelInvocationResponse:
        cancelled = await self._invoker.cancel(self._principal(context), request.id)
        return pb.CancelInvocationResponse(invocation=wire.invocation(cancelled))

    async def drain(self, grace: float) -> None:
        """Take no new calls, and wait up to `grace` seconds for those under way. The rest is left to the ledger's recovery."""
        self._draining = True
        if self._calls:
            _, left = await asyncio.wait(self._calls, timeout=grace)
            for call in left:
                call.cancel()

    def _principal(self, context: Context) -> Principal:
        return self._authentication.authenticate(context.invocation_metadata() or ())

    async def _outliving(self, call: Coroutine[Any, Any, T]) -> T:
        task = asyncio.create_task(call)
        self._calls.add(task)
        task.add_done_callback(self._calls.discard)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            task.add_done_callback(_see)
            raise


def _see(task: asyncio.Task[Any]) -> None:
    """Look at the result of a call whose caller is gone: the ledger has it, and asyncio would complain of an unseen error."""
    if not task.cancelled():
        task.exception()
