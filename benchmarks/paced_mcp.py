"""A client of MCP, the official one: `python -m benchmarks.paced_mcp DIRECTORY stdio|http MODE`.

For each line on standard input it calls the tool `charge`, and prints `turn` and the milliseconds that took. `MODE` is the
revision, as the client takes it: `legacy` is 2025-11-25. The door by HTTP is at CALLGATE_MCP_URL.
"""

import asyncio
import os
import sys
from contextlib import AsyncExitStack
from time import perf_counter
from typing import Any

import httpx2
from mcp.client import Client
from mcp.client.stdio import StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

from benchmarks.paced import TURN
from benchmarks.paced_client import TOOL
from benchmarks.timing import WrongAnswer

#: `callgate`, whatever directory it is installed in.
COMMAND = "import sys; from gateway.cli import main; sys.exit(main())"


async def server(stack: AsyncExitStack, transport: str) -> Any:
    if transport == "stdio":
        return StdioServerParameters(command=sys.executable, args=["-c", COMMAND, "mcp"], env=dict(os.environ))
    headers = {"Authorization": f"Bearer {os.environ['CALLGATE_TOKEN']}"}
    http = await stack.enter_async_context(httpx2.AsyncClient(headers=headers, timeout=60))
    return streamable_http_client(os.environ["CALLGATE_MCP_URL"], http_client=http)


async def main(transport: str, mode: str) -> None:
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(Client(await server(stack, transport), mode=mode))
        await client.list_tools()
        while await asyncio.to_thread(sys.stdin.readline):
            begun = perf_counter()
            result = await client.call_tool(TOOL, {"turn": 1})
            took = 1000 * (perf_counter() - begun)
            if result.is_error:
                raise WrongAnswer(str(result.content))
            sys.stdout.write(f"{TURN} {took}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[2:]))
