"""The SDK's transport: the one place of this process that knows it. `gateway.edge.mcp.server` knows its server."""

import asyncio
from contextlib import suppress
from typing import Any

from mcp.server import Server
from mcp.server.streamable_http import EventCallback, EventMessage, EventStore
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp_types import JSONRPCMessage, jsonrpc_message_adapter
from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS
from starlette.types import Message, Receive, Scope, Send

from gateway.edge.mcp.http.events import SessionEvents, current_events

#: Milliseconds after which a client whose stream was cut comes again.
RETRY = 1000
VERSION, SESSION = "mcp-protocol-version", "mcp-session-id"


class Transport:
    """Answers requests by a server. To be entered once. Who may ask is looked at before, and how many sessions there are."""

    def __init__(self, server: Server[Any], *, body_bytes: int, idle: float) -> None:
        """`idle`: seconds without a request after which a session ends."""
        self._manager = StreamableHTTPSessionManager(
            server,
            event_store=BoundedEvents(),
            retry_interval=RETRY,
            session_idle_timeout=idle,
            max_request_body_size=body_bytes,
            max_sessions=None,
        )
        self._ends = set[asyncio.Task[None]]()
        self.run = self._manager.run

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._manager.handle_request(scope, receive, send)

    def end_session(self, id: str) -> None:
        """As its client would, by a request; soon."""
        task = asyncio.create_task(self._delete(id))
        self._ends.add(task)
        task.add_done_callback(self._ends.discard)

    async def _delete(self, id: str) -> None:
        headers = [(SESSION.encode(), id.encode()), (VERSION.encode(), HANDSHAKE_PROTOCOL_VERSIONS[-1].encode())]
        scope = {"type": "http", "method": "DELETE", "path": "/", "query_string": b"", "headers": headers}
        with suppress(RuntimeError):  # it has ended with all others
            await self._manager.handle_request(scope, _nothing, _unsaid)


def has_sessions(version: str | None) -> bool:
    """Whether requests of this revision belong to sessions, as the SDK tells them apart: those from 2026-07-28 on do not."""
    return version is None or version in HANDSHAKE_PROTOCOL_VERSIONS


class BoundedEvents(EventStore):
    """The SDK's view of the events of the session in whose context it asks."""

    async def store_event(self, stream_id: str, message: JSONRPCMessage | None) -> str:
        content = None if message is None else message.model_dump_json(by_alias=True, exclude_unset=True).encode()
        return _own().keep(stream_id, content)

    async def replay_events_after(self, last_event_id: str, send_callback: EventCallback) -> str | None:
        found = _own().after(last_event_id)
        if found is None:
            return None
        stream, events = found
        for event in events:
            if event.content is not None:
                message = jsonrpc_message_adapter.validate_json(event.content)
                await send_callback(EventMessage(message, str(event.number)))
        return stream


def _own() -> SessionEvents:
    events = current_events.get()
    assert events is not None  # noqa: S101 - it is set around all that the SDK does for a request
    return events


async def _nothing() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}


async def _unsaid(_: Message) -> None: ...
