"""This host's resolver, asked so that a name that gets no answer holds up no other name.

A resolver may take half a minute until it gives up, and cannot be stopped. The event loop has two threads for it: two names of
one stranger, whose servers say nothing, would be all that boxes could look up. Here each name has a thread of its own, and a
second question for it waits for the same answer.
"""

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress
from ipaddress import ip_address
from threading import Thread
from typing import Any

from sandbox.egress.addresses import Address

#: Names that are looked up at one time; each costs a thread that waits.
MOST = 256

Asked = tuple[asyncio.AbstractEventLoop, str]


class TooManyLookups(OSError):
    """As many names as may be are being looked up."""


class NameLookups:
    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._under_way: dict[Asked, asyncio.Future[tuple[Address, ...]]] = {}

    async def addresses(self, name: str) -> tuple[Address, ...]:
        """In the resolver's order. Raises OSError, ValueError."""
        asked = asyncio.get_running_loop(), name
        if asked not in self._under_way:
            if len(self._under_way) >= self._most:
                raise TooManyLookups(f"{self._most} names are being looked up")
            self._begin(asked)
        return await asyncio.shield(self._under_way[asked])

    def _begin(self, asked: Asked) -> None:
        loop, name = asked
        found: asyncio.Future[tuple[Address, ...]] = loop.create_future()
        # No thread of a pool: the process would wait at its end for those that wait for a resolver.
        thread = Thread(target=_look_up, args=(loop, name, found), name="name-lookup", daemon=True)
        try:
            thread.start()
        except RuntimeError as error:
            raise TooManyLookups("the host has no thread for one more") from error
        self._under_way[asked] = found
        found.add_done_callback(lambda _: self._end(asked))

    def _end(self, asked: Asked) -> None:
        found = self._under_way.pop(asked)
        if not found.cancelled():
            found.exception()  # seen: those who wanted to know may be gone


def _look_up(loop: asyncio.AbstractEventLoop, name: str, found: "asyncio.Future[tuple[Address, ...]]") -> None:
    try:
        entries = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)
        addresses = tuple(dict.fromkeys(ip_address(entry[4][0]) for entry in entries))
    except (OSError, ValueError) as error:  # a name that cannot be encoded is a ValueError, too
        _tell(loop, found.set_exception, error)
    else:
        _tell(loop, found.set_result, addresses)


def _tell(loop: asyncio.AbstractEventLoop, tell: Callable[[Any], None], what: object) -> None:
    with suppress(RuntimeError):  # the loop has ended meanwhile
        loop.call_soon_threadsafe(tell, what)


#: One for the process: the resolver is the host's.
LOOKUPS = NameLookups()
