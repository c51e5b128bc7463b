"""Eight imports of one tenant made eight processes, its thousand watches delayed another's first event for six seconds, and its
lists of a thousand tools made another's calls eight times as slow."""

import asyncio
import json
import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, suppress
from dataclasses import replace
from pathlib import Path

import grpc
import pytest

from benchmarks.hostile import http2_frames as http2
from callgate import AsyncClient, RetryPolicy, Tool, errors
from callgate.v1.catalog_service_pb2 import ListToolsRequest
from callgate.v1.catalog_service_pb2_grpc import CatalogServiceStub, add_CatalogServiceServicer_to_server
from gateway.edge.grpc.boundary import Boundary
from gateway.edge.grpc.catalog_service import MAX_PAGE
from gateway.edge.grpc.shares import IMPORTS, LISTS, WAITING_LISTS, WATCHES, Shares, Streams
from gateway.model.principal import Principal
from gateway.records.redis.catalogs import RedisCatalogs
from registry.reader.worker import NICENESS
from tests.conftest import FreePort, StartRedis
from tests.gateway.edge.grpc.serving import OTHER_TOKEN, TOKEN, Serve, Served, hang
from tests.gateway.records.stores import opened
from tests.isolation.lag import measured_lag

TOOLS = 600
#: Seconds that another tenant's call may be held up: it takes a dozen turns of the event loop.
BOUND = 0.05
NEVER = RetryPolicy(patience=0)
LIST, EMPTY_MESSAGE = b"/callgate.v1.CatalogService/ListTools", b"\x00" * 5


def document(tools: int, note: str = "") -> bytes:
    words = {"type": "object", "properties": {f"p{number}": {"type": "string"} for number in range(60)}}
    body = {"content": {"application/json": {"schema": words}}}
    operation = {"requestBody": body, "responses": {"200": {"description": "Done."}}, "summary": note}
    paths = {f"/t{number}": {"post": {**operation, "operationId": f"t{number:04}{note}"}} for number in range(tools)}
    return json.dumps({"openapi": "3.1.0", "info": {"title": "T", "version": "1"}, "paths": paths}).encode()


@pytest.fixture
async def served(serve: Serve) -> Served:
    return await serve(hang)


@pytest.fixture
async def clients(served: Served) -> AsyncIterator[list[AsyncClient]]:
    """One of each of two tenants."""
    async with AsyncExitStack() as stack:
        opened = [AsyncClient(served.address, token=token, retry=NEVER) for token in (TOKEN, OTHER_TOKEN)]
        yield [await stack.enter_async_context(client) for client in opened]


async def all_tools(client: AsyncClient, toolset: str | None = None) -> list[Tool]:
    return [tool async for tool in client.tools.list(toolset)]


async def add(client: AsyncClient, toolset: str, tools: int) -> None:
    await client.toolsets.import_openapi(document(tools, toolset), toolset, server="https://api.example.com")


def readers() -> Iterator[int]:
    """The processes that read a document for this one now."""
    for task in Path("/proc/self/task").iterdir():
        with suppress(OSError):
            for child in (task / "children").read_text().split():
                with suppress(OSError):
                    if b"registry.reader.worker" in Path(f"/proc/{child}/cmdline").read_bytes():
                        yield int(child)


class Watched:
    """How many readers there were at one time at most, and the greatest niceness of any."""

    def __init__(self) -> None:
        self.most = self.niceness = 0

    async def look(self) -> None:
        while True:
            found = list(readers())
            self.most = max(self.most, len(found))
            for one in found:
                with suppress(ProcessLookupError):
                    self.niceness = max(self.niceness, os.getpriority(os.PRIO_PROCESS, one))
            await asyncio.sleep(0.005)


async def test_one_document_is_read_at_a_time_and_tenants_take_turns(clients: list[AsyncClient]) -> None:
    one, other = clients
    watched, order = Watched(), list[str]()
    looking = asyncio.create_task(watched.look())

    async def importing(client: AsyncClient, name: str) -> None:
        try:
            await add(client, name, 300)
            order.append(name)
        except errors.BudgetExhausted:
            order.append("refused")

    first = [asyncio.create_task(importing(one, f"a{number}")) for number in range(8)]
    while "refused" not in order:
        await asyncio.sleep(0.005)
    await importing(other, "b")
    await asyncio.gather(*first)
    looking.cancel()
    assert order.count("refused") == 8 - IMPORTS
    assert order.index("b") - order.count("refused") <= 2, "the one that is read, and no more than one that came before"
    assert (watched.most, watched.niceness) == (1, os.getpriority(os.PRIO_PROCESS, 0) + NICENESS)


async def test_an_import_that_was_given_up_frees_its_place(clients: list[AsyncClient]) -> None:
    one, _ = clients
    for _ in range(2):
        importing = [asyncio.create_task(add(one, f"a{number}", 300)) for number in range(IMPORTS)]
        while not any(readers()):
            await asyncio.sleep(0.005)
        for task in importing:
            task.cancel()
        await asyncio.gather(*importing, return_exceptions=True)
    await add(one, "a", 2)


async def test_a_caller_has_so_many_watches_and_another_has_its_first_event_at_once(clients: list[AsyncClient]) -> None:
    one, other = clients
    ours, theirs = [(await client.call("t", {}, wait=0)).id for client in clients]
    events, refused = asyncio.Queue[str](), asyncio.Queue[errors.BudgetExhausted]()

    async def watch(client: AsyncClient, id: str) -> None:
        try:
            async for event in client.invocations.handle(id).watch():
                events.put_nowait(event.kind)
        except errors.BudgetExhausted as refusal:
            refused.put_nowait(refusal)

    watching = [asyncio.create_task(watch(one, ours)) for _ in range(3 * WATCHES)]
    for _ in range(2 * WATCHES):
        assert (await asyncio.wait_for(refused.get(), 10.0)).retryable
    for _ in range(WATCHES):
        await asyncio.wait_for(events.get(), 10.0)
    watching.append(asyncio.create_task(watch(other, theirs)))
    await asyncio.wait_for(events.get(), 1.0)
    assert refused.empty()
    for task in watching:
        task.cancel()
    await asyncio.gather(*watching, return_exceptions=True)


async def test_a_caller_that_watches_on_beyond_its_share_is_seldom_looked_at(
    clients: list[AsyncClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The gateway's door gives the refusals: a thousand watchers delayed another tenant's calls by half a second."""
    one, _ = clients
    id, looked_at, enter = (await one.call("t", {}, wait=0)).id, list[Principal](), Streams.enter

    async def counted(share: Streams, caller: Principal) -> Callable[[], None]:
        looked_at.append(caller)
        return await enter(share, caller)

    monkeypatch.setattr(Streams, "enter", counted)

    async def watch() -> bool:
        """Whether it was refused."""
        try:
            async for _ in one.invocations.handle(id).watch():
                pass
        except errors.BudgetExhausted:
            return True
        return False

    watching = [asyncio.create_task(watch()) for _ in range(WATCHES)]
    while len(looked_at) < WATCHES:
        await asyncio.sleep(0.005)
    assert await watch()
    assert all([await watch() for _ in range(200)])
    assert len(looked_at) < WATCHES + 100
    for task in watching:
        task.cancel()
    await asyncio.gather(*watching, return_exceptions=True)


async def test_a_watch_that_ended_frees_its_place(clients: list[AsyncClient]) -> None:
    one, _ = clients
    id = (await one.call("t", {}, wait=0)).id
    for _ in range(2 * WATCHES):
        async for _ in one.invocations.handle(id).watch():
            break


async def test_lists_of_many_pages_are_whole(clients: list[AsyncClient]) -> None:
    one, _ = clients
    await add(one, "many", TOOLS)
    names = [tool.name async for tool in one.tools.list("many")]
    assert len(names) == TOOLS > MAX_PAGE
    assert names == sorted(set(names))
    assert [tool.name async for tool in one.tools.versions("many")] == names


async def test_who_takes_no_answer_keeps_no_other_tenant_from_its_lists(served: Served, clients: list[AsyncClient]) -> None:
    _, other = clients
    await add(other, "few", 3)
    request_lists = [
        http2.frame(http2.HEADERS, http2.END_HEADERS, stream, http2.request(LIST, TOKEN))
        + http2.frame(http2.DATA, http2.END_STREAM, stream, EMPTY_MESSAGE)
        for stream in range(1, 2 * LISTS + 5, 2)
    ]
    no_window = http2.PREFACE + http2.settings((http2.INITIAL_WINDOW_SIZE, 0))
    connection = await http2.Connection.open(served.address, no_window + b"".join(request_lists))
    try:
        async with asyncio.timeout(10):
            for _ in range(5):
                assert len(await all_tools(other, "few")) == 3
    finally:
        connection.close()


@pytest.fixture
async def kept(start_redis: StartRedis, served: Served, free_port: FreePort) -> AsyncIterator[str]:
    """The address of a catalog in Redis, with the rights and bounds of `served`."""
    edge, address = served.server.catalog, f"127.0.0.1:{free_port()}"
    server = grpc.aio.server(interceptors=[Boundary(), Shares(edge.authentication)])
    async with opened(start_redis()) as store:
        add_CatalogServiceServicer_to_server(replace(edge, catalogs=RedisCatalogs(store, owner=None)), server)
        server.add_insecure_port(address)
        await server.start()
        yield address
        await server.stop(None)


async def test_lists_hold_nothing_up_where_each_tool_must_be_read(kept: str) -> None:
    async with AsyncClient(kept, token=TOKEN) as client:
        await add(client, "many", TOOLS)
    async with grpc.aio.insecure_channel(kept) as channel:
        lags = [await lag_of_lists(CatalogServiceStub(channel)) for _ in range(3)]
    assert min(lags) < BOUND, "in each of three times, so it was not the machine"


async def lag_of_lists(catalog: CatalogServiceStub) -> float:
    """Seconds for which another's call was held up by three lists at once. The answers are not looked at."""

    async def list_all() -> None:
        token = ""
        while True:
            request = ListToolsRequest(page_size=1000, page_token=token)
            page = await catalog.ListTools(request, metadata=(("authorization", f"Bearer {TOKEN}"),))
            if not (token := page.next_page_token):
                return

    async with measured_lag() as lag:
        await asyncio.gather(*(list_all() for _ in range(3)))
    return lag.worst


async def test_so_many_lists_of_a_tenant_wait_and_another_tenants_is_answered(clients: list[AsyncClient]) -> None:
    one, other = clients
    await add(one, "many", 100)
    listing = [asyncio.create_task(all_tools(one)) for _ in range(LISTS + WAITING_LISTS + 10)]
    answered = await asyncio.wait_for(all_tools(other, "none"), 5.0)
    ended = await asyncio.gather(*listing, return_exceptions=True)
    assert answered == []
    assert any(isinstance(one, errors.BudgetExhausted) for one in ended)
    assert sum(isinstance(one, list) for one in ended) >= LISTS
