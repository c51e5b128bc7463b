"""What the bystander saw: each of its calls, and the worst delay within a window of time."""

import asyncio
import json
import sys
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from subprocess import PIPE
from time import monotonic
from typing import NamedTuple

from benchmarks.figures import percentile

#: Milliseconds that a call counts for which failed: it was made in vain.
FAILED = 10_000.0
#: Seconds that the bystander may need to tell of its last calls.
CATCH_UP = 60.0


class Seen(NamedTuple):
    """One call: when it began by the monotonic clock, and its milliseconds."""

    kind: str
    began: float
    ms: float
    failed: str


@dataclass(slots=True)
class Watch:
    """The bystander's process, and all that it has said."""

    process: asyncio.subprocess.Process
    seen: deque[Seen] = field(default_factory=deque)
    usual: dict[str, float] = field(default_factory=dict)
    _boxes: bool = True
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _reading: asyncio.Task[None] | None = None

    @classmethod
    async def start(cls, gateway: str, echo: str, token: str) -> "Watch":
        words = sys.executable, "-m", "benchmarks.hostile.bystander", gateway, echo
        process = await asyncio.create_subprocess_exec(*words, stdin=PIPE, stdout=PIPE)
        watch = cls(process)
        await watch._say(token)
        watch._reading = asyncio.create_task(watch._read())
        return watch

    async def boxes(self, *, wanted: bool) -> None:
        self._boxes = wanted
        await self._say(json.dumps({"boxes": wanted}))

    async def end(self) -> None:
        if self._reading is not None:
            self._reading.cancel()
        with suppress(ProcessLookupError):
            self.process.kill()
        await self.process.wait()

    async def settle(self, seconds: float) -> None:
        """Learn what is usual: the median of each kind while no other caller is there."""
        began = monotonic()
        await asyncio.sleep(seconds)
        for kind in ("boxed", "recalled", "echoed"):
            self.usual[kind] = percentile([one.ms for one in self.within(began, monotonic(), kind)], 0.5)

    async def caught_up(self, moment: float) -> None:
        """Until all that was under way at the moment is told: a call that still waits is the one that counts."""
        kinds = {"recalled", "echoed", *(["boxed"] if self._boxes else [])}
        with suppress(TimeoutError):
            async with asyncio.timeout(CATCH_UP):
                while kinds - {one.kind for one in self.seen if one.began > moment}:
                    self._news.clear()
                    await self._news.wait()

    def within(self, began: float, ended: float, kind: str) -> list[Seen]:
        """The calls of a kind that were under way at some time between the two moments."""
        return [one for one in self.seen if one.kind == kind and one.began < ended and one.began + one.ms / 1000 > began]

    def worst_delay(self, began: float, ended: float, kinds: Iterable[str]) -> float:
        """Milliseconds over what is usual for its kind. A window in which no call was answered counts as one that failed."""
        delays = [0.0]
        for kind in kinds:
            calls = self.within(began, ended, kind)
            delays += [FAILED if one.failed else one.ms - self.usual[kind] for one in calls] or [FAILED]
        return max(delays)

    async def _say(self, line: str) -> None:
        if self.process.stdin is None:
            raise RuntimeError("the bystander has no input")
        self.process.stdin.write(line.encode() + b"\n")
        await self.process.stdin.drain()

    async def _read(self) -> None:
        if self.process.stdout is None:
            raise RuntimeError("the bystander has no output")
        while line := await self.process.stdout.readline():
            self.seen.append(Seen(**json.loads(line)))
            self._news.set()
