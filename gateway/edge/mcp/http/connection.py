"""One connection, as uvicorn speaks HTTP/1.1 over it, with a time for each thing that a client could draw out."""

import asyncio
from collections.abc import Callable
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from gateway.edge.mcp.http.entrance import Arrival

#: Bytes of a request's head: h11 refuses more.
HEAD_BYTES = 16 << 10
#: Seconds in which a head must have come, counted from the connection's or the request's beginning; for which a connection is
#: kept without a request; and in which a client must take something of an answer that waits for it.
HEAD_WITHIN, IDLE, TAKE_WITHIN = 10.0, 60, 30.0

#: Where the application finds its connection, in a request's scope.
ARRIVAL = "arrival"


def settings(app: Any) -> uvicorn.Config:
    """Loaded. Nothing of it listens, or logs what strangers do."""
    config = uvicorn.Config(
        app,
        http=H11Protocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        interface="asgi3",
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=IDLE,
        h11_max_incomplete_event_size=HEAD_BYTES,
    )
    config.load()
    return config


class HttpConnection(H11Protocol):
    """`left` is called once it has ended."""

    def __init__(self, config: uvicorn.Config, state: ServerState, arrival: Arrival, left: Callable[[Arrival], None]) -> None:
        super().__init__(config, state, {ARRIVAL: arrival})
        self._arrival = arrival
        self._left = left
        self._head_due: asyncio.TimerHandle | None = None
        self._take_due: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        super().connection_made(transport)
        self._arrival.end = transport.abort
        self._head_due = self.loop.call_later(HEAD_WITHIN, transport.abort)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.cycle is not None and not self.cycle.response_complete:
            self._drop_head_timer()
        elif self._head_due is None:  # a part of the next one
            self._head_due = self.loop.call_later(HEAD_WITHIN, self.transport.abort)

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._drop_head_timer()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._take_due = self._take_due or self.loop.call_later(TAKE_WITHIN, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._take_due is not None:
            self._take_due.cancel()
            self._take_due = None

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._drop_head_timer()
        if self._take_due is not None:
            self._take_due.cancel()
        self._unset_keepalive_if_required()
        self._left(self._arrival)

    def _drop_head_timer(self) -> None:
        if self._head_due is not None:
            self._head_due.cancel()
            self._head_due = None
