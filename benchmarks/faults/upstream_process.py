"""The counting upstream's process, as the benchmark starts and orders it."""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from benchmarks.faults.upstream_log import UpstreamLog

#: The share of requests at which it misbehaves on any day.
EVERYDAY_TROUBLE = 0.1


class UpstreamProcess:
    def __init__(self, process: Process, port: int, log: UpstreamLog) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.log = log
        self._process = process
        self._struck = asyncio.Event()
        self._hearing = asyncio.create_task(self._hear())

    def trouble(self, share: float = EVERYDAY_TROUBLE) -> None:
        self._order(trouble=share)

    def linger(self, seconds: float) -> None:
        """Answer what has acted so many seconds late."""
        self._order(linger=seconds)

    async def kill(self, pid: int, at: str, within: float) -> bool:
        """Have it kill a process at the next moment of that name; returns whether that came in time."""
        self._struck.clear()
        self._order(kill=pid, at=at)
        try:
            async with asyncio.timeout(within):
                await self._struck.wait()
        except TimeoutError:
            self._order(kill=None)
            return False
        return True

    async def stop(self) -> None:
        """Returns once it has written down all."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        await self._process.wait()
        await self._hearing

    def _order(self, **fields: Any) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(fields).encode() + b"\n")

    async def _hear(self) -> None:
        assert self._process.stdout is not None
        while await self._process.stdout.readline():
            self._struck.set()


@asynccontextmanager
async def counting_upstream(log: Path, secret: str, seed: int) -> AsyncIterator[UpstreamProcess]:
    """`secret`: the bearer token without which it refuses a request; empty for none."""
    log.touch()  # noqa: ASYNC240 - one file, once
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.faults.counting_upstream", stdin=PIPE, stdout=PIPE
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps({"log": str(log), "secret": secret, "seed": seed}).encode() + b"\n")
    port = json.loads(await process.stdout.readline())["port"]
    upstream = UpstreamProcess(process, port, UpstreamLog(log))
    upstream.trouble()
    try:
        yield upstream
    finally:
        await upstream.stop()
