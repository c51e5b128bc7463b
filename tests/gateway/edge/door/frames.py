"""A client that writes its frames by hand, and keeps those that come."""

import asyncio
import struct
from asyncio import StreamReader, StreamWriter
from collections.abc import Callable
from typing import Self

from benchmarks.hostile.http2_frames import (
    ACK,
    DATA,
    END_HEADERS,
    END_STREAM,
    GOAWAY,
    HEADERS,
    PING,
    PREFACE,
    RST_STREAM,
    SETTINGS,
    frame,
    literal,
    settings,
)

HEAD = 9
Frame = tuple[int, int, int, bytes]


def headers(path: str, *more: tuple[bytes, bytes], method: bytes = b"POST", kind: bytes = b"application/grpc") -> bytes:
    """The block of a request."""
    fields = [(b":method", method), (b":scheme", b"http"), (b":path", path.encode()), (b":authority", b"gateway")]
    fields += [(b"content-type", kind), (b"te", b"trailers")]
    return b"".join(literal(name, value) for name, value in (*fields, *more))


def message(content: bytes = b"") -> bytes:
    return struct.pack(">BI", 0, len(content)) + content


def asking(stream: int, path: str, content: bytes = b"", *more: tuple[bytes, bytes]) -> bytes:
    """A whole request."""
    return frame(HEADERS, END_HEADERS, stream, headers(path, *more)) + frame(DATA, END_STREAM, stream, message(content))


class RawClient:
    def __init__(self, reader: StreamReader, writer: StreamWriter) -> None:
        self.frames = list[Frame]()
        self._reader, self._writer = reader, writer
        self._reading = asyncio.create_task(self._read())

    @classmethod
    async def open(cls, port: int, first: bytes = PREFACE + settings()) -> Self:
        client = cls(*await asyncio.open_connection("127.0.0.1", port))
        await client.send(first)
        return client

    @property
    def ended(self) -> bool:
        return self._reading.done()

    async def send(self, written: bytes) -> None:
        """What the door takes no more is lost: `ended` tells."""
        try:
            self._writer.write(written)
            await self._writer.drain()
        except ConnectionError:
            return

    async def send_until_ended(self, written: bytes, *, times: int) -> bool:
        for _ in range(times):
            if self.ended:
                return True
            await self.send(written)
        return await self.ends()

    async def ends(self, seconds: float = 10.0) -> bool:
        await asyncio.wait({self._reading}, timeout=seconds)
        return self.ended

    async def gets(self, wanted: Callable[[Frame], bool], seconds: float = 30.0) -> Frame:
        """The first such frame. Raises TimeoutError."""
        async with asyncio.timeout(seconds):
            while True:
                for found in self.frames:
                    if wanted(found):
                        return found
                assert not self.ended, f"the connection was ended: {self.frames}"
                await asyncio.sleep(0.005)

    async def end_of(self, stream: int) -> Frame:
        """The frame that ends it."""
        return await self.gets(
            lambda f: f[2] == stream and (f[0] == RST_STREAM or (f[0] in (DATA, HEADERS) and f[1] & END_STREAM > 0))
        )

    async def settled(self, stream: int, seconds: float = 30.0) -> bool:
        """Whether the stream ends before its connection does."""
        try:
            async with asyncio.timeout(seconds):
                await self.end_of(stream)
        except AssertionError:
            return False
        return True

    def close(self) -> None:
        self._reading.cancel()
        self._writer.close()

    async def close_writing(self) -> None:
        self._writer.write_eof()

    async def _read(self) -> None:
        try:
            while True:
                head = await self._reader.readexactly(HEAD)
                length = int.from_bytes(head[:3], "big")
                kind, flags, stream = struct.unpack(">BBI", head[3:])
                await self._take((kind, flags, stream, await self._reader.readexactly(length)))
        except (ConnectionError, asyncio.IncompleteReadError):
            pass

    async def _take(self, got: Frame) -> None:
        self.frames.append(got)
        kind, flags, _, content = got
        if kind == SETTINGS and not flags & ACK:
            await self.send(frame(SETTINGS, ACK, 0))
        if kind == PING and not flags & ACK:
            await self.send(frame(PING, ACK, 0, content))

    @property
    def told_to_go(self) -> bool:
        return any(kind == GOAWAY for kind, *_ in self.frames)
