"""The cable from a gateway to the store, on which accidents happen at named moments.

It understands the requests that pass (RESP arrays of bulk strings), so that a moment is "before the dispatch reaches the store"
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
class Accident:
    """What happens, once, to the request that is at its point: `strike`, and neither it nor its reply gets any further."""

    point: Point
    strike: Callable[[], None]


@dataclass(eq=False)
class _Line:
    """One connection, both halves."""

    gateway: asyncio.StreamWriter
    store: asyncio.StreamWriter
    under_way: str = ""

    def cut(self) -> None:
        for half in (self.gateway, self.store):
            half.transport.abort()


class Cable:
    """`async with Cable(host, port)`; the gateway connects to `port`."""

    def __init__(self, store_port: int) -> None:
        self._store_port = store_port
        self._lines: set[_Line] = set()
        self._accident: Accident | None = None
        self._severed = False
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
            raise RuntimeError("the cable has not been laid")
        return int(self._server.sockets[0].getsockname()[1])

    def arm(self, accident: Accident | None) -> None:
        """Let it happen to the next request that comes to its point. None: to nobody."""
        self._accident = accident

    def sever(self) -> None:
        """Break every connection, and each new one, until mended."""
        self._severed = True
        self._cut_all()

    def mend(self) -> None:
        self._severed = False

    def _cut_all(self) -> None:
        for line in list(self._lines):
            line.cut()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            answers, store = await asyncio.open_connection("127.0.0.1", self._store_port)
        except OSError:
            writer.transport.abort()
            return
        line = _Line(writer, store)
        self._lines.add(line)
        if self._severed:
            line.cut()
        try:
            await asyncio.gather(self._requests(reader, line), self._replies(answers, line))
        finally:
            line.cut()
            self._lines.discard(line)

    async def _requests(self, reader: asyncio.StreamReader, line: _Line) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            while True:
                raw, words = await _read_command(reader)
                line.under_way = _transition(words)
                if self._happens(line, Moment.BEFORE):
                    break
                line.store.write(raw)
        line.cut()

    async def _replies(self, answers: asyncio.StreamReader, line: _Line) -> None:
        with suppress(OSError):
            while (chunk := await answers.read(_CHUNK)) and not self._happens(line, Moment.AFTER):
                line.gateway.write(chunk)
        line.cut()

    def _happens(self, line: _Line, moment: Moment) -> bool:
        accident = self._accident
        if accident is None or accident.point != Point(line.under_way, moment):
            return False
        self._accident = None
        accident.strike()
        return True


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
