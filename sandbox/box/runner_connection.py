"""The connection to a runner: frames out, frames in, and notice of its end."""

import asyncio
import socket
from collections import deque
from collections.abc import Callable
from typing import cast

from sandbox.box import frames
from sandbox.box.frames import FrameKind, ProtocolViolation

#: Frames that are read before `receive` is called. A box that sends more waits: it cannot fill the gateway's memory.
_AHEAD = 8


class RunnerConnection(asyncio.Protocol):
    """It reads all the time, because only a reader learns that the runner hung up. `began` is called once it is connected."""

    def __init__(self, began: Callable[["RunnerConnection"], None]) -> None:
        loop = asyncio.get_running_loop()
        self._began = began
        self._received = bytearray()
        self._frames: deque[tuple[FrameKind, bytes]] = deque()
        self._paused = False
        self._over: asyncio.Future[Exception] = loop.create_future()
        self._news: asyncio.Future[None] = loop.create_future()  # replaced when `receive` waits, and set when something comes
        self._room: asyncio.Future[None] | None = None  # while the transport takes no more bytes

    @property
    def socket(self) -> socket.socket:
        return cast(socket.socket, self._transport.get_extra_info("socket"))

    async def send(self, message: bytes) -> None:
        """Write encoded frames. Raises ConnectionError."""
        self._transport.write(message)
        if self._room is not None:
            await asyncio.shield(self._room)  # others wait for it as well: a send that is cancelled is no end of theirs
        if self._transport.is_closing():
            raise ConnectionResetError("the box has hung up")

    async def receive(self) -> tuple[FrameKind, bytes]:
        """The next frame. Raises EOFError or ConnectionError where none will come, ProtocolViolation."""
        while not self._frames:
            if self._paused:
                await self._read_on()
            elif self._over.done():
                raise self._over.result()
            else:
                self._news = asyncio.get_running_loop().create_future()
                await self._news
        return self._frames.popleft()

    @property
    def ended(self) -> bool:
        return self._over.done()

    def on_end(self, call: Callable[[], None]) -> None:
        """Call `call` once no more frames will come."""
        self._over.add_done_callback(lambda _: call())

    def close(self) -> None:
        """End the connection, and with it the box: a runner does not outlive its connection."""
        self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._began(self)

    def data_received(self, data: bytes) -> None:
        self._received += data
        self._read_ahead()
        self._tell()

    def eof_received(self) -> None:
        self._end(EOFError())

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(exc or EOFError())
        self.resume_writing()

    def pause_writing(self) -> None:
        self._room = asyncio.get_running_loop().create_future()

    def resume_writing(self) -> None:
        if self._room is not None and not self._room.done():
            self._room.set_result(None)
        self._room = None

    async def _read_on(self) -> None:
        """Take what lay behind the frames that were read ahead. Others have their turn first: a box may have sent thousands."""
        await asyncio.sleep(0)
        self._read_ahead()
        if len(self._frames) < _AHEAD:
            self._paused = False
            if not self._transport.is_closing():
                self._transport.resume_reading()

    def _read_ahead(self) -> None:
        try:
            while len(self._frames) < _AHEAD:
                if (frame := frames.take(self._received)) is None:
                    return
                self._frames.append(frame)
        except ProtocolViolation as violation:
            self._received.clear()
            self._end(violation)
            return
        if not self._paused and not self._transport.is_closing():
            self._paused = True
            self._transport.pause_reading()

    def _end(self, end: Exception) -> None:
        if not self._over.done():
            self._over.set_result(end)
        self._tell()

    def _tell(self) -> None:
        if not self._news.done():
            self._news.set_result(None)
