"""Which of a host's addresses answers first (RFC 8305, Happy Eyeballs): one that swallows packets costs a quarter of a second.

The resolver's order counts, with the two families in turn. All addresses have been checked before.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from itertools import chain, zip_longest

from sandbox.egress.addresses import Address
from sandbox.egress.tunnel import CHUNK, Stream

#: Seconds that an address has for itself, until the next one is tried beside it (RFC 8305 §5).
DELAY = 0.25

#: Addresses of one host that are tried: a name may have thousands.
MOST = 16

Dial = Callable[[Address, int], Awaitable[Stream]]


class NoneAnswers(OSError):
    """None of the addresses took the connection. The message says why, of each where there were several."""


async def dial(address: Address, port: int) -> Stream:
    """Connect to one address. Raises OSError."""
    return await asyncio.open_connection(str(address), port, limit=CHUNK)


class Race:
    """One race. `tried` are the addresses that were set out for so far, in that order; `winner` the one that answered."""

    def __init__(self, addresses: Sequence[Address], port: int, *, dial: Dial = dial, delay: float = DELAY) -> None:
        self.tried: list[Address] = []
        self.winner: Address | None = None
        self._left = list(in_turn(addresses))[:MOST]
        self._port = port
        self._dial = dial
        self._delay = delay
        self._running: dict[asyncio.Future[Stream], Address] = {}
        self._causes: list[str] = []

    async def run(self) -> Stream:
        """The connection that was made first. All others are given up. Raises NoneAnswers."""
        try:
            while self._left or self._running:
                if self._left:
                    self._set_out(self._left.pop(0))
                wait = self._delay if self._left else None
                done, _ = await asyncio.wait(self._running, timeout=wait, return_when=asyncio.FIRST_COMPLETED)
                for attempt in done:
                    if (stream := self._outcome(attempt)) is not None:
                        return stream
            raise NoneAnswers("; ".join(self._causes) or "there is no address")
        finally:
            for attempt in self._running:
                attempt.cancel()
                attempt.add_done_callback(_give_up)

    def _set_out(self, address: Address) -> None:
        self.tried.append(address)
        self._running[asyncio.ensure_future(self._dial(address, self._port))] = address

    def _outcome(self, attempt: asyncio.Future[Stream]) -> Stream | None:
        address = self._running.pop(attempt)
        try:
            stream = attempt.result()
        except OSError as error:
            cause = error.strerror or "no connection"
            alone = not self._left and not self._running and not self._causes
            self._causes.append(cause if alone else f"{address}: {cause}")
            return None
        self.winner = address
        return stream


def in_turn(addresses: Sequence[Address]) -> Iterator[Address]:
    """The families in turn, beginning with that of the first address; within each, the order stays (RFC 8305 §4)."""
    first = [one for one in addresses if one.version == addresses[0].version]
    other = [one for one in addresses if one.version != addresses[0].version]
    return (one for one in chain.from_iterable(zip_longest(first, other)) if one is not None)


def _give_up(attempt: asyncio.Future[Stream]) -> None:
    """One that had connected all the same, just now, is hung up."""
    if not attempt.cancelled() and attempt.exception() is None:
        attempt.result()[1].transport.abort()
