"""`callgate mcp` before a real gateway: what a host asks for happens in boxes, once, in both revisions."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from mcp.client import Client as McpClient
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp_types import TextContent

from callgate.keys import run_key
from callgate.outcomes import Cancelled
from tests.gateway.edge.mcp.conftest import REVISIONS
from tests.gateway.edge.mcp.test_stdio import COMMAND, INITIALIZE, Host

from .collector import SERVER, Collector
from .conftest import OpenShop
from .hostile import Hostile
from .house import House, eventually

ORDER = {"body": {"item": "lamp", "quantity": 1}}
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"

pytestmark = pytest.mark.slow


@pytest.fixture(params=REVISIONS)
def mode(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def environ(house: House, token: str | None = None) -> dict[str, str]:
    return {**os.environ, "CALLGATE_ADDRESS": house.address, "CALLGATE_TOKEN": token or house.state.token.read_text()}


@asynccontextmanager
async def door(house: House, mode: str, *words: str) -> AsyncIterator[McpClient]:
    started = StdioServerParameters(command=COMMAND[0], args=[*COMMAND[1:], *words], env=environ(house))
    async with McpClient(stdio_client(started), mode=mode) as mcp:
        yield mcp


@asynccontextmanager
async def raw(house: House, token: str | None = None) -> AsyncIterator[Host]:
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*COMMAND, stdin=pipe, stdout=pipe, stderr=pipe, env=environ(house, token))
    host = Host(process)
    try:
        await host.write(INITIALIZE)
        await host.read()
        await host.write({"jsonrpc": "2.0", "method": "notifications/initialized"})
        yield host
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_an_order_is_made_once_however_often_it_is_sent_and_by_whichever_door(
    house: House, shop: OpenShop, mode: str
) -> None:
    meta: Any = {"callgate.dev/run": f"mcp-{mode}", "callgate.dev/step": 1}
    for _ in range(2):
        async with door(house, mode) as mcp:
            result = await mcp.call_tool("create_order", ORDER, meta=meta)
            assert not result.is_error, result
            assert result.structured_content["item"] == "lamp"
    same = house.client.run(f"mcp-{mode}").call("create_order", ORDER, step=1)
    assert same.from_record
    assert (result.meta or {})["callgate.dev/invocation"] == same.id
    assert shop.state.requests == 1


async def test_the_tools_of_a_real_document_have_what_the_official_client_holds_answers_against(
    house: House, shop: OpenShop, mode: str
) -> None:
    async with door(house, mode, "--toolset", "orders") as mcp:
        tools = {one.name: one for one in (await mcp.list_tools()).tools}
        made = await mcp.call_tool("create_order", ORDER)
        listed = await mcp.call_tool("list_orders", {})
    assert {"create_order", "list_orders", "get_order"} <= tools.keys()
    assert tools["create_order"].output_schema is not None
    assert tools["list_orders"].annotations is not None
    assert tools["list_orders"].annotations.read_only_hint
    assert not made.is_error, made
    assert made.structured_content["quantity"] == 1
    assert [one["id"] for one in listed.structured_content["orders"]] == [made.structured_content["id"]]


async def test_a_door_that_is_killed_while_the_upstream_works_makes_no_second_order(house: House, hostile: Hostile) -> None:
    params = {"name": "write_slowly", "arguments": {}, "_meta": {"callgate.dev/idempotency-key": "mcp-killed-in-the-middle"}}
    async with raw(house) as host:
        await host.write({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params})
        await asyncio.to_thread(eventually, lambda: hostile.received("POST", "/hang"), what="the request upstream")
        host.process.send_signal(signal.SIGKILL)
        await host.process.wait()
    async with raw(house) as host:
        await host.write({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params})
        (call,) = house.client.invocations.list(key="mcp-killed-in-the-middle")
        house.client.invocations.handle(call.id).cancel()
        told = await host.read()
    assert told["result"]["isError"] is True
    assert told["result"]["_meta"]["callgate.dev/invocation"] == call.id
    assert hostile.received("POST", "/hang") == 1


async def test_a_request_that_is_taken_back_ends_its_box(house: House, hostile: Hostile, mode: str) -> None:
    meta: Any = {"callgate.dev/idempotency-key": f"mcp-taken-back-{mode}"}
    async with door(house, mode) as mcp:
        asking = asyncio.create_task(mcp.call_tool("read_slowly", {}, meta=meta))
        await asyncio.to_thread(eventually, lambda: hostile.received("GET", "/hang"), what="the request upstream")
        asking.cancel()
        await asyncio.wait((asking,))
        (call,) = house.client.invocations.list(key=f"mcp-taken-back-{mode}")
        ended = await asyncio.to_thread(house.client.invocations.handle(call.id).wait, timeout=10)
    assert isinstance(ended.outcome, Cancelled)
    house.settle(call.id)
    assert ended.attempts[0].box not in house.boxes()


async def test_a_lost_answer_is_told_so_that_a_model_does_not_call_again(house: House, hostile: Hostile, mode: str) -> None:
    async with door(house, mode) as mcp:
        result = await mcp.call_tool("write_broken", {})
    (said,) = result.content
    assert isinstance(said, TextContent)
    assert result.is_error
    assert "Do not call this tool again for it" in said.text


async def test_tasks_are_the_callers_own_whatever_else_it_may_see(house: House, shop: OpenShop) -> None:
    """The operator may see all calls of its tenant, and has no tasks but its own."""
    tenant = house.client.principals.caller().tenant
    added = house.client.principals.add(tenant, "planner", "ada", tools=["*"])
    assert added.token is not None
    async with raw(house, added.token) as host:
        task = (await host.ask("tools/call", name="create_order", arguments=ORDER, task={}))["result"]["task"]
        assert "result" in await host.ask("tasks/result", taskId=task["taskId"])
        listed = (await host.ask("tasks/list"))["result"]["tasks"]
        assert [one["taskId"] for one in listed] == [task["taskId"]]
        assert listed[0]["status"] == "completed"
    assert house.client.invocations.get(task["taskId"]).id == task["taskId"]
    async with raw(house) as host:
        for method in ("tasks/get", "tasks/result", "tasks/cancel"):
            assert (await host.ask(method, taskId=task["taskId"]))["error"]["code"] == -32602, method
        listed = (await host.ask("tasks/list"))["result"]["tasks"]
        assert task["taskId"] not in [one["taskId"] for one in listed]
        own = (await host.ask("tools/call", name="list_orders", arguments={}, task={}))["result"]["task"]
        assert (await host.ask("tasks/get", taskId=own["taskId"]))["result"]["taskId"] == own["taskId"]


async def test_the_hosts_trace_is_that_of_the_call(house: House, shop: OpenShop, collector: Collector) -> None:
    meta: Any = {"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}
    async with raw(house) as host:
        told = await host.ask("tools/call", name="list_orders", arguments={}, _meta=meta)
    assert told["result"]["isError"] is False, json.dumps(told)
    assert shop.state.traceparents[-1].split("-")[1] == TRACE
    found = [span for span in collector.of(TRACE) if span.kind == SERVER]
    eventually(lambda: found or [span for span in collector.of(TRACE) if span.kind == SERVER], what="the spans")


async def test_a_key_is_the_sdks_own(house: House, shop: OpenShop) -> None:
    meta: Any = {"callgate.dev/run": "mcp-key", "callgate.dev/step": "second"}
    async with raw(house) as host:
        told = await host.ask("tools/call", name="list_orders", arguments={}, _meta=meta)
    assert told["result"]["_meta"]["callgate.dev/idempotency-key"] == run_key("mcp-key", "list_orders", {}, step="second")


async def test_three_tools_stand_for_all_of_them(house: House, shop: OpenShop, mode: str) -> None:
    async with door(house, mode, "--search", "--toolset", "orders") as mcp:
        (found,) = (await mcp.call_tool("search_tools", {"query": "make an order"})).content
        assert isinstance(found, TextContent)
        assert "create_order" in [one["name"] for one in json.loads(found.text)]
        result = await mcp.call_tool("call_tool", {"name": "create_order", "arguments": ORDER})
    assert result.structured_content["item"] == "lamp"
    assert shop.state.requests == 1
