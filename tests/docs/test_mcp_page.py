"""The examples of docs/mcp.md: what a host's configuration starts is a server of MCP, and the program makes its call."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from mcp.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

from callgate.testing import FakeGateway
from tests.docs.pages import DOCS, fences

PAGE = DOCS / "mcp.md"
HOSTS = [json.loads(fence.body) for fence in fences(PAGE) if fence.language == "json"]


@pytest.fixture
def orders() -> Iterator[FakeGateway]:
    with FakeGateway() as gateway:

        @gateway.tool(toolset="orders")
        def create_order(body: dict[str, Any]) -> dict[str, Any]:
            return {"id": 7, **body}

        gateway.tool(name="get_bill", toolset="billing")(lambda: None)
        yield gateway


@pytest.fixture
def environ(orders: FakeGateway, tmp_path: Path) -> dict[str, str]:
    """With a `callgate` on the path that is this checkout's."""
    program = tmp_path / "callgate"
    program.write_text(f"#!{sys.executable}\nfrom gateway.cli import main\nmain()\n")
    program.chmod(0o755)
    token = tmp_path / "token"
    token.write_text(orders.token)
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "CALLGATE_ADDRESS": orders.address, "CALLGATE_TOKEN_FILE": str(token)}


@pytest.mark.parametrize("configuration", HOSTS, ids=[next(iter(one)) for one in HOSTS])
async def test_what_a_host_is_told_to_start_serves_the_tools(configuration: dict[str, Any], environ: dict[str, str]) -> None:
    ((server),) = next(iter(configuration.values())).values()
    assert server["env"].keys() <= environ.keys()
    started = StdioServerParameters(command=server["command"], args=server["args"], env=environ)
    async with Client(stdio_client(started)) as client:
        names = [one.name for one in (await client.list_tools()).tools]
    assert names == (["create_order"] if "--toolset" in server["args"] else ["create_order", "get_bill"])


def test_the_program_makes_its_call_once(orders: FakeGateway, environ: dict[str, str]) -> None:
    (program,) = [fence.body for fence in fences(PAGE) if fence.language == "python"]
    # The official client hands a program that it starts the path and little else of its own environment.
    program = program.replace('args=["mcp"]', f'args=["mcp"], env={environ!r}')
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60, env=environ
        )
        assert done.stdout == "{'id': 7, 'item': 'hinge', 'quantity': 2}\n"
    assert [call.executions for call in orders.calls] == [1]
