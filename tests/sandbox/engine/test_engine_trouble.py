"""A Docker engine that is away, comes back, or never was."""

import asyncio
import shutil
import socket
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from sandbox.api.errors import EngineUnavailable
from sandbox.api.job import Egress, Job
from sandbox.api.result import Responded
from sandbox.engine.docker_engine import DockerEngine
from sandbox.pool.pool import DockerPool, PoolSettings


class Switch:
    """A socket that leads to the real engine while it is on."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._writers: set[asyncio.StreamWriter] = set()

    async def on(self) -> None:
        self._server = await asyncio.start_unix_server(self._forward, self.path)

    def off(self) -> None:
        self._server.close()
        self.path.unlink()
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
def with_switch(box_image, run_dir, boxes, until):
    """Run a scenario with a pool of one warm box whose engine can be switched off."""

    @asynccontextmanager
    async def pool(directory: Path) -> AsyncIterator[tuple[DockerPool, Switch]]:
        switch = Switch(directory / "docker.sock")
        await switch.on()
        engine = DockerEngine(f"unix://{switch.path}")
        async with DockerPool(engine, box_image, run_dir, "test", PoolSettings(size=1)) as made:
            await until(lambda: made.warm == 1)
            yield made, switch
        await engine.close()
        switch.off()

    def run(scenario):
        async def body():
            async with pool(directory) as (made, switch):
                await scenario(made, switch)

        directory = Path(tempfile.mkdtemp(prefix="cg-switch-", dir="/tmp"))
        asyncio.run(body())
        shutil.rmtree(directory)
        assert boxes() == []

    return run


async def granted() -> float | None:
    return 5.0


def test_a_warm_box_needs_no_engine_and_a_cold_one_fails_at_once(with_switch, upstream, until):
    async def scenario(pool, switch):
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

    with_switch(scenario)


def test_while_the_engine_is_away_the_pool_asks_seldom(with_switch, until):
    async def scenario(pool, switch):
        switch.off()
        async with pool.lease(Egress(), wait=0):
            pass
        asked = []
        server = await asyncio.start_unix_server(lambda _, writer: (asked.append(1), writer.close()), switch.path)
        await asyncio.sleep(1.0)  # the time itself is what is tested
        server.close()
        switch.path.unlink()
        assert 0 < len(asked) < 30
        await switch.on()
        await until(lambda: pool.warm == 1, 5)

    with_switch(scenario)


@pytest.fixture
def deaf_engine() -> Iterator[str]:
    """A socket on which somebody listens and nobody answers."""
    directory = Path(tempfile.mkdtemp(prefix="cg-deaf-", dir="/tmp"))
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"{directory}/docker.sock")
        listener.listen()
        yield f"unix://{directory}/docker.sock"
    shutil.rmtree(directory)


async def assert_quick_refusal(address: str) -> None:
    engine = DockerEngine(address)
    started = time.monotonic()
    with pytest.raises(EngineUnavailable) as refusal:
        await engine.ping()
    assert time.monotonic() - started < 2
    assert address in str(refusal.value)
    assert "Docker" in refusal.value.cure
    await engine.close()


def test_an_engine_that_is_not_there_is_known_within_two_seconds():
    asyncio.run(assert_quick_refusal("unix:///run/no-such-engine.sock"))


def test_an_engine_that_does_not_answer_is_known_within_two_seconds(deaf_engine):
    asyncio.run(assert_quick_refusal(deaf_engine))


def test_a_pool_without_an_engine_does_not_start_and_leaves_nothing(run_dir):
    async def scenario():
        engine = DockerEngine("unix:///run/no-such-engine.sock")
        with pytest.raises(EngineUnavailable):
            async with DockerPool(engine, "any", run_dir, "test", PoolSettings()):
                pass
        await engine.close()

    asyncio.run(scenario())
    assert list(run_dir.iterdir()) == []
