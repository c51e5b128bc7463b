"""Where the attacks are made: on the engine that runs, each in boxes of its own."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Protocol, TypeVar

import docker
import pytest

from sandbox.adversary.probe_box import ProbeSite
from sandbox.adversary.probe_image import ensure_probe_image
from sandbox.api.job import Egress, ProgramJob
from sandbox.api.ports import Permit
from sandbox.api.result import Result
from sandbox.api.spec import BoxLimits, BoxSpec
from sandbox.engine.docker_engine import DockerEngine
from sandbox.hardening.profile import RUN_DIR_LABEL
from sandbox.pool.pool import DockerPool, PoolSettings
from tests.sandbox.permits import granted

from .tools import TOOL_LIMITS

T = TypeVar("T")


class Attacking(Protocol):
    """Makes an attack whose outcome many tests look at, and sees that nothing is left of it."""

    def __call__(self, attack: Callable[[ProbeSite], Awaitable[T]]) -> T: ...


class RunTool(Protocol):
    """Runs one job in one box of the tests' tool, or of the image."""

    def __call__(
        self,
        job: ProgramJob,
        *,
        egress: Egress | None = None,
        permit: Permit = granted,
        limits: BoxLimits = TOOL_LIMITS,
        image: str | None = None,
    ) -> Awaitable[Result]: ...


@asynccontextmanager
async def _site(dockerd: docker.APIClient) -> AsyncIterator[ProbeSite]:
    with tempfile.TemporaryDirectory(prefix="cg-", dir="/tmp") as directory:
        run_dir, engine = Path(directory), DockerEngine()
        run_dir.chmod(0o711)
        try:
            yield ProbeSite(engine, await ensure_probe_image(engine), run_dir, "test")
        finally:
            await engine.close()
        assert dockerd.containers(all=True, filters={"label": f"{RUN_DIR_LABEL}={run_dir}"}) == []
        assert list(run_dir.iterdir()) == []


@pytest.fixture(scope="session")
def attacking(dockerd: docker.APIClient) -> Attacking:
    def run(attack: Callable[[ProbeSite], Awaitable[T]]) -> T:
        async def body() -> T:
            async with _site(dockerd) as site:
                return await attack(site)

        return asyncio.run(body())

    return run


@pytest.fixture
async def site(dockerd: docker.APIClient) -> AsyncIterator[ProbeSite]:
    """Where one test makes its attack. What is left of it fails the test."""
    async with _site(dockerd) as site:
        yield site


@pytest.fixture
async def pool(box_image: str, run_dir: Path) -> AsyncIterator[DockerPool]:
    """One in which no box waits: each test has its own kind of box."""
    engine = DockerEngine()
    async with DockerPool(engine, box_image, run_dir, "tools", PoolSettings(size=0, max_boxes=6)) as pool:
        yield pool
    await engine.close()


@pytest.fixture
def run_tool(pool: DockerPool, tool_image: str) -> RunTool:
    async def run(
        job: ProgramJob,
        *,
        egress: Egress | None = None,
        permit: Permit = granted,
        limits: BoxLimits = TOOL_LIMITS,
        image: str | None = None,
    ) -> Result:
        spec = BoxSpec(image or tool_image, limits=limits)
        async with pool.lease(egress or Egress(), wait=20, spec=spec) as box:
            return await box.run(job, permit)

    return run
