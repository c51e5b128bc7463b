"""What a failure of the door itself tells its client: nothing of its inside."""

import pytest
from mcp.client import Client as McpClient
from mcp.client._memory import InMemoryTransport
from mcp.shared.exceptions import MCPError

from gateway.edge.mcp.asked import McpCaller
from gateway.edge.mcp.options import DoorOptions
from gateway.edge.mcp.server import build_server


async def test_a_defect_is_told_without_its_text(mode: str) -> None:
    def broken(_: object) -> McpCaller:
        raise KeyError("token-of-the-caller")

    async with McpClient(InMemoryTransport(build_server(broken, DoorOptions())), mode=mode) as mcp:
        with pytest.raises(MCPError) as raised:
            await mcp.list_tools()
    assert raised.value.code == -32603
    assert "token" not in str(raised.value)
    assert raised.value.data is None
