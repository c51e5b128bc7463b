"""A proxy between a gateway and the store that injects faults at named moments.

It reads the requests that pass (RESP arrays of bulk strings), so that a moment can be "before the dispatch reaches the store"
or "after the store has done it and before the gateway knows". A connection carries one request at a time.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

_CHUNK = 1 << 16


class Moment(StrEnum):
    BEFORE = "before"
    AFTER = "after"


@dataclass(frozen=True, slots=True)
class Point:
    """A moment at one of the ledger's transitions."""

    transition: str
    moment: Moment

    def __str__(self) -> str:
        return f"{self.moment} {self.transition}"


@dataclass(frozen=True, slots=True)
class InjectedFault:
    """Once, at the next request that comes to `point`: the proxy calls `strike`, and passes on neither request nor reply.

    One that does not break lets the request or reply pass.
    """

    point: Point
    strike: Callable[[], object]
    breaks: bool = True


@dataclass(eq=False)
class _Connection:
    """A gateway's connection to the proxy, and the proxy's to the store."""

    gateway: asyncio.StreamWriter
    store: asyncio.StreamWriter
    under_way: str = ""

    def cut(self) -> None:
        for half in (self.gateway, self.store):
            half.transport.abort()


class RedisFaultProxy:
    """Use it as an asynchronous context manager. The gateway connects to `port`."""

    def __init__(self, store_port: int) -> None:
        self._store_port = store_port
        self._connections: set[_Connection] = set()
        self._fault: InjectedFault | None = None
        self._cut_off = False
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._connect, "127.0.0.1", 0, backlog=256)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server:
            self._server.close()
        self._cut_all()

    @property
    def port(self) -> int:
        if self._server is None:
            raise RuntimeError("the proxy has not started")
        return int(self._server.sockets[0].getsockname()[1])

    def arm(self, fault: InjectedFault | None) -> None:
        """Inject the fault at the next request that comes to its point. None: inject none."""
        self._fault = fault

    def cut_off(self) -> None:
        """Break every connection, and each new one, until `restore`."""
        self._cut_off = True
        self._cut_all()

    def restore(self) -> None:
        self._cut_off = False

    def point_at(self, store_port: int) -> None:
        """Break every connection, and lead each new one to another server."""
        self._store_port = store_port
        self._cut_all()

    def _cut_all(self) -> None:
        for connection in list(self._connections):
            connection.cut()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            answers, store = await asyncio.open_connection("127.0.0.1", self._store_port)
        except OSError:
            writer.transport.abort()
            return
        connection = _Connection(writer, store)
        self._connections.add(connection)
        if self._cut_off:
            connection.cut()
        try:
            await asyncio.gather(self._requests(reader, connection), self._replies(answers, connection))
        finally:
            connection.cut()
            self._connections.discard(connection)

    async def _requests(self, reader: asyncio.StreamReader, connection: _Connection) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            while True:
                raw, words = await _read_command(reader)
                connection.under_way = _transition(words)
                if self._breaks(connection, Moment.BEFORE):
                    break
                connection.store.write(raw)
        connection.cut()

    async def _replies(self, answers: asyncio.StreamReader, connection: _Connection) -> None:
        with suppress(OSError):
            while (chunk := await answers.read(_CHUNK)) and not self._breaks(connection, Moment.AFTER):
                connection.gateway.write(chunk)
        connection.cut()

    def _breaks(self, connection: _Connection, moment: Moment) -> bool:
        fault = self._fault
        if fault is None or fault.point != Point(connection.under_way, moment):
            return False
        self._fault = None
        fault.strike()
        return fault.breaks


async def _read_command(reader: asyncio.StreamReader) -> tuple[bytes, list[bytes]]:
    head = await _read_line(reader)
    raw, words = [head], []
    for _ in range(int(head[1:])):
        size = await _read_line(reader)
        word = await reader.readexactly(int(size[1:]) + 2)
        raw += [size, word]
        words.append(word[:-2])
    return b"".join(raw), words


async def _read_line(reader: asyncio.StreamReader) -> bytes:
    return await reader.readuntil(b"\r\n")


def _transition(words: list[bytes]) -> str:
    """The transition's name, where the request calls one of the ledger's Functions."""
    if len(words) > 1 and words[0].upper() == b"FCALL":
        return words[1].decode().rpartition("_")[2]
    return ""
