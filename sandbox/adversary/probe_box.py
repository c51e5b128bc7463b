"""A box with the probe in it: made by the profile of real boxes, told which attacks to try, and removed."""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.adversary.case import AttackOutcome
from sandbox.adversary.probe_image import place_probe
from sandbox.api.engine_trouble import EngineTrouble
from sandbox.api.errors import EngineUnavailable
from sandbox.api.job import Egress
from sandbox.api.spec import BoxSpec
from sandbox.egress import box_sockets
from sandbox.egress.broker import Broker
from sandbox.engine.protocol import Engine
from sandbox.engine.runner_image import place_texts
from sandbox.hardening.etc_files import etc_directory, etc_files
from sandbox.hardening.profile import Profile, container

START_SECONDS = 15.0
#: More than the fifteen seconds that the probe itself gives each attempt.
ATTEMPT_SECONDS = 20.0

#: Where the probes' users begin, and how far behind a user namespace's first one: the least range that engines take has 65,536.
_ON_HOST, _IN_NAMESPACE = 190_000, 60_000

Weaken = Callable[[dict[str, Any]], dict[str, Any]]


def unchanged(config: dict[str, Any]) -> dict[str, Any]:
    return config


@dataclass(frozen=True, slots=True)
class ProbeSite:
    """Where boxes are attacked: the engine, the image, and the directory for the boxes' sockets, which needs a short path.

    `first_user` is the host's user whom boxes of this engine know as 0.
    """

    engine: Engine
    image: str
    run_dir: Path
    gateway: str = "doctor"
    first_user: int = 0

    def user(self, number: int) -> int:
        """The host's user of that number among the probes' own, behind those of gateways' boxes."""
        return number + (self.first_user + _IN_NAMESPACE if self.first_user else _ON_HOST)


@dataclass(frozen=True, slots=True)
class ProbeBox:
    """A box in which the probe waits for commands. `process` is the probe's process id on the host."""

    name: str
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    @property
    def process(self) -> int:
        return box_sockets.peer_process(self.writer.get_extra_info("socket"))

    async def attempt(self, *words: str) -> AttackOutcome:
        """Tell the probe to try an attack. A box that ends meanwhile, or does not answer, has an outcome: `ended`, `hung`."""
        try:
            async with asyncio.timeout(ATTEMPT_SECONDS):
                self.writer.write(json.dumps(words).encode() + b"\n")
                line = await self.reader.readline()
        except ConnectionError:
            line = b""
        except TimeoutError:
            return AttackOutcome("hung")
        if not line:
            return AttackOutcome("ended")
        report = json.loads(line)
        return AttackOutcome(report["word"], report["count"])


@asynccontextmanager
async def probe_box(
    site: ProbeSite, name: str, spec: BoxSpec, uid: int, weaken: Weaken = unchanged, *, egress: Egress | None = None
) -> AsyncIterator[ProbeBox]:
    """A box with that name, which runs as the host's user `uid`. `weaken` is for tests of the attacks, which must find what it
    opens.

    With `egress` a broker listens for the box, as for a box with a job; without it, a socket is there, but is not answered.

    Raises SandboxError, EngineUnavailable, RuntimeUnavailable, OSError.
    """
    directory, tools = site.run_dir / name, site.run_dir / f"{name}-tools"
    config = container(
        Profile(
            name,
            site.gateway,
            site.image,
            spec,
            uid - site.first_user,
            directory=directory,
            run_dir=site.run_dir,
            tools=tools,
        )
    )
    if spec.runner_mounted:
        place_probe(tools, Path(config["Entrypoint"][0]).name)
        place_texts(etc_directory(tools), etc_files(uid - site.first_user))
    directory.mkdir(mode=0o700)
    shutil.chown(directory, uid, uid)
    try:
        async with _brokered(directory, uid, egress), _listening(directory, uid) as arrival:
            await site.engine.create(name, weaken(config))
            await site.engine.start(name)
            yield ProbeBox(name, *await _arrived(arrival))
    finally:
        await site.engine.remove(name)
        shutil.rmtree(directory, ignore_errors=True)
        shutil.rmtree(tools, ignore_errors=True)
        shutil.rmtree(etc_directory(tools), ignore_errors=True)


_Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@asynccontextmanager
async def _brokered(directory: Path, uid: int, egress: Egress | None) -> AsyncIterator[None]:
    if egress is None:
        with closing(box_sockets.listen(directory / box_sockets.EGRESS_SOCKET, uid)):
            yield
        return
    broker = Broker(directory / box_sockets.EGRESS_SOCKET, uid)
    await broker.open()
    broker.allow(egress)
    try:
        yield
    finally:
        broker.close()


@asynccontextmanager
async def _listening(directory: Path, uid: int) -> AsyncIterator[asyncio.Future[_Streams]]:
    arrival: asyncio.Future[_Streams] = asyncio.get_running_loop().create_future()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not arrival.done():
            arrival.set_result((reader, writer))

    server = await asyncio.start_unix_server(accept, sock=box_sockets.listen(directory / box_sockets.IO_SOCKET, uid))
    try:
        yield arrival
    finally:
        server.close()
        if arrival.done() and not arrival.cancelled():
            arrival.result()[1].transport.abort()


async def _arrived(arrival: asyncio.Future[_Streams]) -> _Streams:
    try:
        async with asyncio.timeout(START_SECONDS):
            return await arrival
    except TimeoutError as error:
        message = f"A box started, but its probe did not connect within {START_SECONDS:g} s."
        raise EngineUnavailable(message, EngineTrouble.RUNNER_ENDED) from error
