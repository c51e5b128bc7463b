"""The three tools in the place of all, by the official client."""

import json
from typing import Any

import pytest
from mcp.shared.exceptions import MCPError

from callgate.testing import FakeGateway
from gateway.edge.mcp.options import DoorOptions

from .conftest import door_of
from .test_calls import own, text
from .test_tasks import ask

SEARCH = DoorOptions(search=True)


async def test_three_tools_are_listed_however_many_there_are(fake: FakeGateway, mode: str) -> None:
    for number in range(120):
        fake.tool(name=f"tool_{number:03}")(lambda: None)
    async with door_of(fake, mode, options=SEARCH) as mcp:
        listed = await mcp.list_tools()
    assert [one.name for one in listed.tools] == ["search_tools", "describe_tool", "call_tool"]
    assert listed.next_cursor is None


async def test_a_tool_is_found_described_and_called(fake: FakeGateway, mode: str) -> None:
    async with door_of(fake, mode, options=SEARCH) as mcp:
        found = await mcp.call_tool("search_tools", {"query": "make an order"})
        assert json.loads(text(found))[0]["name"] == "create_order"
        assert found.structured_content == (None if mode == "legacy" else json.loads(text(found)))
        told = (await mcp.call_tool("describe_tool", {"name": "create_order"})).structured_content
        assert told["arguments"]["required"] == ["item"]
        assert told["effect"] == "NON_IDEMPOTENT"
        result = await mcp.call_tool("call_tool", {"name": "create_order", "arguments": {"item": "tea"}})
    assert result.structured_content == {"id": 7, "item": "tea"}
    assert own(result, "invocation") == fake.calls[0].id


async def test_the_same_call_is_the_same_whichever_way_it_takes(fake: FakeGateway, mode: str) -> None:
    meta: Any = {"callgate.dev/run": "task-1", "callgate.dev/step": 4}
    arguments = {"item": "tea"}
    async with door_of(fake, mode, options=SEARCH) as mcp:
        await mcp.call_tool("call_tool", {"name": "create_order", "arguments": arguments}, meta=meta)
        await mcp.call_tool("create_order", arguments, meta=meta)
    async with door_of(fake, mode) as mcp:
        await mcp.call_tool("create_order", arguments, meta=meta)
    async with fake.async_client() as client:
        await client.run("task-1").call("create_order", arguments, step=4)
    assert [call.executions for call in fake.calls] == [1]


@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        ("search_tools", {}, "Nothing was done"),
        ("search_tools", {"query": 7}, "Nothing was done"),
        ("search_tools", {"query": "x" * 2000}, "Nothing was done"),
        ("search_tools", {"query": "order", "limit": "all"}, "Nothing was done"),
        ("describe_tool", {}, "`name` must be a tool's name"),
        ("describe_tool", {"name": "nope"}, "Find another tool by search_tools"),
        ("call_tool", {}, "`name` must be a tool's name"),
        ("call_tool", {"name": "nope"}, "There is no tool 'nope' here"),
        ("call_tool", {"name": "create_order", "arguments": "tea"}, "Write them as one JSON object"),
        ("call_tool", {"name": "create_order", "arguments": [1]}, "Write them as one JSON object"),
        ("call_tool", {"name": "create_order", "arguments": {"item": 3}}, "the arguments do not fit"),
    ],
)
async def test_what_is_wrong_is_told_to_the_model(
    fake: FakeGateway, mode: str, name: str, arguments: dict[str, Any], said: str
) -> None:
    async with door_of(fake, mode, options=SEARCH) as mcp:
        result = await mcp.call_tool(name, arguments)
    assert result.is_error
    assert said in text(result)
    assert not fake.calls


async def test_of_one_toolset_no_other_tool_is_found_described_or_called(fake: FakeGateway, mode: str) -> None:
    fake.tool(name="get_bill", toolset="billing")(lambda: {"bill": 1})
    async with door_of(fake, mode, options=DoorOptions(search=True, toolset="billing")) as mcp:
        found = await mcp.call_tool("search_tools", {"query": "order bill"})
        assert [one["name"] for one in json.loads(text(found))] == ["get_bill"]
        assert (await mcp.call_tool("describe_tool", {"name": "create_order"})).is_error
        assert (await mcp.call_tool("call_tool", {"name": "create_order", "arguments": {"item": "tea"}})).is_error
    assert not fake.calls


async def test_a_found_tool_is_called_as_a_task_too(fake: FakeGateway) -> None:
    params = {"name": "call_tool", "arguments": {"name": "create_order", "arguments": {"item": "tea"}}, "task": {}}
    async with door_of(fake, "legacy", options=SEARCH) as mcp:
        task = (await ask(mcp, "tools/call", **params))["task"]
        result = await ask(mcp, "tasks/result", taskId=task["taskId"])
    assert result["structuredContent"] == {"id": 7, "item": "tea"}


async def test_what_is_answered_at_once_is_no_task(fake: FakeGateway) -> None:
    async with door_of(fake, "legacy", options=SEARCH) as mcp:
        listed = {one.name: one.execution for one in (await mcp.list_tools()).tools}
        with pytest.raises(MCPError) as raised:
            await ask(mcp, "tools/call", name="search_tools", arguments={"query": "order"}, task={})
    assert raised.value.code == -32601
    assert [one.task_support for one in listed.values() if one is not None] == ["forbidden", "forbidden", "optional"]
