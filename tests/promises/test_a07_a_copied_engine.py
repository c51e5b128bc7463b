"""Two engines with the same id, be they two machines of one key file or a copy, never take each other's boxes for gone."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from gateway.embedded.engine_daemon import EngineDaemon
from gateway.embedded.state_dir import StateDir
from gateway.model.redis_settings import RedisSettings
from gateway.records.redis.box_registry import RedisBoxRegistry
from gateway.records.redis.client import Store
from gateway.records.redis.host_registry import RedisHostRegistry
from sandbox.api.errors import BoxElsewhere, HostCopied
from sandbox.engine.docker_engine import DockerEngine
from sandbox.pool.pool import DockerPool, PoolSettings
from sandbox.reaping.box_registry import BoxPlace
from sandbox.reaping.host_seat import HostSeat

pytestmark = [pytest.mark.docker, pytest.mark.slow]


class Machine:
    """An engine of its own, in a directory that can be copied while it does not run."""

    def __init__(self, home: Path) -> None:
        self.home = home

    @property
    def data(self) -> Path:
        return self.home / "engine" / "images"

    async def start(self, running: AsyncExitStack) -> DockerEngine:
        state = running.enter_context(StateDir(self.home).hold())
        daemon = EngineDaemon(state, self.home / "engine.sock")
        await daemon.start()
        running.push_async_callback(daemon.stop)
        engine = DockerEngine(f"unix://{self.home}/engine.sock")
        running.push_async_callback(engine.close)
        return engine


@pytest.fixture
async def store(redis_url: str) -> AsyncIterator[Store]:
    store = Store(RedisSettings(url=redis_url))
    await store.open()
    yield store
    await store.close()


def open_pool(engine: DockerEngine, store: Store, home: Path, gateway: str) -> DockerPool:
    """One that makes no box: these engines have no image."""
    run_dir = home / "run"
    seat = HostSeat(engine, RedisHostRegistry(store), gateway, run_dir, memory=home / "gateway" / "host.json")
    return DockerPool(engine, "none", run_dir, gateway, PoolSettings(size=1), registry=RedisBoxRegistry(store), seat=seat)


async def live(pool: DockerPool) -> None:
    """As the gateway's maintenance does."""
    while True:
        await pool.renew()
        await asyncio.sleep(1.0)


async def test_engines_with_one_id_are_told_apart_and_a_copy_is_refused_while_the_other_lives(
    store: Store, run_dir: Path
) -> None:
    first, twin, copy = (Machine(run_dir / name) for name in ("a", "b", "c"))
    async with AsyncExitStack() as running:
        engine = await first.start(running)
        async with open_pool(engine, store, first.home, "gw-first"):
            pass
    twin.data.mkdir(parents=True)
    if (first.data / "engine-id").exists():  # else the machine has a key file, and all its engines have its id
        shutil.copy(first.data / "engine-id", twin.data / "engine-id")
    (copy.home / "gateway").mkdir(parents=True)
    made_anew = shutil.ignore_patterns("backingFsBlockDev")  # a device that the engine makes itself
    shutil.copytree(first.data, copy.data, symlinks=True, ignore=made_anew)  # as where a machine is copied
    shutil.copy(first.home / "gateway" / "host.json", copy.home / "gateway" / "host.json")

    async with AsyncExitStack() as running:
        engines = [await machine.start(running) for machine in (first, twin, copy)]
        assert len({await engine.id() for engine in engines}) == 1
        pool = await running.enter_async_context(open_pool(engines[0], store, first.home, "gw-first"))
        (host,) = [one for one in await RedisHostRegistry(store).hosts() if "gw-first" in one.gateways]
        await RedisBoxRegistry(store).enter("cg-of-the-first", BoxPlace(host.id, "/run/x", "gw-first"))

        other = await running.enter_async_context(open_pool(engines[1], store, twin.home, "gw-twin"))
        with pytest.raises(BoxElsewhere, match=host.id):
            await other.wait_removed("cg-of-the-first")
        living = asyncio.create_task(live(pool))
        with pytest.raises(HostCopied, match="gw-first lives") as refused:
            await open_pool(engines[2], store, copy.home, "gw-copy").start()
        assert "docker volume rm callgate-host" in refused.value.cure
        assert not (copy.home / "run" / "gw-copy").exists()
        living.cancel()

        await engines[2].unmark("callgate-host")
        (copy.home / "gateway" / "host.json").unlink()
        cured = await running.enter_async_context(open_pool(engines[2], store, copy.home, "gw-copy"))
        with pytest.raises(BoxElsewhere):
            await cured.wait_removed("cg-of-the-first")
        await pool.wait_removed("cg-of-the-first")
