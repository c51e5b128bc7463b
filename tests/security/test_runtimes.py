"""The stronger runtime, on an engine that knows it; and what becomes of a box whose runtime the engine does not know."""

import asyncio
import json
import platform
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.embedded.engine_daemon import EngineDaemon
from gateway.embedded.state_dir import StateDir
from sandbox.adversary.attack import attack
from sandbox.adversary.case import CaseKind
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
from tests.conftest import Upstream
from tests.sandbox.permits import granted

pytestmark = pytest.mark.docker  # an engine of its own


@pytest.fixture(scope="module")
def engine_address() -> Iterator[str]:
    """An engine of this test's own, as `callgate up` starts one where runsc is installed."""
    with tempfile.TemporaryDirectory(prefix="cg-", dir="/tmp") as home, StateDir(Path(home)).hold() as state:
        daemon = EngineDaemon(state, Path(home) / "engine.sock")
        asyncio.run(daemon.start())
        yield f"unix://{home}/engine.sock"
        asyncio.run(daemon.stop())


@pytest.fixture
async def site(engine_address: str, run_dir: Path) -> AsyncIterator[ProbeSite]:
    engine = DockerEngine(engine_address)
    yield ProbeSite(engine, await ensure_probe_image(engine), run_dir, "test")
    await engine.close()


@pytest.fixture
async def pool(engine_address: str, run_dir: Path) -> AsyncIterator[DockerPool]:
    """One in which no box waits: each test has its own kind of box."""
    engine = DockerEngine(engine_address)
    image = (await ensure_runner_image(engine)).name
    async with DockerPool(engine, image, run_dir, "test", PoolSettings(size=0)) as pool:
        yield pool
    await engine.close()


async def test_a_box_with_a_kernel_of_its_own_does_a_call(pool: DockerPool, upstream: Upstream) -> None:
    async with pool.lease(upstream.egress, wait=20, spec=replace(RUNNER, runtime=RUNSC)) as box:
        job = Job("GET", f"{upstream.url}/echo", (), None, timeout=20.0, response_bytes=1000)
        result = await box.run(job, granted)
    assert isinstance(result, Responded), result
    assert result.body == b"hello"


async def test_a_program_runs_on_a_kernel_of_its_own(pool: DockerPool, site: ProbeSite) -> None:
    """The runner's own filter cannot be put on there; there is nothing that it would have to tell."""
    made = BoxSpec(site.image, runtime=RUNSC, limits=BoxLimits(memory=96 * 2**20, open_files=256, scratch=2**20))
    attempts = json.dumps([["kernel"], ["call", "mount", "none", "/gate", "nosuchfs", "0", "0"]]).encode()
    async with pool.lease(Egress(), wait=20, spec=made) as box:
        result = await box.run(ProgramJob(("/callgate-runner", "program"), attempts, 20.0, 10_000), granted)
    assert isinstance(result, Completed), result
    kernel, mount = json.loads(result.output)
    assert kernel["word"] != platform.release()
    assert mount["word"] == "EPERM"
    assert result.usage.refused == ()


async def test_a_runtime_that_the_engine_does_not_know_is_refused_and_no_other_taken(pool: DockerPool) -> None:
    with pytest.raises(RuntimeUnavailable, match="no box of the runtime kata"):
        async with pool.lease(Egress(), wait=20, spec=replace(RUNNER, runtime="kata")):
            pass
    async with pool.lease(Egress(), wait=20, spec=replace(RUNNER, runtime="runc")):
        pass


@pytest.mark.slow
async def test_every_attack_fails_on_a_box_with_a_kernel_of_its_own(site: ProbeSite) -> None:
    verdicts = [verdict async for verdict in attack(site, RUNSC, [CaseKind.PROGRAM])]
    assert [str(verdict) for verdict in verdicts if not verdict.held] == []
    assert len(verdicts) > 200
