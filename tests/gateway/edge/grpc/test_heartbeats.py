"""A silent stream says that it is open, over a real port."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from typing import Any

import grpc
import pytest

from callgate import AsyncClient
from callgate.v1.catalog_service_pb2 import ImportHeader, ImportToolsetRequest
from callgate.v1.catalog_service_pb2_grpc import CatalogServiceStub
from callgate.v1.invocation_service_pb2 import WatchInvocationRequest, WatchInvocationResponse
from callgate.v1.invocation_service_pb2_grpc import InvocationServiceStub
from gateway.edge.grpc.heartbeats import with_heartbeats
from gateway.pipeline.call import Answered
from tests.conftest import Until
from tests.gateway.edge.grpc.serving import TOKEN, Serve

METADATA = (("authorization", f"Bearer {TOKEN}"),)
KEY = "k" * 16
BEAT = "a heartbeat"
DOCUMENT = b"""{"openapi": "3.1.0", "info": {"title": "T", "version": "1"}, "paths": {"/a": {"get": {"operationId": "a",
"responses": {"200": {"description": "An answer."}}}}}}"""


class Rpc:
    """What gRPC would hand over, as far as heartbeats look at it."""

    def __init__(self) -> None:
        self._ends: list[Callable[[object], None]] = []

    def add_done_callback(self, callback: Callable[[object], None]) -> None:
        self._ends.append(callback)

    def end(self) -> None:
        for callback in self._ends:
            callback(self)


async def several(*messages: str) -> AsyncIterator[str]:
    for message in messages:
        yield message


async def hang(begun: asyncio.Event, ended: asyncio.Event) -> AsyncIterator[str]:
    begun.set()
    try:
        await asyncio.Event().wait()
        yield "never"
    finally:
        ended.set()


def beating(messages: AsyncIterator[str], rpc: Any, silence: float) -> AsyncIterator[str]:
    return with_heartbeats(messages, BEAT, silence, rpc)


async def test_a_heartbeat_opens_the_stream_and_none_stands_between_quick_messages() -> None:
    told = [message async for message in beating(several("1", "2", "3"), Rpc(), 60.0)]
    assert told == [BEAT, "1", "2", "3"]


async def test_silence_carries_heartbeats_and_loses_no_message() -> None:
    go_on = asyncio.Event()

    async def slow() -> AsyncIterator[str]:
        yield "1"
        await go_on.wait()
        yield "2"

    told = list[str]()
    async for message in beating(slow(), Rpc(), 0.01):
        told.append(message)
        if told.count(BEAT) == 5:
            go_on.set()
    assert [message for message in told if message != BEAT] == ["1", "2"]
    assert told.count(BEAT) >= 5


async def test_an_error_of_the_stream_comes_through() -> None:
    async def broken() -> AsyncIterator[str]:
        yield "1"
        raise LookupError("of the ledger")

    with pytest.raises(LookupError):
        _ = [message async for message in beating(broken(), Rpc(), 60.0)]


async def test_the_wait_ends_with_the_rpc_although_the_generator_is_asked_no_more() -> None:
    begun, ended, rpc = asyncio.Event(), asyncio.Event(), Rpc()
    stream = beating(hang(begun, ended), rpc, 0.001)
    assert [await anext(stream), await anext(stream)] == [BEAT, BEAT]
    assert begun.is_set()
    rpc.end()
    async with asyncio.timeout(5):
        await ended.wait()


async def never_end() -> Answered:
    await asyncio.Event().wait()
    raise AssertionError


async def test_a_quiet_invocation_sends_heartbeats_that_the_sdk_keeps_to_itself(serve: Serve) -> None:
    served = await serve(never_end, silence=0.1)
    async with AsyncClient(served.address, token=TOKEN) as client:
        begun = await client.call("t", {}, key=KEY, wait=0)
        stub = InvocationServiceStub(served.channel)
        raw = stub.WatchInvocation(WatchInvocationRequest(id=begun.id), metadata=METADATA)
        kinds = [await _kind(raw) for _ in range(5)]
        assert kinds == ["heartbeat", "event", "heartbeat", "heartbeat", "heartbeat"]
        raw.cancel()
        async with aclosing(client.invocations.handle(begun.id).watch()) as events:  # type: ignore[type-var] # it is a generator
            assert (await anext(events)).number == 1
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.5):
                    await anext(events)


async def test_a_watcher_that_hangs_up_leaves_no_task_behind(serve: Serve, until: Until) -> None:
    served = await serve(never_end, silence=0.05)
    async with AsyncClient(served.address, token=TOKEN) as client:
        begun = await client.call("t", {}, key=KEY, wait=0)
    raw = InvocationServiceStub(served.channel).WatchInvocation(WatchInvocationRequest(id=begun.id), metadata=METADATA)
    assert [await _kind(raw) for _ in range(3)] == ["heartbeat", "event", "heartbeat"]
    assert waiting_tasks() > 0
    raw.cancel()
    await until(lambda: waiting_tasks() == 0)


def waiting_tasks() -> int:
    """The tasks that wait for a stream's next message."""
    return sum("_next" in repr(task.get_coro()) for task in asyncio.all_tasks())


async def _kind(raw: Any) -> str:
    answer: WatchInvocationResponse = await raw.read()
    return str(answer.WhichOneof("kind"))


async def test_an_import_sends_heartbeats_from_the_documents_arrival_on(catalog: str) -> None:
    async with grpc.aio.insecure_channel(catalog) as channel:
        header = ImportHeader(toolset="orders", server="https://api.example")
        requests = iter([ImportToolsetRequest(header=header), ImportToolsetRequest(chunk=DOCUMENT)])
        stub = CatalogServiceStub(channel)
        stream = stub.ImportToolset(requests, metadata=(("authorization", "Bearer operator"),))
        told = [str(answer.WhichOneof("part")) async for answer in stream]
    assert (told[0], told[-1]) == ("heartbeat", "report")
