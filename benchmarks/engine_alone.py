"""The engine's own ceiling: how many boxes a second it creates, starts and removes while no gateway uses them.

The configuration is a gateway's own, and so is the image. The runner finds no gateway at its socket, and ends.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any, Protocol

from benchmarks.stack import DOCKER_SOCKET
from sandbox.api.spec import RUNNER
from sandbox.engine.docker_engine import DockerEngine
from sandbox.engine.runner_image import ensure_runner_image
from sandbox.hardening.profile import Profile, container
from sandbox.pool.box_factory import new_name

FIRST_UID = 300_000  # apart from those of the gateways' boxes


class Client(Protocol):
    """What the measurement needs of a client."""

    async def create(self, name: str, config: Mapping[str, Any]) -> None: ...

    async def start(self, name: str) -> None: ...

    async def remove(self, name: str) -> None: ...


class EngineRefused(Exception):
    """The engine refused a request, so a figure would count failures."""


@dataclass(slots=True)
class PlainClient:
    """The least client of the engine: it sends requests on kept connections, and reads no more of an answer than its status."""

    _idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = field(default_factory=list)

    async def create(self, name: str, config: Mapping[str, Any]) -> None:
        await self._ask("POST", f"/containers/create?name={name}", json.dumps(config).encode())

    async def start(self, name: str) -> None:
        await self._ask("POST", f"/containers/{name}/start")

    async def remove(self, name: str) -> None:
        await self._ask("DELETE", f"/containers/{name}?force=1")

    async def _ask(self, method: str, path: str, body: bytes = b"") -> None:
        reader, writer = self._idle.pop() if self._idle else await asyncio.open_unix_connection(DOCKER_SOCKET)
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: engine\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        writer.write(head.encode() + body)
        answer = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        content = await reader.readexactly(int(answer.partition("content-length: ")[2].partition("\r")[0] or 0))
        if answer.split()[1][0] != "2":
            raise EngineRefused(f"{method} {path}: {content!r}")
        self._idle.append((reader, writer))

    def close(self) -> None:
        for _, writer in self._idle:
            writer.close()


@dataclass(frozen=True, slots=True)
class EngineAlone:
    clients: Mapping[str, Client]
    image: str
    directory: Path

    async def boxes_per_s(self, client: str, parallel: int, seconds: float, ramp: float) -> float:
        """Boxes a second that were created, started and removed, counted for `seconds` after the ramp."""
        begin = monotonic() + ramp
        end = begin + seconds
        lives = [self._lives(self.clients[client], number, end) for number in range(parallel)]
        over = [moment for ended in await asyncio.gather(*lives) for moment in ended]
        return sum(begin <= moment < end for moment in over) / seconds

    async def _lives(self, client: Client, number: int, end: float) -> list[float]:
        moments = []
        while monotonic() < end:
            name = new_name()
            directory = self.directory / name
            directory.mkdir(mode=0o700)
            config = container(self._profile(name, number, directory))
            await client.create(name, config)
            await client.start(name)
            await client.remove(name)
            directory.rmdir()
            moments.append(monotonic())
        return moments

    def _profile(self, name: str, number: int, directory: Path) -> Profile:
        uid, run_dir = FIRST_UID + number, self.directory
        return Profile(name, "bench", self.image, RUNNER, uid, directory=directory, run_dir=run_dir, tools=run_dir)


@asynccontextmanager
async def engine_alone(home: Path) -> AsyncIterator[EngineAlone]:
    """Two clients, one after the other: the gateway's own, and one that does nothing but send requests."""
    own, plain = DockerEngine(f"unix://{DOCKER_SOCKET}"), PlainClient()
    directory = home / "engine-alone"
    directory.mkdir()
    try:
        yield EngineAlone({"own": own, "plain": plain}, (await ensure_runner_image(own)).name, directory)
    finally:
        plain.close()
        await own.close()
