"""Reads a request's body whole, bounded in bytes, seconds and values, before any code of MCP's sees the request.

Values are counted because JSON of two megabytes may have a million, each of which is gone through over and over on its way:
while one caller's arguments are, others wait.
"""

import asyncio
from collections.abc import Mapping
from http import HTTPStatus

from starlette.types import Message, Receive

from gateway.edge.mcp.http.refusals import Refused
from gateway.edge.mcp.values import MOST, has_too_many

#: Seconds that it may take, however long it is; and how many values, names of members counted, its JSON may have.
WITHIN, MOST_VALUES = 30.0, MOST


def announced(headers: Mapping[str, str], most: int) -> int:
    """The bytes that its head announces, or may not exceed where it comes in chunks. Raises Refused."""
    length = headers.get("content-length")
    if length is not None and "transfer-encoding" in headers:  # a proxy before the door may go by the other one
        raise Refused(HTTPStatus.BAD_REQUEST, "a request has either a length or chunks", "Send one of them.")
    if length is None:
        return most if "transfer-encoding" in headers else 0
    if not length.isdecimal() or int(length) > most:  # of no more than twenty digits: h11 has looked
        raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a request has at most {most:,} bytes", "Send less at a time.")
    return int(length)


async def body_of(receive: Receive, most: int, within: float = WITHIN) -> bytes:
    """Raises Refused, and ClientGone."""
    body = bytearray()
    try:
        async with asyncio.timeout(within):
            while True:
                message = await receive()
                if message["type"] != "http.request":
                    raise ClientGone
                body += message.get("body", b"")
                if len(body) > most:
                    raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a request has at most {most:,} bytes")
                if not message.get("more_body"):
                    return _of_few_values(bytes(body))
    except TimeoutError:
        raise Refused(HTTPStatus.REQUEST_TIMEOUT, "the request did not come to its end in time", "Send it again.") from None


def _of_few_values(body: bytes) -> bytes:
    """Raises Refused."""
    if has_too_many(body, MOST_VALUES):
        cure = "Send less at a time, or long lists as an artifact."
        raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a request has at most {MOST_VALUES:,} values", cure)
    return body


class ClientGone(Exception):
    """It has ended the connection in the middle of its request."""


def replayed(body: bytes, receive: Receive) -> Receive:
    """What is received by who asks next: the body, then how the connection goes on."""
    told = False

    async def again() -> Message:
        nonlocal told
        if told:
            return await receive()
        told = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again
