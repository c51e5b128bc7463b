"""Where the attacks are made: on the engine that runs, each in boxes of its own."""

import asyncio
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

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

from .tools import TOOL_LIMITS, granted

Attack = Callable[[ProbeSite], Awaitable[Any]]


@pytest.fixture(scope="session")
def attacking(dockerd: docker.APIClient) -> Iterator[Callable[[Attack], Any]]:
    """Run an attack on a site, and see that nothing is left of it."""
    with tempfile.TemporaryDirectory(prefix="cg-", dir="/tmp") as directory:
        run_dir = Path(directory)
        run_dir.chmod(0o711)

        async def body(attack: Attack) -> Any:
            engine = DockerEngine()
            try:
                return await attack(ProbeSite(engine, await ensure_probe_image(engine), run_dir, "test"))
            finally:
                await engine.close()

        def run(attack: Attack) -> Any:
            answer = asyncio.run(body(attack))
            assert dockerd.containers(all=True, filters={"label": f"{RUN_DIR_LABEL}={run_dir}"}) == []
            assert list(run_dir.iterdir()) == []
            return answer

        yield run


@pytest.fixture
def with_tools(box_image: str, run_dir: Path) -> Callable[..., object]:
    """Run a scenario with a pool; it is given the pool."""

    def run(scenario: Callable[[DockerPool], Awaitable[object]], *, max_boxes: int = 6) -> object:
        async def body() -> object:
            engine = DockerEngine()
            try:
                async with DockerPool(engine, box_image, run_dir, "tools", PoolSettings(size=0, max_boxes=max_boxes)) as pool:
                    return await scenario(pool)
            finally:
                await engine.close()

        return asyncio.run(body())

    return run


@pytest.fixture
def run_tool(with_tools: Callable[..., object], tool_image: str) -> Callable[..., Result]:
    """Run one job in one box of the tests' tool, and answer its result."""

    def run(
        job: ProgramJob,
        *,
        egress: Egress | None = None,
        permit: Permit = granted,
        limits: BoxLimits = TOOL_LIMITS,
        image: str = tool_image,
    ) -> Result:
        async def scenario(pool: DockerPool) -> Result:
            async with pool.lease(egress or Egress(), wait=20, spec=BoxSpec(image, limits=limits)) as box:
                return await box.run(job, permit)

        return with_tools(scenario)

    return run
