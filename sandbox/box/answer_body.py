"""The body of an answer as it comes: held as far as the job's bound allows, and beyond that passed on to its spill."""

import asyncio
from dataclasses import dataclass, field

from sandbox.api.job import Job
from sandbox.api.result import Head
from sandbox.box.frames import ProtocolViolation

#: Bytes that are passed on at one time.
_AT_ONCE = 1 << 20


@dataclass(slots=True)
class _Waiting:
    """Bytes that wait, in memory that is filled again and again: of new memory of this size, the kernel would have to clear
    each page first."""

    _memory: bytearray = field(default_factory=bytearray)
    size: int = 0

    def add(self, piece: bytes | bytearray) -> None:
        end = self.size + len(piece)
        if end > len(self._memory):
            # Not in place: what was taken may still be looked at.
            self._memory = self._memory[: self.size] + bytearray(end - self.size + _AT_ONCE)
        self._memory[self.size : end] = piece
        self.size = end

    def take(self) -> memoryview:
        """All that waits. It holds until the next `add`."""
        taken = memoryview(self._memory)[: self.size]
        self.size = 0
        return taken


class AnswerBody:
    """`beginning` is what is held: all of it, unless it has `spilled`."""

    def __init__(self, job: Job) -> None:
        # The runner keeps to the bound; a redaction may lengthen what it passes on: at most to two and a half times.
        self._most = 3 * job.longest_answer
        self._held_most = job.response_bytes if job.spill else self._most
        self._spill = job.spill
        self._received = 0
        self._held = bytearray()
        self._waiting, self._passed = _Waiting(), _Waiting()
        self._passing: asyncio.Future[None] | None = None
        self.spilled = False

    @property
    def beginning(self) -> bytes:
        return bytes(self._held)

    def has_room(self, size: int) -> bool:
        return self._received + size <= self._most

    def add(self, piece: bytes) -> None:
        self._received += len(piece)
        if not self.spilled and len(self._held) + len(piece) <= self._held_most:
            self._held += piece
            return
        if not self.spilled:
            self.spilled = True
            self._waiting.add(self._held)
        self._waiting.add(piece)

    async def pass_on(self, head: Head, *, last: bool = False) -> None:
        """Give the spill what waits for it, once that is worth a step, while more is received. May be cancelled and called
        again.

        Raises StreamRefused.
        """
        worth_it = self._waiting.size > 0 and (last or self._waiting.size >= _AT_ONCE)
        if self._passing is not None and (last or worth_it or self._passing.done()):
            await asyncio.shield(self._passing)
            self._passing = None
        if worth_it:
            # The spill has done with the memory of the piece before.
            self._waiting, self._passed = self._passed, self._waiting
            self._passing = asyncio.ensure_future(self._give(head, self._passed.take()))
            self._passing.add_done_callback(_heard)

    async def finish(self, head: Head) -> None:
        """Raises StreamRefused."""
        while self._passing is not None or self._waiting.size:
            await self.pass_on(head, last=True)

    async def _give(self, head: Head, piece: memoryview) -> None:
        if self._spill is None:
            raise ProtocolViolation("a body beyond the bound")
        await self._spill.write(head, piece)


def _heard(passed: asyncio.Future[None]) -> None:
    """What became of it is told by the next step; where the job has ended before, it does not matter."""
    if not passed.cancelled():
        passed.exception()
