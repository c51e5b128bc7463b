"""The official client of the Python SDK."""

from contextlib import AsyncExitStack
from typing import Any

import httpx2
from mcp.client import Client
from mcp.client.stdio import StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

from tests.clients.mcp_clients.place import ORDER, PLACE, READ, in_each_mode, meta


async def visit(mode: str) -> dict[str, Any]:
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(Client(await server(stack), mode=mode))
        tools = (await client.list_tools()).tools
        made = [await client.call_tool("create_order", ORDER, meta=meta(mode)) for _ in range(2)]
        read = await client.call_tool("list_orders", READ)
        return {
            "tools": [tool.name for tool in tools],
            "made": [one.structured_content for one in made],
            "read": read.structured_content,
        }


async def server(stack: AsyncExitStack) -> Any:
    if "url" not in PLACE:
        program, *arguments = PLACE["command"]
        return StdioServerParameters(command=program, args=arguments, env=PLACE["environment"])
    headers = {"Authorization": f"Bearer {PLACE['token']}"}
    http = await stack.enter_async_context(httpx2.AsyncClient(headers=headers, timeout=60))
    return streamable_http_client(PLACE["url"], http_client=http)


in_each_mode(visit)
