"""tools/list, by the official client."""

import pytest
from mcp.shared.exceptions import MCPError

from callgate.errors import NotPermitted
from callgate.testing import FakeGateway
from gateway.edge.mcp.options import DoorOptions

from .conftest import door_of


async def test_a_tool_is_listed_with_what_its_effect_means(fake: FakeGateway, mode: str) -> None:
    async with door_of(fake, mode) as mcp:
        listed = {one.name: one.annotations for one in (await mcp.list_tools()).tools}
    reads, acts = listed["get_order"], listed["create_order"]
    assert reads is not None
    assert acts is not None
    assert (reads.read_only_hint, reads.destructive_hint, reads.idempotent_hint, reads.open_world_hint) == (1, 0, 1, 1)
    assert (acts.read_only_hint, acts.destructive_hint, acts.idempotent_hint, acts.open_world_hint) == (0, 1, 0, 1)


async def test_all_pages_together_have_each_tool_once(fake: FakeGateway, mode: str) -> None:
    for number in range(120):
        fake.tool(name=f"tool_{number:03}")(lambda: None)
    async with door_of(fake, mode) as mcp:
        pages = [await mcp.list_tools()]
        while pages[-1].next_cursor:
            pages.append(await mcp.list_tools(cursor=pages[-1].next_cursor))
    names = [one.name for page in pages for one in page.tools]
    assert len(pages) == 3
    assert names == sorted({*names})
    assert len(names) == 122


async def test_a_cursor_that_no_page_had_is_a_wrong_parameter(fake: FakeGateway, mode: str) -> None:
    async with door_of(fake, mode) as mcp:
        with pytest.raises(MCPError, match="the page cannot be read") as raised:
            await mcp.list_tools(cursor="never given out")
    assert raised.value.code == -32602


async def test_of_one_toolset_no_other_tool_is_listed_or_called(fake: FakeGateway, mode: str) -> None:
    fake.tool(name="get_bill", toolset="billing")(lambda: {"bill": 1})
    async with door_of(fake, mode, options=DoorOptions(toolset="billing")) as mcp:
        assert [one.name for one in (await mcp.list_tools()).tools] == ["get_bill"]
        assert (await mcp.call_tool("get_bill", {})).structured_content == {"bill": 1}
        with pytest.raises(MCPError, match="Unknown tool: create_order"):
            await mcp.call_tool("create_order", {"item": "tea"})
    assert [call.tool.name for call in fake.calls] == ["get_bill"]


async def test_a_refusal_of_the_gateway_is_told_with_its_cure(fake: FakeGateway, mode: str) -> None:
    async with door_of(fake, mode) as mcp:
        fake.refuse(NotPermitted("this caller may list nothing", cure="Ask the operator."))
        with pytest.raises(MCPError, match="this caller may list nothing") as raised:
            await mcp.list_tools()
    assert raised.value.code == -32603
    assert raised.value.data == {"reason": "NOT_PERMITTED", "cure": "Ask the operator.", "retryable": False}
