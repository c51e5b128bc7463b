"""The connection to a runner: frames out, frames in, and word of its end."""

import asyncio
from collections.abc import Callable

from sandbox import frames
from sandbox.frames import Kind, Nonsense

_AHEAD = 8
"""Frames that are read before somebody wants them. A box that sends more waits: it cannot fill the gateway's memory."""


class Line:
    """It reads all the time, for only a reader learns that the other side has gone."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._frames: asyncio.Queue[tuple[Kind, bytes] | Exception] = asyncio.Queue(_AHEAD)
        self._reading = asyncio.create_task(self._read())

    async def send(self, message: bytes) -> None:
        """Write encoded frames. Raises ConnectionError."""
        self._writer.write(message)
        await self._writer.drain()

    async def receive(self) -> tuple[Kind, bytes]:
        """The next frame. Raises EOFError or ConnectionError where none will come, Nonsense."""
        received = await self._frames.get()
        if isinstance(received, Exception):
            raise received
        return received

    @property
    def ended(self) -> bool:
        return self._reading.done()

    def on_end(self, call: Callable[[], None]) -> None:
        """Have `call` called once nothing more will come."""
        self._reading.add_done_callback(lambda _: call())

    def close(self) -> None:
        """End the line, and with it the box: its runner does not outlive it."""
        self._reading.cancel()
        self._writer.transport.abort()

    async def _read(self) -> None:
        try:
            while True:
                await self._frames.put(await frames.read(self._reader))
        except (EOFError, ConnectionError, Nonsense) as end:
            await self._frames.put(end)
