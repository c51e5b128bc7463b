"""The examples of docs/mcp-over-http.md: settings that a gateway takes, a client's configuration, a program that calls once."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from mcp.client import Client
from mcp.client.streamable_http import streamable_http_client

from callgate.testing import FakeGateway
from gateway.edge.door.mcp_door import COMMAND
from gateway.model.config import load
from gateway.model.mcp_settings import McpSettings
from tests.docs.pages import DOCS, fences
from tests.docs.test_mcp_page import orders
from tests.gateway.model.test_config import REQUIRED
from tests.proxies import AROUND_NGINX, Proxy

__all__ = ["orders"]

PAGE = DOCS / "mcp-over-http.md"
SETTINGS = [fence.body for fence in fences(PAGE) if fence.language == "ini"]
PLACE = "http://127.0.0.1:7444"


@pytest.fixture
def door(orders: FakeGateway) -> Iterator[str]:
    """The door's process before a fake gateway: where it is."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listen = f"127.0.0.1:{listener.getsockname()[1]}"
        settings = McpSettings(listen=listen)
        plan = {
            "gateway": orders.address,
            "listeners": [listener.fileno()],
            "resource": settings.resource,
            "names": sorted(settings.names),
            "origins": [],
            "body_bytes": 4 << 20,
        }
        process = subprocess.Popen(
            [*COMMAND, json.dumps(plan)], pass_fds=[listener.fileno()], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert process.stdout
        assert process.stdin
        assert process.stdout.readline() == b"ready\n"
        yield f"http://{listen}"
    with process:
        process.stdin.close()
        assert process.wait(10) == 0, "it ends with the process that started it"


@pytest.mark.parametrize("text", SETTINGS)
def test_the_settings_are_those_of_a_door(text: str) -> None:
    said = dict(line.split("=", 1) for line in text.splitlines())
    settings = load(REQUIRED | said).mcp
    assert settings is not None
    assert settings.resource.endswith("/mcp")


async def test_what_a_client_is_told_leads_to_the_tools_of_the_toolset(door: str, orders: FakeGateway) -> None:
    (configuration,) = [json.loads(fence.body) for fence in fences(PAGE) if fence.language == "json"]
    ((server),) = configuration["mcpServers"].values()
    assert server["url"].startswith(PLACE)
    headers = {name: said.replace("${CALLGATE_TOKEN}", orders.token) for name, said in server["headers"].items()}
    url = server["url"].replace(PLACE, door)
    async with httpx2.AsyncClient(headers=headers) as http, Client(streamable_http_client(url, http_client=http)) as client:
        assert [tool.name for tool in (await client.list_tools()).tools] == ["create_order"]


def test_the_program_makes_its_call_once(door: str, orders: FakeGateway) -> None:
    (program,) = [fence.body for fence in fences(PAGE) if fence.language == "python"]
    environ = {**os.environ, "CALLGATE_TOKEN": orders.token}
    for _ in range(2):
        done: Any = subprocess.run(
            [sys.executable, "-c", program.replace(PLACE, door)], capture_output=True, text=True, check=False, env=environ
        )
        assert (done.stdout, done.stderr) == ("{'id': 7, 'item': 'hinge', 'quantity': 2}\n", "")
    assert [call.executions for call in orders.calls] == [1]


@pytest.mark.slow
async def test_through_the_proxy_of_the_page_a_call_is_told_while_it_goes_on(
    door: str, orders: FakeGateway, tmp_path: Path, free_port: Callable[[], int]
) -> None:
    (locations,) = [fence.body.replace(PLACE, door) for fence in fences(PAGE) if fence.language == "nginx"]
    port, configuration = free_port(), tmp_path / "nginx.conf"
    server = f"server {{ listen 127.0.0.1:{port}; {locations} }}"
    configuration.write_text(AROUND_NGINX.format(home=tmp_path, server=server))
    nginx = Proxy(("nginx", "-c", str(configuration)), port, signal.SIGHUP, tmp_path / "out")
    told, heard = list[str](), threading.Event()

    @orders.tool(toolset="orders")
    def count_stock() -> Iterator[dict[str, int]]:
        """It goes on once the client has heard of its beginning."""
        yield {"hinges": 1}
        assert heard.wait(30)
        yield {"hinges": 2}

    async def hear(progress: float, total: float | None, message: str | None) -> None:
        told.append(str(message))
        heard.set()

    with nginx:
        headers = {"Authorization": f"Bearer {orders.token}"}
        async with httpx2.AsyncClient(headers=headers) as http:
            described = await http.get(f"http://127.0.0.1:{port}/.well-known/oauth-protected-resource/mcp")
            assert described.json()["resource"] == f"{door}/mcp"
            place = streamable_http_client(f"http://127.0.0.1:{port}/mcp", http_client=http)
            async with Client(place, mode="legacy") as client:
                counted = await client.call_tool("count_stock", {}, progress_callback=hear)
    assert not counted.is_error
    assert told
