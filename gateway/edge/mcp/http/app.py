"""The way of a request, in order: for whom, whose, how much, what. Only what passed each step is seen by the next.

Until its token is known, nothing of a request is read but its head. What comes here is HTTP/1.1, over `connection`.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.edge.mcp.asked import McpCaller
from gateway.edge.mcp.http.asked_of import METHODS, AskedOf, for_page, preflight
from gateway.edge.mcp.http.bodies import ClientGone, announced, body_of, replayed
from gateway.edge.mcp.http.clients import Clients, current_peer
from gateway.edge.mcp.http.connection import ARRIVAL
from gateway.edge.mcp.http.entrance import Arrival
from gateway.edge.mcp.http.events import current_events
from gateway.edge.mcp.http.metadata import Metadata
from gateway.edge.mcp.http.refusals import Refused, answer
from gateway.edge.mcp.http.sessions import Sessions
from gateway.edge.mcp.http.shares import CallerShares
from gateway.edge.mcp.http.tokens import GOOD_FOR, Holder, NoToken, Tokens
from gateway.edge.mcp.http.transport import SESSION, VERSION, has_sessions
from gateway.edge.mcp.http.wanted import options_of
from gateway.model.mcp_settings import PATH

#: Where the server finds who asks, and what that client wants to be offered, in a request's scope.
CALLER, OPTIONS = "callgate.caller", "callgate.options"

CURE = "Send `Authorization: Bearer TOKEN`, with a token that the gateway's operator has given out: `callgate principal add`."


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """`inner` is the SDK's: it answers what was let in. `prove` is told of a connection that a valid token came over."""

    inner: ASGIApp
    asked_of: AskedOf
    metadata: Metadata
    tokens: Tokens
    clients: Clients
    sessions: Sessions
    shares: CallerShares
    body_bytes: int
    prove: Callable[[Arrival], None]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        page: list[tuple[bytes, bytes]] = []
        try:
            self.asked_of.check(headers)
            page.extend(for_page(headers))
            await self._route(scope, receive, _with(page, send))
        except Refused as refused:
            await answer(refused, receive, send, page)
        except NoToken as missing:
            await answer(self._unauthorized(missing), receive, send, page)
        except ClientGone:
            return

    async def _route(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers, method, path = Headers(scope=scope), scope["method"], scope["path"]
        if path in self.metadata.paths and method in {"GET", "HEAD"}:
            await _say(send, HTTPStatus.OK, self.metadata.document, [(b"content-type", b"application/json"), EVERY_PAGE])
        elif path.removesuffix("/") != PATH:
            raise Refused(HTTPStatus.NOT_FOUND, f"there is nothing here: MCP is at {PATH}")
        elif method == "OPTIONS":
            await _say(send, HTTPStatus.NO_CONTENT, b"", preflight(headers))
        elif method not in METHODS:
            raise Refused(HTTPStatus.METHOD_NOT_ALLOWED, "this method is not for here", headers=[(b"allow", METHODS.encode())])
        else:
            await self._admit(scope, receive, send)

    async def _admit(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers, arrival = Headers(scope=scope), scope["state"][ARRIVAL]
        holder = await self._holder(headers, arrival)
        self.prove(arrival)
        scope[OPTIONS] = options_of(scope["query_string"])
        with ExitStack() as held:
            held.enter_context(self.shares.request(holder.digest))
            size = announced(headers, self.body_bytes) if scope["method"] == "POST" else 0
            held.enter_context(self.shares.body(holder.digest, size))
            body = await body_of(receive, self.body_bytes) if scope["method"] == "POST" else b""
            held.enter_context(self._while_valid(holder, headers, arrival))
            client = held.enter_context(self.clients.of(holder))
            current_peer.set(arrival.peer)
            scope[CALLER] = McpCaller(client=client, session=_session_of(headers))
            await self._answer(holder, scope, replayed(body, receive), send)

    async def _holder(self, headers: Headers, arrival: Arrival) -> Holder:
        try:
            return await self.tokens.holder(headers.get("authorization", ""), peer=arrival.peer, host=arrival.host)
        except Refused as refused:
            if refused.status is HTTPStatus.FORBIDDEN:
                refused.headers += tuple(self.metadata.challenge("insufficient_scope", "the gateway does not let it in"))
            raise

    async def _answer(self, holder: Holder, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        if not has_sessions(headers.get(VERSION)):
            await self.inner(scope, receive, send)
        elif id := headers.get(SESSION):
            session = self.sessions.find(id, holder)
            current_events.set(session.events)
            with self.sessions.used(session):
                status = await _status_of(self.inner, scope, receive, send)
            if status == HTTPStatus.NOT_FOUND or scope["method"] == "DELETE":
                self.sessions.forget(id)
        else:
            await self._begin(holder, scope, receive, send)

    async def _begin(self, holder: Holder, scope: Scope, receive: Receive, send: Send) -> None:
        """What is for no session begins one, if it is `initialize`; the SDK refuses all else."""
        self.sessions.make_room(holder)
        events = self.sessions.new_events()
        current_events.set(events)

        async def begun(message: Message) -> None:
            if id := _begun(message):
                self.sessions.begin(id, holder, events)
            await send(message)

        await self.inner(scope, receive, begun)

    @contextmanager
    def _while_valid(self, holder: Holder, headers: Headers, arrival: Arrival) -> Iterator[None]:
        """A request that takes long ends with its token: it may be a stream that is open for days."""
        looks = list[asyncio.Task[None]]()

        def begin() -> None:
            looks.append(asyncio.create_task(self._look(holder, headers, arrival)))

        timer = asyncio.get_running_loop().call_later(GOOD_FOR, begin)
        try:
            yield
        finally:
            timer.cancel()
            for look in looks:
                look.cancel()

    async def _look(self, holder: Holder, headers: Headers, arrival: Arrival) -> None:
        """Until the token is not valid any more: then end the connection, and all sessions of its holder."""
        while True:
            try:
                await self.tokens.holder(headers.get("authorization", ""), peer=arrival.peer, host=arrival.host)
            except Refused:
                pass  # a gateway that starts again says so in a moment
            except NoToken:
                self.sessions.forget_of(holder)
                arrival.end()
                return
            await asyncio.sleep(GOOD_FOR)

    def _unauthorized(self, missing: NoToken) -> Refused:
        challenge = self.metadata.challenge("invalid_token" if missing.given else "", str(missing))
        return Refused(HTTPStatus.UNAUTHORIZED, str(missing), CURE, challenge)


#: What is known to all may be seen by every page.
EVERY_PAGE = (b"access-control-allow-origin", b"*")


def _session_of(headers: Headers) -> str | None:
    return headers.get(SESSION) if has_sessions(headers.get(VERSION)) else None


def _begun(message: Message) -> str | None:
    """The session that an answer has begun."""
    if message["type"] != "http.response.start" or message["status"] >= HTTPStatus.BAD_REQUEST:
        return None
    return Headers(raw=message["headers"]).get(SESSION)


async def _status_of(app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> int:
    """What it has answered; 0 where that was nothing."""
    status = 0

    async def seen(message: Message) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]
        await send(message)

    await app(scope, receive, seen)
    return status


def _with(page: list[tuple[bytes, bytes]], send: Send) -> Send:
    if not page:
        return send

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", ()), *page]}
        await send(message)

    return sent


async def _say(send: Send, status: HTTPStatus, body: bytes, headers: Any) -> None:
    length = [(b"content-length", b"%d" % len(body))] if body else []
    await send({"type": "http.response.start", "status": int(status), "headers": [*headers, *length]})
    await send({"type": "http.response.body", "body": body})
