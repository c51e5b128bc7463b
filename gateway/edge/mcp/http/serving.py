"""The life of the process: what it is made of, how it takes connections, and how it ends."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any
from urllib.parse import urlsplit

from starlette.types import ASGIApp
from uvicorn.server import ServerState

from gateway.edge.mcp.asked import McpCaller
from gateway.edge.mcp.http.app import CALLER, OPTIONS, App
from gateway.edge.mcp.http.asked_of import AskedOf
from gateway.edge.mcp.http.asking import asking
from gateway.edge.mcp.http.clients import Clients
from gateway.edge.mcp.http.connection import HttpConnection, settings
from gateway.edge.mcp.http.entrance import Arrival, Entrance
from gateway.edge.mcp.http.metadata import Metadata
from gateway.edge.mcp.http.plan import Plan
from gateway.edge.mcp.http.sessions import IDLE, Sessions
from gateway.edge.mcp.http.shares import CallerShares
from gateway.edge.mcp.http.tokens import Tokens
from gateway.edge.mcp.http.transport import Transport
from gateway.edge.mcp.options import DoorOptions
from gateway.edge.mcp.server import build_server

#: Seconds that a client has for a TLS handshake.
HANDSHAKE = 10.0


@dataclass(slots=True)
class Serving:
    """Serves `app` over connections of `listeners`. `secure` is asked for with each connection; None: in the clear."""

    listeners: Sequence[socket.socket]
    secure: Callable[[], ssl.SSLContext | None]
    #: Whether it ends: then a client whose stream is cut has not cut it.
    draining: bool = field(default=False, init=False)
    entrance: Entrance = field(init=False)
    _state: ServerState = field(default_factory=ServerState)
    _config: Any = field(default=None, init=False)
    _tasks: list[asyncio.Task[None]] = field(default_factory=list, init=False)
    _quiet: asyncio.Event = field(default_factory=asyncio.Event, init=False)

    def __post_init__(self) -> None:
        self.entrance = Entrance(self._speak)

    @property
    def connections(self) -> int:
        return len(self._state.connections)

    def begin(self, app: ASGIApp) -> None:
        self._config = settings(app)
        self._tasks.append(asyncio.create_task(self._tell_the_time()))
        self._tasks += [asyncio.create_task(self.entrance.take_from(listener)) for listener in self.listeners]

    async def drain(self) -> None:
        """Take no more connections, and return once all answers have ended: the gateway bounds that."""
        self.draining = True
        for task in self._tasks[1:]:
            task.cancel()
        for listener in self.listeners:
            listener.close()
        for connection in list(self._state.connections):
            connection.shutdown()
        await self._all_gone()

    async def close(self) -> None:
        """End all, whatever is being answered."""
        for task in self._tasks:
            task.cancel()
        for listener in self.listeners:
            listener.close()
        self.entrance.close()
        await self._all_gone()

    async def _speak(self, connection: socket.socket, arrival: Arrival) -> None:
        def speaks() -> HttpConnection:
            return HttpConnection(self._config, self._state, arrival, self._left)

        secure, loop = self.secure(), asyncio.get_running_loop()
        within = HANDSHAKE if secure else None
        await loop.connect_accepted_socket(speaks, connection, ssl=secure, ssl_handshake_timeout=within)

    def _left(self, arrival: Arrival) -> None:
        self.entrance.leave(arrival)
        if not self._state.connections:
            self._quiet.set()

    async def _all_gone(self) -> None:
        while self._state.connections:
            self._quiet.clear()
            await self._quiet.wait()

    async def _tell_the_time(self) -> None:
        while True:
            self._state.default_headers = [(b"date", formatdate(usegmt=True).encode())]
            await asyncio.sleep(1)


@asynccontextmanager
async def application(plan: Plan, serving: Serving) -> AsyncIterator[App]:
    """The application that it serves, and what that is made of, as long as this lasts."""
    async with AsyncExitStack() as stack:
        ask = await stack.enter_async_context(asking(plan.gateway))
        clients = Clients(plan.gateway)
        stack.push_async_callback(clients.close)
        server = build_server(_caller_of, _options_of, stopping=lambda: serving.draining)
        transport = Transport(server, body_bytes=plan.body_bytes, idle=IDLE)
        await stack.enter_async_context(transport.run())
        yield App(
            inner=transport,
            asked_of=AskedOf(plan.names, plan.origins, urlsplit(plan.resource).scheme),
            metadata=Metadata(plan.resource),
            tokens=Tokens(ask),
            clients=clients,
            sessions=Sessions(clients.of, transport.end_session),
            shares=CallerShares(),
            body_bytes=plan.body_bytes,
            prove=serving.entrance.prove,
        )


def _caller_of(ctx: Any) -> McpCaller:
    caller: McpCaller = ctx.request.scope[CALLER]
    return caller


def _options_of(ctx: Any) -> DoorOptions:
    options: DoorOptions = ctx.request.scope[OPTIONS]
    return options
