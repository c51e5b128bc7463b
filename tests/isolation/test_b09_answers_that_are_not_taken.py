"""A client that opened many RPCs and read nothing had each answer kept for it, an export had a whole recording in memory, and
each of a tenant's imports a document of 50 MB."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial

import grpc
import pytest

from benchmarks.hostile import http2_frames as http2
from callgate import AsyncClient, RetryPolicy, errors
from callgate.v1 import catalog_service_pb2 as pb
from callgate.v1.catalog_service_pb2_grpc import CatalogServiceStub, add_CatalogServiceServicer_to_server
from gateway.edge.grpc.boundary import Boundary
from gateway.edge.grpc.held_bytes import MessageMemory
from gateway.records.redis.recordings import RedisRecordings
from tests.conftest import FreePort
from tests.gateway.edge.grpc.serving import OTHER_TOKEN, TOKEN, Serve, hang
from tests.gateway.records.stores import opened, operator_of
from tests.isolation.gateways import metadata_of
from tests.isolation.test_b07_what_tenants_store import entry, recording
from tests.isolation.test_b09_many_imports_watches_and_lists import EMPTY_MESSAGE, LIST, add, all_tools

BOUND = 200_000
NEVER = RetryPolicy(patience=0)


@pytest.fixture
async def narrow(serve: Serve, free_port: FreePort) -> AsyncIterator[str]:
    """The address of a catalog that keeps little for a tenant."""
    edge, address = (await serve(hang)).server.catalog, f"127.0.0.1:{free_port()}"
    server = grpc.aio.server(interceptors=[Boundary(), MessageMemory(edge.authentication, sent=BOUND, untaken=BOUND)])
    add_CatalogServiceServicer_to_server(edge, server)
    server.add_insecure_port(address)
    await server.start()
    yield address
    await server.stop(None)


async def refused(ask: Callable[[], Awaitable[object]]) -> str:
    """What is told, once there is no room."""
    while True:
        try:
            await ask()
        except errors.BudgetExhausted as refusal:
            return str(refusal)


async def allowed(ask: Callable[[], Awaitable[object]]) -> None:
    """Returns once there is room again."""
    while True:
        try:
            await ask()
        except errors.BudgetExhausted:
            await asyncio.sleep(0.01)
        else:
            return


async def test_answers_that_are_not_taken_are_bounded_and_room_again_with_their_connection(narrow: str) -> None:
    asked = [
        http2.frame(http2.HEADERS, http2.END_HEADERS, stream, http2.request(LIST, TOKEN))
        + http2.frame(http2.DATA, http2.END_STREAM, stream, EMPTY_MESSAGE)
        for stream in range(1, 100, 2)
    ]
    async with AsyncClient(narrow, token=TOKEN, retry=NEVER) as one, AsyncClient(narrow, token=OTHER_TOKEN) as other:
        await add(one, "some", 60)
        await add(other, "some", 60)
        no_window = http2.PREFACE + http2.settings((http2.INITIAL_WINDOW_SIZE, 0))
        connection = await http2.Connection.open(narrow, no_window + b"".join(asked))
        async with asyncio.timeout(20):
            assert "not taken" in await refused(partial(all_tools, one))
            assert len(await all_tools(other)) == 60
            connection.close()
            await allowed(partial(all_tools, one))


async def test_what_a_tenant_sends_in_streams_is_bounded_for_all_of_them_together(narrow: str) -> None:
    begun, given_up = asyncio.Event(), asyncio.Event()

    async def documents() -> AsyncIterator[pb.ImportToolsetRequest]:
        yield pb.ImportToolsetRequest(header=pb.ImportHeader(toolset="t"))
        yield pb.ImportToolsetRequest(chunk=b" " * (BOUND - 1000))
        begun.set()
        await given_up.wait()

    async with grpc.aio.insecure_channel(narrow) as channel, AsyncClient(narrow, token=TOKEN, retry=NEVER) as client:
        first = CatalogServiceStub(channel).ImportToolset(documents(), metadata=metadata_of(TOKEN))
        reading = asyncio.create_task(first.read())
        await asyncio.wait_for(begun.wait(), 10)
        async with asyncio.timeout(20), AsyncClient(narrow, token=OTHER_TOKEN) as other:
            assert "sent in streams" in await refused(partial(add, client, "t", 6))
            await add(other, "t", 6)
            first.cancel()
            await allowed(partial(add, client, "t", 6))
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)


async def test_a_recording_is_read_a_few_entries_at_a_time(redis_url: str) -> None:
    async with opened(redis_url) as store, operator_of(redis_url) as operator:
        recordings, key = RedisRecordings(store), recording("exporting")
        for occurrence in range(200):
            await recordings.keep(key, entry(50_000, occurrence + 1))
        before = (await operator.info("stats"))["total_net_output_bytes"]
        entries = recordings.entries(key)
        assert await anext(entries)
        read = (await operator.info("stats"))["total_net_output_bytes"] - before
        assert read < 200 * 50_000 / 4
        assert len({one.occurrence async for one in entries}) >= 199
