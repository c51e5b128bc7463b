"""Asks a gateway's searches, as a client does, and takes the times: for `search`."""

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.search_verdict import DEPTH
from callgate import AsyncClient
from callgate.errors import GatewayOverloaded, NoAnswer
from gateway.model.redis_settings import RedisSettings

#: Seconds in which an index of any size is there.
PATIENCE = 1800.0
#: Seconds between two looks at what the gateway uses, and of a processor between them, below which it does nothing.
LOOK, LITTLE = 3.0, 0.05


@dataclass(slots=True)
class Asked:
    """`index_seconds` until the first search was answered, `settled_seconds` until the gateway had nothing to do any more, and
    `index_mb` by which it had grown then. `found`: the names for each query, and `ms` the time that it took."""

    index_seconds: float
    settled_seconds: float
    index_mb: float
    found: list[list[str]] = field(default_factory=list)
    ms: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class SearchGateway:
    """A running `search_gateway`."""

    socket: Path
    process: asyncio.subprocess.Process

    async def ask(self, tenant: str, queries: Sequence[str]) -> Asked:
        """Raises TimeoutError where there is no index in time, and what a search raises."""
        async with AsyncClient(f"unix:{self.socket}", token=tenant) as client:
            before, began = await self._rss_mb(), time.monotonic()
            seconds = await _first(client)
            await self._settled()
            asked = Asked(seconds, time.monotonic() - began, await self._rss_mb() - before)
            for query in queries:
                began = time.perf_counter()
                found = await client.tools.search(query, limit=DEPTH)
                asked.ms.append((time.perf_counter() - began) * 1000)
                asked.found.append([one.tool.name for one in found])
        return asked

    async def _settled(self) -> None:
        """Wait until the gateway uses no processor: then all that is done beside the searches is done."""
        async with asyncio.timeout(PATIENCE):
            used = -LITTLE
            while (now := _cpu_seconds(self.process.pid)) - used >= LITTLE:
                used = now
                await asyncio.sleep(LOOK)

    async def _rss_mb(self) -> float:
        if self.process.stdin is None:
            raise RuntimeError("the gateway takes no input")
        self.process.stdin.write(b"\n")
        return await self.told()

    async def told(self) -> float:
        if self.process.stdout is None:
            raise RuntimeError("the gateway has no output")
        return float(await self.process.stdout.readline())


@asynccontextmanager
async def running_gateway(
    settings: RedisSettings, home: Path, *tenants: str, model: Path | None = None
) -> AsyncIterator[SearchGateway]:
    socket, pipe = home / "search.sock", asyncio.subprocess.PIPE
    words = [settings.url, str(settings.password_file), str(socket), str(model or ""), *tenants]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.search_gateway", *words, stdin=pipe, stdout=pipe
    )
    gateway = SearchGateway(socket, process)
    try:
        await gateway.told()
        yield gateway
    finally:
        if process.stdin is not None:
            process.stdin.close()
        await process.wait()


async def _first(client: AsyncClient) -> float:
    began = time.monotonic()
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                await client.tools.search("anything", limit=DEPTH)
                return time.monotonic() - began
            # The client has asked again until its own time was over; the index goes on growing meanwhile.
            except (GatewayOverloaded, NoAnswer):
                continue


def _cpu_seconds(process: int) -> float:
    """What a process has used of processors (proc(5), `utime` and `stime`)."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
