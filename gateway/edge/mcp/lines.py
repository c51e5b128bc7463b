"""Lines of standard input and output, whatever stands behind them: a pipe, a terminal, a file. The event loop is never held up.

Each is a thread of its own, which the process does not wait for as it ends: a host that neither reads nor closes keeps nothing
alive.
"""

import asyncio
import os
import queue
import threading
from collections.abc import AsyncIterator, Iterator

#: Bytes of a line. Arguments are at most 1 MiB, and each character of them may be written with six.
LONGEST = 8 << 20
#: Bytes that are read at once.
CHUNK = 64 << 10
#: Lines that wait to be written.
WAITING = 64
#: Seconds for what was written last, once there is no more.
LAST = 5.0


class TooLong:
    """Stands for a line that was passed over."""

    def __str__(self) -> str:
        return f"The line is longer than {LONGEST:,} bytes, and was passed over."


Line = bytes | TooLong


class LineReader:
    """The lines of a descriptor, without empty ones, until it ends. The reader waits until each was taken."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    async def __aiter__(self) -> AsyncIterator[Line]:
        lines: asyncio.Queue[Line | None] = asyncio.Queue(1)
        loop = asyncio.get_running_loop()

        def bring() -> None:
            try:
                for line in _lines(self._descriptor):
                    asyncio.run_coroutine_threadsafe(lines.put(line), loop).result()
                asyncio.run_coroutine_threadsafe(lines.put(None), loop)
            except RuntimeError:
                return  # the loop is closed: there is no more reader

        threading.Thread(target=bring, daemon=True, name="lines in").start()
        while (line := await lines.get()) is not None:
            yield line


def _lines(descriptor: int) -> Iterator[Line]:
    """A last line without its end counts."""
    held, passing = bytearray(), False
    while chunk := _read(descriptor):
        *ended, rest = chunk.split(b"\n")
        for part in ended:
            if passing or len(held) + len(part) > LONGEST:
                yield TooLong()
            elif whole := bytes(held + part).strip():
                yield whole
            held, passing = bytearray(), False
        passing = passing or len(held) + len(rest) > LONGEST
        held = bytearray() if passing else held + rest
    if whole := bytes(held).strip():
        yield whole


def _read(descriptor: int) -> bytes:
    """Empty at the end. A terminal that has gone is an end, too."""
    try:
        return os.read(descriptor, CHUNK)
    except OSError:
        return b""


class LineWriter:
    """Writes lines to a descriptor, in their order. Where there is no reader any more, they are dropped."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._lines: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._slots = asyncio.Semaphore(WAITING)
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._write, daemon=True, name="lines out")
        self._thread.start()

    async def write(self, line: bytes) -> None:
        """Waits as long as too many lines wait."""
        await self._slots.acquire()
        self._lines.put(line)

    async def close(self) -> None:
        """What was written last gets a while to be taken."""
        self._lines.put(None)
        await asyncio.to_thread(self._thread.join, LAST)

    def _write(self) -> None:
        open_yet = True
        while (line := self._lines.get()) is not None:
            open_yet = open_yet and self._written(line + b"\n")
            try:
                self._loop.call_soon_threadsafe(self._slots.release)
            except RuntimeError:
                return  # the loop is closed

    def _written(self, line: bytes) -> bool:
        left = memoryview(line)
        try:
            while left:
                left = left[os.write(self._descriptor, left) :]
        except OSError:
            return False
        return True
