"""How FastMCP reaches the door, and with it LangChain's adapter."""

from typing import Any

from fastmcp.client.transports import StdioTransport, StreamableHttpTransport

from tests.clients.mcp_clients.place import PLACE


def transport() -> Any:
    if "url" in PLACE:
        return StreamableHttpTransport(PLACE["url"], auth=PLACE["token"])
    program, *arguments = PLACE["command"]
    return StdioTransport(program, arguments, env=PLACE["environment"], keep_alive=False)
