"""FastMCP's client."""

from typing import Any

from fastmcp.client import Client

from tests.clients.mcp_clients.fastmcp_transport import transport
from tests.clients.mcp_clients.place import ORDER, READ, in_each_mode, meta


async def visit(mode: str) -> dict[str, Any]:
    async with Client(transport(), mode=mode) as client:
        tools = await client.list_tools()
        made = [await client.call_tool("create_order", ORDER, meta=meta(mode)) for _ in range(2)]
        read = await client.call_tool("list_orders", READ)
        return {
            "tools": [tool.name for tool in tools],
            "made": [one.structured_content for one in made],
            "read": read.structured_content,
        }


in_each_mode(visit)
