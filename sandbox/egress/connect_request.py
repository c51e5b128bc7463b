"""The one request that a box may make of its broker: CONNECT, and no other part of HTTP."""

import asyncio
import re

from sandbox.egress.resolve import Denied

#: Bytes of the request's head.
LONGEST_HEAD = 4096

#: Seconds for the whole head to arrive, on a connection of a box that has a job.
HEAD_SECONDS = 5.0

_CONNECT = re.compile(rb"CONNECT ([!-~]+) HTTP/1\.1\r\n(?:[!-9;-~]+:[^\r\n\0]*\r\n)*\r\n")


async def read_authority(reader: asyncio.StreamReader, *, patient: bool = False) -> str:
    """Read the request's head. Returns the `host:port` in it, unparsed. Raises Denied for all but a plain CONNECT.

    `patient`: the head may take as long as its box lives, because there is no job yet.
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
