"""FastMCP's client."""

import asyncio

from fastmcp.client import Client

from tests.clients.mcp_clients.fastmcp_transport import transport
from tests.clients.mcp_clients.place import META, ORDER, PLACE, READ, tell


async def main() -> None:
    async with Client(transport(), mode=PLACE["mode"]) as client:
        tools = await client.list_tools()
        made = [await client.call_tool("create_order", ORDER, meta=META) for _ in range(2)]
        read = await client.call_tool("list_orders", READ)
        tell(
            tools={tool.name: tool.annotations.model_dump() if tool.annotations else {} for tool in tools},
            made=[one.structured_content for one in made],
            read=read.structured_content,
        )


asyncio.run(main())
