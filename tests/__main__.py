"""Run every test: the rooms' tests side by side, each room's in a pytest of its own, for most of a test's time is waiting.

    python -m tests [--jobs N]

A room that passes prints one line. What pytest says of one that fails, or is stopped, is printed whole, and its failures once
more at the end. Ends with 1 where a room fails.
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

#: Of pytest: every test passed; or the room has none that is chosen.
_PASSED = (0, 5)


@dataclass(frozen=True)
class Ran:
    room: str
    status: int
    seconds: float
    said: str

    @property
    def passed(self) -> bool:
        return self.status in _PASSED

    @property
    def verdict(self) -> str:
        """The last line that pytest printed, which counts the tests."""
        return self.said.rstrip().rpartition("\n")[2].strip("= ")

    @property
    def failures(self) -> list[str]:
        found = [line for line in self.said.splitlines() if line.startswith(("FAILED ", "ERROR "))]
        return found or [f"{self.room}: pytest ended with {self.status}"]


async def run(room: str) -> Ran:
    """One room's tests, in a process that ends with this one."""
    began = time.monotonic()
    command = [sys.executable, "-m", "pytest", room]
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


async def run_all(waiting: list[str], jobs: int) -> list[Ran]:
    """All of them, so many at a time, in their order."""
    ended: list[Ran] = []

    async def work() -> None:
        while waiting:
            ended.append(await run(waiting.pop(0)))
            tell(ended[-1])

    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, asyncio.current_task().cancel)  # type: ignore[union-attr]
    async with asyncio.TaskGroup() as group:
        for _ in range(jobs):
            group.create_task(work())
    return ended


async def with_engine(jobs: int) -> list[Ran]:
    """One container engine for all rooms: that of the first one would end with it."""
    with tempfile.TemporaryDirectory(prefix="cg-", dir="/tmp") as home, StateDir(Path(home)).hold() as state:
        daemon = EngineDaemon(state, ENGINE_SOCKET)
        await daemon.start()
        try:
            return await run_all(rooms(), jobs)
        finally:
            await daemon.stop()


def main() -> int:
    parser = argparse.ArgumentParser(description="Run every test.")
    parser.add_argument("--jobs", type=int, default=(os.cpu_count() or 1) + 1, help="processes of pytest at once")
    ended = asyncio.run(with_engine(parser.parse_args().jobs))
    failures = [line for ran in ended if not ran.passed for line in ran.failures]
    print(*failures, sep="\n")
    print(f"{len(ended)} rooms, {sum(not ran.passed for ran in ended)} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
