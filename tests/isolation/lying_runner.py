"""A box whose runner is in a stranger's hands: its two sockets and its broker are real, and what it says is a test's."""

import asyncio
import os
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from sandbox.api.spec import RUNNER
from sandbox.box.box import Design, SocketBox
from sandbox.box.frames import FrameKind, encode
from sandbox.egress.box_sockets import EGRESS_SOCKET, IO_SOCKET

ASK = encode(FrameKind.ASK)
END = encode(FrameKind.END, b'{"phases": []}')
HEAD = encode(FrameKind.HEAD, b'{"status": 200, "headers": []}')


def fault(name: str = "PERMISSION_REFUSED", evidence: str = "NOT_SENT") -> bytes:
    document = b'{"fault": "%s", "evidence": "%s", "message": "m", "phases": []}'
    return encode(FrameKind.FAULT, document % (name.encode(), evidence.encode()))


class LyingRunner:
    """The box's end of both sockets."""

    def __init__(self, directory: Path, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._directory = directory
        self._reader, self._writer = reader, writer
        self._upstreams: list[asyncio.StreamWriter] = []

    async def heard(self) -> FrameKind:
        """The next frame's kind, from the gateway."""
        header = await self._reader.readexactly(5)
        await self._reader.readexactly(int.from_bytes(header[1:]))
        return FrameKind(header[:1])

    async def say(self, frames: bytes) -> None:
        with suppress(ConnectionError):  # the gateway may have heard enough
            self._writer.write(frames)
            await self._writer.drain()

    async def connect(self, authority: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A way to an upstream, which the broker has opened."""
        reader, writer = await asyncio.open_unix_connection(self._directory / EGRESS_SOCKET)
        self._upstreams.append(writer)
        writer.write(f"CONNECT {authority} HTTP/1.1\r\n\r\n".encode())
        assert b" 200 " in await reader.readuntil(b"\r\n\r\n")
        return reader, writer

    def hang_up(self) -> None:
        for writer in (self._writer, *self._upstreams):
            writer.transport.abort()

    async def connect_tls(self, authority: str, context: ssl.SSLContext) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await self.connect(authority)
        await writer.start_tls(context, server_hostname=authority.partition(":")[0])
        return reader, writer


@asynccontextmanager
async def lying_box(run_dir: Path) -> AsyncIterator[tuple[SocketBox, LyingRunner]]:
    """A box that waits, and its runner."""
    directory = run_dir / "cg-lies"
    box = SocketBox(Design("cg-lies", directory, 0, os.getuid(), RUNNER, "runner:1"))
    await box.open()
    reader, writer = await asyncio.open_unix_connection(directory / IO_SOCKET)
    runner = LyingRunner(directory, reader, writer)
    try:
        await runner.say(encode(FrameKind.READY))
        await box.ready()
        yield box, runner
    finally:
        box.close()
        runner.hang_up()
