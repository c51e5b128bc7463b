"""A pool on the engine that runs, and what surrounds it."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Protocol

import docker
import pytest

from sandbox.engine.docker_engine import DockerEngine
from sandbox.hardening.profile import RUN_DIR_LABEL
from sandbox.pool.pool import DockerPool, PoolSettings
from sandbox.reaping.box_registry import BoxRegistry
from tests.conftest import Until

Boxes = Callable[[], list[str]]
#: One box waits.
ONE_WARM = PoolSettings(size=1, max_boxes=8)


class OpenPool(Protocol):
    """`async with open_pool(settings) as pool`: as many boxes wait as the settings say."""

    def __call__(
        self, settings: PoolSettings = ONE_WARM, *, gateway: str = "test", registry: BoxRegistry | None = None
    ) -> AbstractAsyncContextManager[DockerPool]: ...


@pytest.fixture
def boxes(dockerd: docker.APIClient, run_dir: Path) -> Boxes:
    """The names of this test's containers that exist now, whatever their state."""

    def names() -> list[str]:
        found = dockerd.containers(all=True, filters={"label": f"{RUN_DIR_LABEL}={run_dir}"})
        return [entry["Names"][0].lstrip("/") for entry in found]

    return names


@pytest.fixture
async def engine(dockerd: docker.APIClient) -> AsyncIterator[DockerEngine]:
    """The code under test, on the engine that `dockerd` speaks to."""
    engine = DockerEngine()
    yield engine
    await engine.close()


@pytest.fixture
def open_pool(box_image: str, run_dir: Path, boxes: Boxes, until: Until) -> Iterator[OpenPool]:
    """Opens pools of the test's own. What one of them leaves fails the test."""

    @asynccontextmanager
    async def open_(
        settings: PoolSettings = ONE_WARM, *, gateway: str = "test", registry: BoxRegistry | None = None
    ) -> AsyncIterator[DockerPool]:
        engine = DockerEngine()
        try:
            async with DockerPool(engine, box_image, run_dir, gateway, settings, registry=registry) as pool:
                await until(lambda: pool.warm == settings.size)
                yield pool
        finally:
            await engine.close()

    yield open_
    assert boxes() == []
    assert list(run_dir.iterdir()) == []


@pytest.fixture
async def pool(open_pool: OpenPool) -> AsyncIterator[DockerPool]:
    """A pool in which one box waits."""
    async with open_pool() as pool:
        yield pool
