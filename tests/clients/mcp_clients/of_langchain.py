"""LangChain's adapter: its tools are called as an agent calls them. It has no way to name a call's key."""

import warnings
from typing import Any

from langchain_core._api import LangChainBetaWarning

warnings.filterwarnings("ignore", category=LangChainBetaWarning)

from fastmcp.client import Client  # noqa: E402 - after the filter
from langchain.mcp import MCPAdapter  # noqa: E402

from tests.clients.mcp_clients.fastmcp_transport import transport  # noqa: E402
from tests.clients.mcp_clients.place import ORDER, READ, in_each_mode  # noqa: E402


async def visit(mode: str) -> dict[str, Any]:
    async with MCPAdapter(Client(transport(), mode=mode)) as adapter:
        tools = {tool.name: tool for tool in await adapter.list_tools()}

        async def call(name: str, arguments: dict[str, Any]) -> Any:
            asked = {"name": name, "args": arguments, "id": name, "type": "tool_call"}
            return (await tools[name].ainvoke(asked)).artifact["structured_content"]

        made = [await call("create_order", ORDER)]
        return {"tools": [*tools], "made": made, "read": await call("list_orders", READ)}


in_each_mode(visit)
