"""The stronger runtime, on an engine that knows it; and what becomes of a box whose runtime the engine does not know."""

import asyncio
import json
import platform
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gateway.embedded.engine_daemon import EngineDaemon
from gateway.embedded.state_dir import StateDir
from sandbox.adversary.attack import attack
from sandbox.adversary.case import CaseKind, CaseVerdict
from sandbox.adversary.probe_box import ProbeSite
from sandbox.adversary.probe_image import ensure_probe_image
from sandbox.api.errors import RuntimeUnavailable
from sandbox.api.job import Egress, Job, ProgramJob
from sandbox.api.result import Completed, Responded
from sandbox.api.spec import RUNNER, BoxLimits, BoxSpec
from sandbox.engine.docker_engine import DockerEngine
from sandbox.engine.runner_image import ensure_runner_image
from sandbox.hardening.runtimes import RUNSC
from sandbox.pool.pool import DockerPool, PoolSettings


@pytest.fixture(scope="module")
def engine_address() -> Iterator[str]:
    """An engine of this test's own, as `callgate up` starts one where runsc is installed."""
    with tempfile.TemporaryDirectory(prefix="cg-", dir="/tmp") as home, StateDir(Path(home)).hold() as state:
        daemon = EngineDaemon(state, Path(home) / "engine.sock")
        asyncio.run(daemon.start())
        yield f"unix://{home}/engine.sock"
        asyncio.run(daemon.stop())


def pooled(address: str, run_dir: Path, scenario: Callable[[DockerPool], Any]) -> Any:
    async def body() -> Any:
        engine = DockerEngine(address)
        try:
            image = await ensure_runner_image(engine)
            async with DockerPool(engine, image, run_dir, "test", PoolSettings(size=0)) as pool:
                return await scenario(pool)
        finally:
            await engine.close()

    return asyncio.run(body())


async def granted() -> float | None:
    return 5.0


def test_a_box_with_a_kernel_of_its_own_does_a_call(engine_address: str, run_dir: Path, upstream: Any) -> None:
    async def scenario(pool: DockerPool) -> Any:
        async with pool.lease(upstream.egress, wait=20, spec=replace(RUNNER, runtime=RUNSC)) as box:
            return await box.run(Job("GET", f"{upstream.url}/echo", (), None, timeout=20.0, response_bytes=1000), granted)

    result = pooled(engine_address, run_dir, scenario)
    assert isinstance(result, Responded), result
    assert result.body == b"hello"


def test_a_program_runs_on_a_kernel_of_its_own(engine_address: str, run_dir: Path) -> None:
    """The runner's own filter cannot be put on there; there is nothing that it would have to tell."""

    async def scenario(pool: DockerPool, image: str) -> Any:
        made = BoxSpec(image, runtime=RUNSC, limits=BoxLimits(memory=96 * 2**20, open_files=256, scratch=2**20))
        async with pool.lease(Egress(), wait=20, spec=made) as box:
            attempts = json.dumps([["kernel"], ["call", "mount", "none", "/gate", "nosuchfs", "0", "0"]]).encode()
            return await box.run(ProgramJob(("/callgate-runner", "program"), attempts, 20.0, 10_000), granted)

    async def with_image(pool: DockerPool) -> Any:
        async with site(engine_address, run_dir) as place:
            return await scenario(pool, place.image)

    result = pooled(engine_address, run_dir, with_image)
    assert isinstance(result, Completed), result
    kernel, mount = json.loads(result.output)
    assert kernel["word"] != platform.release()
    assert mount["word"] == "EPERM"
    assert result.usage.refused == ()


def test_a_runtime_that_the_engine_does_not_know_is_refused_and_no_other_taken(engine_address: str, run_dir: Path) -> None:
    async def scenario(pool: DockerPool) -> None:
        with pytest.raises(RuntimeUnavailable, match="no box of the runtime kata"):
            await enter(pool, "kata")
        await enter(pool, "runc")  # whoever wants what there is, gets it

    async def enter(pool: DockerPool, runtime: str) -> None:
        async with pool.lease(Egress(), wait=20, spec=replace(RUNNER, runtime=runtime)):
            pass

    pooled(engine_address, run_dir, scenario)


@asynccontextmanager
async def site(address: str, run_dir: Path) -> AsyncIterator[ProbeSite]:
    engine = DockerEngine(address)
    try:
        yield ProbeSite(engine, await ensure_probe_image(engine), run_dir, "test")
    finally:
        await engine.close()


def test_every_attack_fails_on_a_box_with_a_kernel_of_its_own(engine_address: str, run_dir: Path) -> None:
    async def scenario() -> list[CaseVerdict]:
        async with site(engine_address, run_dir) as place:
            return [verdict async for verdict in attack(place, RUNSC, [CaseKind.PROGRAM])]

    verdicts = asyncio.run(scenario())
    assert [str(verdict) for verdict in verdicts if not verdict.held] == []
    assert len(verdicts) > 200
