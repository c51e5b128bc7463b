"""A scenario over a real pool, and what surrounds it."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import docker
import pytest

from sandbox.engine.docker_engine import DockerEngine
from sandbox.hardening.profile import RUN_DIR_LABEL
from sandbox.pool.pool import DockerPool, PoolSettings

Scenario = Callable[[DockerPool], Awaitable[object]]


async def wait(condition: Callable[[], object], seconds: float = 10.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)


@pytest.fixture
def until() -> Callable[..., Awaitable[None]]:
    """`await until(condition)` returns once it holds; TimeoutError at the deadline."""
    return wait


@pytest.fixture
def boxes(dockerd: docker.APIClient, run_dir: Path) -> Callable[[], list[str]]:
    """The names of this test's containers that exist now, whatever their state."""

    def names() -> list[str]:
        found = dockerd.containers(all=True, filters={"label": f"{RUN_DIR_LABEL}={run_dir}"})
        return [entry["Names"][0].lstrip("/") for entry in found]

    return names


@pytest.fixture
def with_pool(box_image: str, run_dir: Path, boxes: Callable[[], list[str]]) -> Callable[..., object]:
    """Run a scenario with a pool in which one box waits, and check that nothing is left of it."""

    def run(
        scenario: Scenario, *, address: str = "unix:///run/docker.sock", size: int = 1, max_boxes: int = 8, **settings: Any
    ) -> object:
        async def body() -> object:
            engine = DockerEngine(address)
            try:
                async with DockerPool(engine, box_image, run_dir, "test", PoolSettings(size, max_boxes, **settings)) as pool:
                    await wait(lambda: pool.warm == size)
                    return await scenario(pool)
            finally:
                await engine.close()

        result = asyncio.run(body())
        assert boxes() == []
        assert list(run_dir.iterdir()) == []
        return result

    return run
