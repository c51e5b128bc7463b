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
#: Calls of a kind without which nothing is said of a window.
LEAST = 8


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
    _reading: asyncio.Task[None] | None = None

    @classmethod
    async def start(cls, gateway: str, token: str) -> "Watch":
        words = sys.executable, "-m", "benchmarks.hostile.bystander", gateway
        process = await asyncio.create_subprocess_exec(*words, stdin=PIPE, stdout=PIPE)
        watch = cls(process)
        await watch._say(token)
        watch._reading = asyncio.create_task(watch._read())
        return watch

    async def boxes(self, *, wanted: bool) -> None:
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
        for kind in ("boxed", "recalled"):
            self.usual[kind] = percentile([one.ms for one in self.within(began, monotonic(), kind)], 0.5)

    def within(self, began: float, ended: float, kind: str) -> list[Seen]:
        """The calls of a kind that were under way at some time between the two moments."""
        return [one for one in self.seen if one.kind == kind and one.began < ended and one.began + one.ms / 1000 > began]

    def worst_delay(self, began: float, ended: float, kinds: Iterable[str]) -> float:
        """Milliseconds over what is usual for its kind. Raises RuntimeError where too few calls were made to say."""
        worst = 0.0
        for kind in kinds:
            calls = self.within(began, ended, kind)
            if len(calls) < LEAST and not any(one.failed or one.ms > FAILED / 4 for one in calls):
                raise RuntimeError(f"the bystander made {len(calls)} calls ({kind})")
            worst = max([worst, *(FAILED if one.failed else one.ms - self.usual[kind] for one in calls)])
        return worst

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
