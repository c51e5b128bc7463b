"""The doctor on the door of MCP: whether it answers, and whether as what its settings say."""

import socket

from gateway.model.mcp_settings import McpSettings
from gateway.operations.mcp_checks import check_mcp
from tests.gateway.edge.mcp.http.conftest import OpenDoor, fake, open_door

__all__ = ["fake", "open_door"]


async def test_where_there_shall_be_no_door_nothing_is_found() -> None:
    assert await check_mcp(None) == []


async def test_a_door_that_answers_is_well(open_door: OpenDoor) -> None:
    door = await open_door()
    [found] = await check_mcp(McpSettings(listen=f"127.0.0.1:{door.port}"))
    assert (found.ok, door.url in found.detail) == (True, True)


async def test_a_door_with_other_settings_is_told_from_the_one_that_shall_be_there(open_door: OpenDoor) -> None:
    door = await open_door()
    [found] = await check_mcp(McpSettings(listen=f"127.0.0.1:{door.port}", url="https://gw.example/mcp"))
    assert not found.ok
    assert "403" in found.detail
    [found] = await check_mcp(McpSettings(listen=f"127.0.0.1:{door.port}", url="http://localhost/mcp"))
    assert not found.ok
    assert door.url in found.detail


async def test_a_door_that_is_not_there_has_a_cure() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    [found] = await check_mcp(McpSettings(listen=f"127.0.0.1:{port}"))
    assert not found.ok
    assert "callgate up" in found.cure
