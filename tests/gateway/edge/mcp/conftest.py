"""A fake gateway with tools of all kinds, and the official MCP client, which speaks to the door's server in this process."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest
from mcp.client import Client as McpClient

from callgate.aio import AsyncClient
from callgate.testing import FakeGateway
from callgate.types import Effect
from gateway.edge.mcp.asked import Caller
from gateway.edge.mcp.options import DoorOptions
from gateway.edge.mcp.server import build_server

#: The revisions that the door speaks, by the client's word for them.
REVISIONS = ("legacy", "2026-07-28")

Door = Callable[..., AbstractAsyncContextManager[McpClient]]


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
async def door_of(gateway: FakeGateway, mode: str, session: str | None = "session", **options: Any) -> AsyncIterator[McpClient]:
    """`options` are those of the door, or of the client."""
    ours = {name: options.pop(name) for name in tuple(options) if name in DoorOptions.__dataclass_fields__}
    client: AsyncClient = gateway.async_client()
    server = build_server(lambda _: Caller(client, session), DoorOptions(**ours))
    async with client, McpClient(server, mode=mode, **options) as mcp:
        yield mcp
