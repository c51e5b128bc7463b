"""Tasks of 2025-11-25, by raw messages: the official client has their words, and sends none."""

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from mcp.client import Client as McpClient
from mcp.shared.exceptions import MCPError

from callgate.outcomes import Unknown
from callgate.testing import FakeGateway
from callgate.types import Effect
from tests.conftest import Until

from .conftest import door_of


async def ask(mcp: McpClient, method: str, **params: Any) -> dict[str, Any]:
    return await mcp.session._dispatcher.send_raw_request(method, params)


async def create(mcp: McpClient, name: str, arguments: dict[str, Any], **meta: Any) -> dict[str, Any]:
    params = {"name": name, "arguments": arguments, "task": {"ttl": 60_000}, "_meta": meta}
    found: dict[str, Any] = (await ask(mcp, "tools/call", **params))["task"]
    return found


@pytest.fixture
def goes_on(fake: FakeGateway) -> Iterator[threading.Event]:
    """A tool that ends when this is set."""
    event = threading.Event()

    @fake.tool(effect=Effect.READ)
    def slow() -> dict[str, bool]:
        return {"done": event.wait(20)}

    yield event
    event.set()


async def test_a_client_is_told_of_tasks_where_there_are_any(fake: FakeGateway, mode: str) -> None:
    async with door_of(fake, mode) as mcp:
        tasks = mcp.server_capabilities.tasks
        (tool, *_) = (await mcp.list_tools()).tools
    if mode == "legacy":
        assert tasks is not None
        assert tasks.requests is not None
        assert tool.execution is not None
        assert tool.execution.task_support == "optional"
    else:
        assert tasks is None
        assert tool.execution is None


async def test_a_task_is_its_invocation(fake: FakeGateway, goes_on: threading.Event) -> None:
    async with door_of(fake, "legacy") as mcp:
        task = await create(mcp, "slow", {})
        assert task["status"] == "working"
        assert task["taskId"] == fake.calls[0].id
        assert (await ask(mcp, "tasks/get", taskId=task["taskId"]))["status"] == "working"
        result = asyncio.create_task(ask(mcp, "tasks/result", taskId=task["taskId"]))
        goes_on.set()
        told = await result
        assert told["structuredContent"] == {"done": True}
        assert told["_meta"]["io.modelcontextprotocol/related-task"] == {"taskId": task["taskId"]}
        ended = await ask(mcp, "tasks/get", taskId=task["taskId"])
    assert ended["status"] == "completed"
    assert ended["ttl"] > 0
    assert ended["lastUpdatedAt"] >= ended["createdAt"]


async def test_a_task_is_found_by_another_connection_too(fake: FakeGateway) -> None:
    async with door_of(fake, "legacy") as mcp:
        task = await create(mcp, "create_order", {"item": "tea"})
    async with door_of(fake, "legacy", session="another") as mcp:
        told = await ask(mcp, "tasks/result", taskId=task["taskId"])
        listed = await ask(mcp, "tasks/list")
    assert told["structuredContent"] == {"id": 7, "item": "tea"}
    assert [(one["taskId"], one["status"]) for one in listed["tasks"]] == [(task["taskId"], "completed")]


async def test_a_task_with_the_clients_key_is_made_once(fake: FakeGateway) -> None:
    key = {"callgate.dev/idempotency-key": "of the client"}
    async with door_of(fake, "legacy") as mcp:
        tasks = [await create(mcp, "create_order", {"item": "tea"}, **key) for _ in range(3)]
    assert len({one["taskId"] for one in tasks}) == 1
    assert [call.executions for call in fake.calls] == [1]


async def test_a_task_is_cancelled(fake: FakeGateway, goes_on: threading.Event) -> None:
    async with door_of(fake, "legacy") as mcp:
        task = await create(mcp, "slow", {})
        assert (await ask(mcp, "tasks/cancel", taskId=task["taskId"]))["status"] == "cancelled"
        assert (await ask(mcp, "tasks/result", taskId=task["taskId"]))["isError"] is True
        with pytest.raises(MCPError, match="has ended already") as raised:
            await ask(mcp, "tasks/cancel", taskId=task["taskId"])
    assert raised.value.code == -32602
    assert not goes_on.is_set()


async def test_to_wait_no_longer_for_a_result_cancels_nothing(
    fake: FakeGateway, goes_on: threading.Event, until: Until
) -> None:
    async with door_of(fake, "legacy") as mcp:
        task = await create(mcp, "slow", {})
        waiting = asyncio.create_task(ask(mcp, "tasks/result", taskId=task["taskId"]))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait((waiting,))
        assert (await ask(mcp, "tasks/get", taskId=task["taskId"]))["status"] == "working"
        goes_on.set()
        await until(lambda: fake.calls[0].over)
        assert (await ask(mcp, "tasks/get", taskId=task["taskId"]))["status"] == "completed"


async def test_an_end_that_is_no_success_is_a_task_that_failed(fake: FakeGateway) -> None:
    fake.tool(name="pay")(lambda: Unknown("the answer was lost"))
    async with door_of(fake, "legacy") as mcp:
        task = await create(mcp, "pay", {})
        result = await ask(mcp, "tasks/result", taskId=task["taskId"])
        told = await ask(mcp, "tasks/get", taskId=task["taskId"])
    assert result["isError"] is True
    assert told["status"] == "failed"
    assert "the outcome is unknown" in told["statusMessage"]


async def test_what_is_refused_becomes_no_task(fake: FakeGateway) -> None:
    async with door_of(fake, "legacy") as mcp:
        told = await ask(mcp, "tools/call", name="create_order", arguments={"item": 3}, task={})
    assert told["isError"] is True
    assert "task" not in told


async def test_the_list_of_tasks_has_pages(fake: FakeGateway) -> None:
    async with door_of(fake, "legacy") as mcp:
        made = [(await create(mcp, "get_order", {"order": number}))["taskId"] for number in range(60)]
        first = await ask(mcp, "tasks/list")
        second = await ask(mcp, "tasks/list", cursor=first["nextCursor"])
        with pytest.raises(MCPError, match="the page cannot be read"):
            await ask(mcp, "tasks/list", cursor="never given out")
    listed = [one["taskId"] for page in (first, second) for one in page["tasks"]]
    assert listed == made[::-1]
    assert "nextCursor" not in second


@pytest.mark.parametrize("id", ["inv_" + "0" * 32, "", "../..", "x" * 10_000])
@pytest.mark.parametrize("method", ["tasks/get", "tasks/result", "tasks/cancel"])
async def test_a_task_that_there_is_not_is_a_wrong_parameter(fake: FakeGateway, method: str, id: str) -> None:
    async with door_of(fake, "legacy") as mcp:
        with pytest.raises(MCPError) as raised:
            await ask(mcp, method, taskId=id)
    assert raised.value.code == -32602


@pytest.mark.parametrize("method", ["tasks/get", "tasks/result", "tasks/cancel", "tasks/list"])
async def test_no_other_revision_has_these(fake: FakeGateway, method: str) -> None:
    async with door_of(fake, "2026-07-28") as mcp:
        meta = {"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {}}
        with pytest.raises(MCPError) as raised:
            await ask(mcp, method, taskId="inv_" + "0" * 32, _meta=meta)
    assert raised.value.code == -32601
