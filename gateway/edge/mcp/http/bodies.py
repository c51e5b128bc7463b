"""Reads a request's body whole, bounded in bytes and seconds, before any code of MCP's sees the request."""

import asyncio
from collections.abc import Mapping
from http import HTTPStatus

from starlette.types import Message, Receive

from gateway.edge.mcp.http.refusals import Refused

#: Seconds that it may take, however long it is.
WITHIN = 30.0


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
                    return bytes(body)
    except TimeoutError:
        raise Refused(HTTPStatus.REQUEST_TIMEOUT, "the request did not come to its end in time", "Send it again.") from None


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
