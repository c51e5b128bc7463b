"""A Docker engine that is away, comes back, or never was."""

import asyncio
import shutil
import socket
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from sandbox.api.errors import EngineUnavailable
from sandbox.api.job import Egress, Job
from sandbox.api.result import Responded
from sandbox.engine.docker_engine import DockerEngine
from sandbox.pool.pool import DockerPool, PoolSettings
from tests.conftest import Until, Upstream
from tests.sandbox.conftest import Boxes
from tests.sandbox.permits import granted

#: As many questions as are enough to tell how often a pool asks.
QUESTIONS = 20


class Switch:
    """A socket that leads to the real engine while it is on."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._writers: set[asyncio.StreamWriter] = set()

    async def on(self) -> None:
        self._server = await asyncio.start_unix_server(self._forward, self.path)

    def off(self) -> None:
        self._server.close()
        self.path.unlink(missing_ok=True)
        for writer in self._writers:
            writer.transport.abort()

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        engine_reader, engine_writer = await asyncio.open_unix_connection("/run/docker.sock")
        self._writers |= {writer, engine_writer}
        await asyncio.gather(_pass(reader, engine_writer), _pass(engine_reader, writer))


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while content := await reader.read(65536):
            writer.write(content)
            await writer.drain()
    writer.close()


@pytest.fixture
def directory() -> Iterator[Path]:
    """A short path, for the kernel bounds a socket's."""
    directory = Path(tempfile.mkdtemp(prefix="cg-engine-", dir="/tmp"))
    yield directory
    shutil.rmtree(directory)


@pytest.fixture
async def switch(directory: Path) -> AsyncIterator[Switch]:
    switch = Switch(directory / "docker.sock")
    await switch.on()
    yield switch
    switch.off()


@pytest.fixture
async def pool(box_image: str, run_dir: Path, boxes: Boxes, switch: Switch, until: Until) -> AsyncIterator[DockerPool]:
    """A pool of one warm box, whose engine can be switched off. The test switches it on again."""
    engine = DockerEngine(f"unix://{switch.path}")
    async with DockerPool(engine, box_image, run_dir, "test", PoolSettings(size=1)) as pool:
        await until(lambda: pool.warm == 1)
        yield pool
    await engine.close()
    assert boxes() == []


async def test_a_warm_box_needs_no_engine_and_a_cold_one_fails_at_once(
    pool: DockerPool, switch: Switch, upstream: Upstream, until: Until
) -> None:
    switch.off()
    async with pool.lease(upstream.egress, wait=10) as box:
        job = Job("GET", f"{upstream.url}/echo", (), None, 5.0, 1000)
        assert isinstance(await box.run(job, granted), Responded)
    started = time.monotonic()
    with pytest.raises(EngineUnavailable, match=r"docker\.sock"):
        async with pool.lease(Egress(), wait=30):
            pass
    assert time.monotonic() - started < 2
    await switch.on()
    await until(lambda: pool.warm == 1, 5)
    async with asyncio.timeout(5):
        await pool.wait_removed(box.name)


@pytest.mark.slow
async def test_while_the_engine_is_away_the_pool_asks_seldom(pool: DockerPool, switch: Switch, until: Until) -> None:
    switch.off()
    async with pool.lease(Egress(), wait=0):
        pass
    moments: list[float] = []

    def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        moments.append(time.monotonic())
        writer.close()

    server = await asyncio.start_unix_server(hang_up, switch.path)
    await until(lambda: len(moments) >= QUESTIONS)
    server.close()
    switch.path.unlink()
    assert QUESTIONS / (moments[QUESTIONS - 1] - moments[0]) < 30  # a second
    await switch.on()
    await until(lambda: pool.warm == 1, 5)


@pytest.fixture
def deaf_engine(directory: Path) -> Iterator[str]:
    """A socket that takes connections and never answers."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"{directory}/docker.sock")
        listener.listen()
        yield f"unix://{directory}/docker.sock"


async def assert_quick_refusal(address: str) -> None:
    engine = DockerEngine(address)
    started = time.monotonic()
    with pytest.raises(EngineUnavailable) as refusal:
        await engine.ping()
    assert time.monotonic() - started < 2
    assert address in str(refusal.value)
    assert "Docker" in refusal.value.cure
    await engine.close()


async def test_an_engine_that_is_not_there_is_known_within_two_seconds() -> None:
    await assert_quick_refusal("unix:///run/no-such-engine.sock")


@pytest.mark.slow
async def test_an_engine_that_does_not_answer_is_known_within_two_seconds(deaf_engine: str) -> None:
    await assert_quick_refusal(deaf_engine)


async def test_a_pool_without_an_engine_does_not_start_and_leaves_nothing(run_dir: Path) -> None:
    engine = DockerEngine("unix:///run/no-such-engine.sock")
    with pytest.raises(EngineUnavailable):
        async with DockerPool(engine, "any", run_dir, "test", PoolSettings()):
            pass
    await engine.close()
    assert list(run_dir.iterdir()) == []
