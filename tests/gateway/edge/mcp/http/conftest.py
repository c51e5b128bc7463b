"""Doors of MCP by HTTP in the test's own process, before a fake gateway; and what speaks to them byte by byte."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeVar

import pytest

from callgate.testing import FakeGateway
from gateway.edge.mcp.http.app import App
from gateway.edge.mcp.http.plan import Plan
from gateway.edge.mcp.http.serving import Serving, application
from gateway.model.mcp_settings import McpSettings
from tests.gateway.edge.mcp.conftest import fake

__all__ = ["fake"]

BODY_BYTES = 100_000

Entered = TypeVar("Entered")

INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}},
}


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def events(self) -> list[Any]:
        """The JSON of a stream's events."""
        lines = self.body.decode().splitlines()
        return [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: {")]

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class RawClient:
    """Speaks HTTP/1.1 as a test says, also wrongly."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def head(self) -> tuple[int, dict[str, str]]:
        first, *lines = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        named = (line.partition(":") for line in lines if line)
        return int(first.split()[1]), {name.lower(): value.strip() for name, _, value in named}

    async def answer(self) -> Answer:
        status, headers = await self.head()
        if "content-length" in headers:
            return Answer(status, headers, await self.reader.readexactly(int(headers["content-length"])))
        if headers.get("transfer-encoding") == "chunked":
            return Answer(status, headers, await self._chunks())
        return Answer(status, headers, b"")

    async def _chunks(self) -> bytes:
        body = b""
        while size := int(await self.reader.readline(), 16):
            body += await self.reader.readexactly(size)
            await self.reader.readline()
        await self.reader.readline()
        return body

    async def ended(self) -> bool:
        """Whether the door has ended the connection, once it does anything."""
        try:
            return await self.reader.read(1) == b""
        except ConnectionError:
            return True


@dataclass
class Door:
    """A door that listens, and how a test asks it. `app` and `serving` are its parts, to be changed."""

    port: int
    token: str
    app: App
    serving: Serving
    stack: AsyncExitStack
    sent: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/mcp"

    async def raw(self) -> RawClient:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        self.stack.callback(writer.close)
        return RawClient(reader, writer)

    def head(self, method: str = "POST", path: str = "/mcp", /, **headers: str | None) -> bytes:
        """With all that a client sends; a header that is None is left out."""
        whole = {
            "host": f"127.0.0.1:{self.port}",
            "authorization": f"Bearer {self.token}",
            "accept": "application/json, text/event-stream",
            "content-type": "application/json",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        lines = [f"{name}: {value}" for name, value in whole.items() if value is not None]
        return "\r\n".join([f"{method} {path} HTTP/1.1", *lines, "", ""]).encode("latin-1")

    async def ask(self, method: str = "POST", path: str = "/mcp", /, *, body: Any = None, **headers: str | None) -> Answer:
        """One request on a connection of its own."""
        client, content = await self.raw(), b"" if body is None else json.dumps(body).encode()
        length = {"content_length": str(len(content))} if content else {}
        await client.send(self.head(method, path, **{**length, **headers}) + content)
        answer = await client.answer()
        client.writer.close()
        return answer

    async def session(self, **headers: str | None) -> str:
        """The id of a new one."""
        begun = await self.ask(body=INITIALIZE, **headers)
        assert begun.status == 200, begun
        id = begun.headers["mcp-session-id"]
        told = {"jsonrpc": "2.0", "method": "notifications/initialized"}
        assert (await self.ask(body=told, mcp_session_id=id, **headers)).status == 202
        return id


async def in_task_of_its_own(stack: AsyncExitStack, context: AbstractAsyncContextManager[Entered]) -> Entered:
    """Enter it, and leave it with the stack, in one task: a fixture is ended by another task than it was begun by."""
    entered: asyncio.Future[Entered] = asyncio.get_running_loop().create_future()
    left = asyncio.Event()

    async def within() -> None:
        async with context as value:
            entered.set_result(value)
            await left.wait()

    task = asyncio.create_task(within())

    async def leave() -> None:
        left.set()
        await task

    stack.push_async_callback(leave)
    return await entered


class OpenDoor(Protocol):
    async def __call__(self, gateway: str | None = None, **said: Any) -> Door: ...


@pytest.fixture
async def open_door(fake: FakeGateway, free_port: Callable[[], int]) -> AsyncIterator[OpenDoor]:
    """Opens a door before the fake gateway, or one at that address. `said`: of its settings."""
    async with AsyncExitStack() as stack:

        async def start(gateway: str | None = None, **said: Any) -> Door:
            listener = socket.create_server(("127.0.0.1", 0))
            port = listener.getsockname()[1]
            settings = McpSettings(listen=f"127.0.0.1:{port}", **said)
            plan = Plan(
                gateway=gateway or fake.address,
                listeners=(),
                resource=settings.resource,
                names=settings.names,
                origins=frozenset(settings.origins),
                body_bytes=BODY_BYTES,
            )
            serving = Serving([listener], lambda: None)
            app = await in_task_of_its_own(stack, application(plan, serving))
            serving.begin(app)
            stack.push_async_callback(serving.close)
            return Door(port, fake.token, app, serving, stack)

        yield start


@pytest.fixture
async def door(open_door: OpenDoor) -> Door:
    return await open_door()
