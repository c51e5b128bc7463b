"""The one request that a box may make of its broker: CONNECT, and nothing else of HTTP."""

import asyncio
import re

from sandbox.egress.resolve import Denied

LONGEST_HEAD = 4096
"""Bytes of the request's head."""

HEAD_SECONDS = 5.0
"""For the whole head to arrive, on a connection of a box that has a job."""

_CONNECT = re.compile(rb"CONNECT ([!-~]+) HTTP/1\.1\r\n(?:[!-9;-~]+:[^\r\n\0]*\r\n)*\r\n")


async def read_authority(reader: asyncio.StreamReader, *, patient: bool = False) -> str:
    """Read the request's head; answer the `host:port` in it, not yet read itself. Raises Denied for all but a plain CONNECT.

    `patient`: it has all the time of its box, for there is no job yet.
    """
    try:
        async with asyncio.timeout(None if patient else HEAD_SECONDS):
            head = await reader.readuntil(b"\r\n\r\n")
    except TimeoutError:
        raise Denied("the request's head did not arrive in time") from None
    except (asyncio.LimitOverrunError, asyncio.IncompleteReadError):
        raise Denied("the request's head is too long, or incomplete") from None
    request = _CONNECT.fullmatch(head)
    if request is None or len(head) > LONGEST_HEAD:
        raise Denied("only CONNECT is served here")
    return request[1].decode("ascii")
