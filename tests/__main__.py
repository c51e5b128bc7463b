"""Run every test: the rooms' tests side by side, each room's in a pytest of its own, for much of a test's time is waiting.

    python -m tests [--jobs N]

A room that passes prints one line. What pytest says of one that fails, or is stopped, is printed whole. Where few tests have
failed, they are run again once nothing runs beside them: a gateway that starves is told from one that is wrong. What fails
then, too, has failed; what passes is named all the same. Ends with 1 where a room has failed.
"""

import argparse
import asyncio
import os
import signal
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from gateway.embedded.engine_daemon import EngineDaemon
from gateway.embedded.state_dir import StateDir
from tests.conftest import ENGINE_SOCKET
from tests.rooms import rooms

#: Of pytest: every test passed; a test failed; the room has no test that is chosen.
_PASSED, _FAILED, _EMPTY = 0, 1, 5
#: Where more tests of all have failed, no want of time explains it.
FEW = 5


@dataclass(frozen=True)
class Ran:
    room: str
    status: int
    seconds: float
    said: str

    @property
    def passed(self) -> bool:
        return self.status in (_PASSED, _EMPTY)

    @property
    def verdict(self) -> str:
        """The last line that pytest printed, which counts the tests."""
        return self.said.rstrip().rpartition("\n")[2].strip("= ")

    @property
    def failures(self) -> list[str]:
        found = [line for line in self.said.splitlines() if line.startswith(("FAILED ", "ERROR "))]
        return [] if self.passed else found or [f"{self.room}: pytest ended with {self.status}"]


async def run(room: str, caches: Path, *options: str) -> Ran:
    """One room's tests, in a process that ends with this one. The cache has which of them failed."""
    began, cache = time.monotonic(), caches / room.replace("/", ".")
    command = [sys.executable, "-m", "pytest", "-o", f"cache_dir={cache}", *options, room]
    with tempfile.TemporaryFile() as said:
        process = await asyncio.create_subprocess_exec(*command, stdin=asyncio.subprocess.DEVNULL, stdout=said, stderr=said)
        try:
            status = await process.wait()
        except asyncio.CancelledError:
            # As Ctrl-C would: pytest stops what its fixtures have started.
            process.send_signal(signal.SIGINT)
            status = await process.wait()
            tell(Ran(room, status, time.monotonic() - began, read(said)))
            raise
        return Ran(room, status, time.monotonic() - began, read(said))


def read(said: IO[bytes]) -> str:
    said.seek(0)
    return said.read().decode(errors="replace")


def tell(ran: Ran) -> None:
    if not ran.passed:
        print(ran.said)
    print(f"{'passed' if ran.passed else 'FAILED'}  {ran.seconds:6.0f} s  {ran.room}: {ran.verdict}", flush=True)


async def run_all(waiting: list[str], jobs: int, caches: Path) -> list[Ran]:
    """All of them, so many at a time, in their order."""
    ended: list[Ran] = []

    async def work() -> None:
        while waiting:
            ended.append(await run(waiting.pop(0), caches))
            tell(ended[-1])

    async with asyncio.TaskGroup() as group:
        for _ in range(jobs):
            group.create_task(work())
    return ended


async def run_alone(failed: list[Ran], caches: Path) -> list[Ran]:
    """The tests that failed, again, with nothing beside them. Answers the rooms in which one fails for good."""
    if any(ran.status != _FAILED for ran in failed) or sum(len(ran.failures) for ran in failed) > FEW:
        return failed
    again = [await run(ran.room, caches, "--last-failed") for ran in failed]
    for ran in again:
        tell(ran)
    return [ran for ran in again if not ran.passed]


async def judge(jobs: int) -> bool:
    """Whether all has passed. One container engine is for all rooms: that of the first one would end with it."""
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, asyncio.current_task().cancel)  # type: ignore[union-attr]
    with tempfile.TemporaryDirectory(prefix="cg-", dir="/tmp") as home, StateDir(Path(home)).hold() as state:
        daemon, caches = EngineDaemon(state, ENGINE_SOCKET), Path(home) / "failed"
        await daemon.start()
        try:
            ended = await run_all(rooms(), jobs, caches)
            failed = [ran for ran in ended if not ran.passed]
            left = await run_alone(failed, caches)
        finally:
            await daemon.stop()
    told = [line for ran in failed for line in ran.failures]
    print(*(["Failed beside other rooms:", *told] if told else []), sep="\n")
    print(f"{len(ended)} rooms; {len(left)} failed for good: {' '.join(ran.room for ran in left)}")
    return not left


def main() -> int:
    parser = argparse.ArgumentParser(description="Run every test.")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes of pytest at once")
    # A shell may have started this with Ctrl-C ignored, which its children would inherit: some tests are about it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    return 0 if asyncio.run(judge(parser.parse_args().jobs)) else 1


if __name__ == "__main__":
    sys.exit(main())
