"""A fake gateway with tools, and the official MCP client, which speaks to the door's server in this process."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from mcp.client import Client as McpClient
from mcp.client._memory import InMemoryTransport

from callgate.testing import FakeGateway
from callgate.types import Effect
from gateway.edge.mcp.asked import McpCaller
from gateway.edge.mcp.options import DoorOptions
from gateway.edge.mcp.people import People
from gateway.edge.mcp.server import build_server

#: The revisions that the door speaks, by the client's word for them.
REVISIONS = ("legacy", "2026-07-28")


@pytest.fixture
def fake() -> Iterator[FakeGateway]:
    with FakeGateway() as gateway:

        @gateway.tool(effect=Effect.READ)
        def get_order(order: int) -> dict[str, Any]:
            """An order."""
            return {"order": order, "item": "hinge"}

        @gateway.tool
        def create_order(item: str) -> dict[str, Any]:
            """Make an order."""
            return {"id": 7, "item": item}

        yield gateway


@pytest.fixture(params=REVISIONS)
def mode(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@asynccontextmanager
async def door_of(
    gateway: FakeGateway,
    mode: str,
    *,
    session: str | None = "session",
    people: People | None = None,
    options: DoorOptions | None = None,
    **client_options: Any,
) -> AsyncIterator[McpClient]:
    """`session`: that of the client's connection. `client_options` are those of the official client."""
    client = gateway.async_client()
    server = build_server(lambda _: McpCaller(client, session), options or DoorOptions(), people=people)
    # Over streams by both revisions, as with a host: a server that the client is given itself is called in another way.
    async with client, McpClient(InMemoryTransport(server), mode=mode, **client_options) as mcp:
        yield mcp
