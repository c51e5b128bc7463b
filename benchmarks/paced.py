"""A process that does one thing for each line that it is sent, and tells how long that took."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process, create_subprocess_exec
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from benchmarks.timing import WrongAnswer

REPOSITORY = Path(__file__).parents[1]
#: Seconds. A framework may import for as long as this.
WITHIN = 120.0
#: What a line begins with that tells how long a turn took.
TURN = "turn"


@dataclass(frozen=True, slots=True)
class Subject:
    """`words`: a module and its own, run by the interpreter `python`. The module's first word is a directory to write into."""

    name: str
    python: str
    words: tuple[str, ...]

    def command(self, home: Path) -> list[str]:
        module, *words = self.words
        return [self.python, "-W", "ignore", "-m", module, str(home), *words]


class Paced:
    """Such a process, as it runs."""

    def __init__(self, name: str, process: Process, mark: str) -> None:
        self.name = name
        self._mark = mark.split()
        self._process = process

    async def turn(self) -> list[float]:
        """Milliseconds of its next turn, and those that it tells behind them. Raises WrongAnswer where none comes in time."""
        if self._process.stdin is None or self._process.stdout is None:
            raise WrongAnswer(f"{self.name} has no pipes")
        self._process.stdin.write(b"\n")
        try:
            async with asyncio.timeout(WITHIN):
                async for line in self._process.stdout:
                    if took := self._told(line.decode().split()):
                        return took
        except TimeoutError:
            raise WrongAnswer(f"{self.name} has made no call within {WITHIN:g} s") from None
        raise WrongAnswer(f"{self.name} has ended before its turn")

    def _told(self, words: list[str]) -> list[float]:
        """What such a line tells; nothing where it is another one."""
        marks = len(self._mark)
        try:
            return [float(one) for one in words[marks:]] if words[:marks] == self._mark else []
        except ValueError:
            return []


@asynccontextmanager
async def paced(subject: Subject, home: Path, environment: Mapping[str, str]) -> AsyncIterator[Paced]:
    """It is ended at the end, whatever it does. What it says of errors is shown."""
    async with paced_command(subject.name, subject.command(home), environment) as begun:
        yield begun


@asynccontextmanager
async def paced_command(
    name: str, command: Sequence[str], environment: Mapping[str, str], *, mark: str = TURN
) -> AsyncIterator[Paced]:
    """`mark`: what a line begins with that tells how long a turn took."""
    path = os.pathsep.join([str(REPOSITORY), str(REPOSITORY / "clients/python/src")])
    more = {**os.environ, **environment, "PYTHONPATH": path}
    process = await create_subprocess_exec(*command, cwd=REPOSITORY, env=more, stdin=PIPE, stdout=PIPE, stderr=sys.stderr)
    try:
        yield Paced(name, process, mark)
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
