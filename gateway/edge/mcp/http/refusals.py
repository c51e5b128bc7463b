"""The answers that end here, before MCP: each says what is wrong, and what its client can do."""

import asyncio
import json
from collections.abc import Iterable
from contextlib import suppress
from http import HTTPStatus

from starlette.types import Receive, Send

#: What a client still sends of a request that is refused is taken for so many seconds and bytes: one that is cut off while it
#: sends may never look at the answer.
LINGER, LINGER_BYTES = 0.25, 256 << 10

#: As JSON-RPC has it.
INVALID_REQUEST = -32600

Headers = Iterable[tuple[bytes, bytes]]
SOON = ((b"retry-after", b"1"),)
AGAIN = "Send the request again after a moment."


class Refused(Exception):
    """`cure` is for people. `headers`: beside those that every refusal has."""

    def __init__(self, status: HTTPStatus, why: str, cure: str = "", headers: Headers = ()) -> None:
        super().__init__(why)
        self.status = status
        self.cure = cure
        self.headers = tuple(headers)

    @property
    def body(self) -> bytes:
        """A JSON-RPC error without an id: what clients of MCP read of a refusal."""
        error = {"code": INVALID_REQUEST, "message": str(self), "data": {"cure": self.cure}}
        return json.dumps({"jsonrpc": "2.0", "id": None, "error": error}).encode()


def busy(why: str, cure: str = AGAIN) -> Refused:
    return Refused(HTTPStatus.TOO_MANY_REQUESTS, why, cure, SOON)


def away(why: str) -> Refused:
    return Refused(HTTPStatus.SERVICE_UNAVAILABLE, why, AGAIN, SOON)


async def answer(refused: Refused, receive: Receive, send: Send, more: Headers = ()) -> None:
    """End a request of which nothing, or not all, was read, and its connection. `more`: headers of the request's own, such as
    those for web pages."""
    body = refused.body
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body)), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": int(refused.status), "headers": [*headers, *refused.headers, *more]})
    await send({"type": "http.response.body", "body": body, "more_body": True})
    with suppress(TimeoutError):
        async with asyncio.timeout(LINGER):
            await _take_rest(receive)
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _take_rest(receive: Receive) -> None:
    taken = 0
    while taken < LINGER_BYTES:
        message = await receive()
        taken += len(message.get("body", b""))
        if message["type"] != "http.request" or not message.get("more_body"):
            return
