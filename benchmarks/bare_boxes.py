"""Boxes of a pool without a gateway: the same boxes, brokers and frames, and neither calls nor artifacts around them."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path
from time import monotonic
from urllib.parse import urlsplit

from sandbox.api.job import Destination, Egress, Job
from sandbox.api.ports import Pool
from sandbox.api.result import Head, Responded
from sandbox.engine.docker_engine import DockerEngine
from sandbox.engine.runner_image import ensure_runner_image
from sandbox.pool.pool import DockerPool, PoolSettings

LOOPBACK = ip_network("127.0.0.0/8")
PIECE = bytes(512 << 10)

#: Behind the users of the gateways' boxes.
FIRST_USER = 1_900_000_000


class Wrong(Exception):
    """A box did not do what it was to do."""


@dataclass(slots=True)
class Nowhere:
    """Takes a body, and keeps nothing of it."""

    most: int
    taken: int = 0

    async def write(self, _head: Head, piece: bytes | bytearray | memoryview) -> None:
        self.taken += len(piece)


@dataclass(frozen=True, slots=True)
class Zeros:
    size: int

    async def pieces(self) -> AsyncIterator[bytes]:
        for begin in range(0, self.size, len(PIECE)):
            yield PIECE[: self.size - begin]


@dataclass(frozen=True, slots=True)
class BareBoxes:
    pool: Pool
    upstream: str
    size: int

    async def down(self) -> float:
        """The seconds that a box takes to fetch so many bytes."""
        spill = Nowhere(2 * self.size)
        seconds = await self._run(Job("GET", f"{self.upstream}/bulk/{self.size}", (), None, 60, 1 << 20, spill=spill))
        if spill.taken != self.size:
            raise Wrong(f"{spill.taken} bytes came, not {self.size}")
        return seconds

    async def up(self) -> float:
        """The seconds that a box takes to send so many bytes."""
        return await self._run(Job("POST", f"{self.upstream}/bulk", (), None, 60, 1 << 20, source=Zeros(self.size)))

    async def _run(self, job: Job) -> float:
        async def permit() -> float:
            return 5.0

        place = urlsplit(self.upstream)
        there = Destination(place.hostname or "", place.port or 80, (LOOPBACK,), tls=False)
        egress = Egress((there,), bytes_out=2 * self.size, bytes_in=2 * self.size)
        async with self.pool.lease(egress, wait=30) as box:
            began = monotonic()
            result = await box.run(job, permit)
            seconds = monotonic() - began
        if not isinstance(result, Responded) or result.status != 200:  # noqa: PLR2004 - OK
            raise Wrong(f"the box did not get an answer: {result}")
        return seconds


@asynccontextmanager
async def bare_boxes(home: Path, upstream: str, size: int) -> AsyncIterator[BareBoxes]:
    engine = DockerEngine("unix:///run/docker.sock")
    try:
        image = await ensure_runner_image(engine)
        run_dir = home / "bare"
        run_dir.mkdir()
        settings = PoolSettings(size=1, first_uid=FIRST_USER)
        async with DockerPool(engine, image.name, run_dir, f"bare-{secrets.token_hex(4)}", settings) as pool:
            yield BareBoxes(pool, upstream, size)
    finally:
        await engine.close()
