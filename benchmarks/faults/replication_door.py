"""The door to one server of a replicated store, for its replica and its Sentinels. It can hold back what the replica gets.

What is held back when the server dies is lost for good: that makes a *lost tail* to order, which its gateways have seen
acknowledged and its replica never has.
"""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic
from typing import Self

_CHUNK = 1 << 16
_MARK = b"PSYNC"


@dataclass(eq=False)
class _Passage:
    """`replicates`: the other side is a replica, so what the server says here is its replication stream."""

    outside: asyncio.StreamWriter
    server: asyncio.StreamWriter
    replicates: bool = False

    def cut(self) -> None:
        for half in (self.outside, self.server):
            half.transport.abort()


class ReplicationDoor:
    """Use it as an asynchronous context manager. Its port is fixed, whatever becomes of the server behind it."""

    def __init__(self, server_port: int) -> None:
        self._server_port = server_port
        self._passages: set[_Passage] = set()
        self._passing = asyncio.Event()
        self._passing.set()
        self._listener: asyncio.Server | None = None
        #: When it began to hold back, by the monotonic clock. None: it does not.
        self.held_since: float | None = None

    async def __aenter__(self) -> Self:
        self._listener = await asyncio.start_server(self._connect, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._listener:
            self._listener.close()
        self.drop()
        while self._passages:  # noqa: ASYNC110 - they end with their connections, in this loop's next rounds
            await asyncio.sleep(0)

    @property
    def port(self) -> int:
        if self._listener is None:
            raise RuntimeError("the door has not opened")
        return int(self._listener.sockets[0].getsockname()[1])

    def hold(self) -> None:
        """Hold back what the server says to its replica from now on."""
        self._passing.clear()
        self.held_since = self.held_since or monotonic()

    def drop(self) -> None:
        """Cut every connection, throw away what was held back, and hold back nothing from now on."""
        for passage in list(self._passages):
            passage.cut()
        self._passing.set()
        self.held_since = None

    async def _connect(self, requests: asyncio.StreamReader, outside: asyncio.StreamWriter) -> None:
        try:
            answers, server = await asyncio.open_connection("127.0.0.1", self._server_port)
        except OSError:
            outside.transport.abort()
            return
        passage = _Passage(outside, server)
        self._passages.add(passage)
        try:
            await asyncio.gather(self._in(requests, passage), self._out(answers, passage))
        finally:
            passage.cut()
            self._passages.discard(passage)

    async def _in(self, requests: asyncio.StreamReader, passage: _Passage) -> None:
        with suppress(OSError):
            while chunk := await requests.read(_CHUNK):
                passage.replicates = passage.replicates or _MARK in chunk.upper()
                passage.server.write(chunk)
        passage.cut()

    async def _out(self, answers: asyncio.StreamReader, passage: _Passage) -> None:
        with suppress(OSError):
            while chunk := await answers.read(_CHUNK):
                if passage.replicates:
                    await self._passing.wait()
                passage.outside.write(chunk)
        passage.cut()
