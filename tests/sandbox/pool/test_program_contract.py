"""One body over the fake pool and the real one: what a box of a tool author's image promises."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest

from sandbox.api.fault_code import FaultCode
from sandbox.api.job import Egress, ProgramJob
from sandbox.api.ports import Permit, Pool
from sandbox.api.result import Completed, Evidence, Faulted, Result, Usage
from sandbox.api.spec import BoxLimits, BoxSpec
from sandbox.engine.docker_engine import DockerEngine
from sandbox.pool.pool import DockerPool, PoolSettings
from sandbox.testing.fake_pool import FakePool

Opening = Callable[[], AbstractAsyncContextManager[Pool]]


async def granted() -> float | None:
    return 5.0


async def refused() -> float | None:
    return None


async def ended_already() -> float | None:
    return 0.0


def stand_in(job: ProgramJob) -> Completed | Faulted:
    """What the tests' tool does, without a box."""
    order = json.loads(job.input)
    if order["do"] == "eat":
        return Faulted(FaultCode.OUT_OF_MEMORY, Evidence.SENT, "the program needed more memory than it may have", Usage())
    if order["do"] == "leave":
        return Completed(order["code"], b"", order["text"], Usage())
    return Completed(0, json.dumps({"text": order["text"]}).encode(), "", Usage())


@pytest.fixture(params=["fake", "docker"])
def opening(request: pytest.FixtureRequest) -> Opening:
    @asynccontextmanager
    async def fake() -> AsyncIterator[Pool]:
        yield FakePool(1, {"the tests' tool": stand_in})

    @asynccontextmanager
    async def docker() -> AsyncIterator[Pool]:
        engine = DockerEngine()
        image, run_dir = request.getfixturevalue("box_image"), request.getfixturevalue("run_dir")
        try:
            async with DockerPool(engine, image, run_dir, "contract", PoolSettings(size=1, max_boxes=2)) as pool:
                yield pool
        finally:
            await engine.close()

    return fake if request.param == "fake" else docker


@pytest.fixture
def spec(request: pytest.FixtureRequest) -> BoxSpec:
    fake = request.node.callspec.params["opening"] == "fake"
    image = "the tests' tool" if fake else request.getfixturevalue("tool_image")
    return BoxSpec(image, limits=BoxLimits(memory=64 * 2**20, scratch=2**20, open_files=128))


@pytest.fixture
def run(opening: Opening, spec: BoxSpec) -> Callable[..., Result]:
    """Run one program in one box of a pool."""

    def once(order: dict[str, object], permit: Permit = granted) -> Result:
        job = ProgramJob(("/bin/tool",), json.dumps(order).encode(), timeout=10.0, result_bytes=1000)

        async def scenario() -> Result:
            async with opening() as pool, pool.lease(Egress(), wait=20, spec=spec) as box:
                result = await box.run(job, permit)
                with pytest.raises(RuntimeError):
                    await box.run(job, permit)
                return result

        return asyncio.run(scenario())

    return once


def test_a_program_answers_with_what_it_wrote(run):
    result = run({"do": "echo", "text": "hi"})
    assert isinstance(result, Completed), result
    assert (result.exit, json.loads(result.output), result.errors) == (0, {"text": "hi"}, "")
    assert result.evidence is Evidence.RESPONDED


def test_a_program_answers_with_its_status(run):
    result = run({"do": "leave", "code": 75, "text": "not now"})
    assert isinstance(result, Completed), result
    assert (result.exit, result.output, result.errors) == (75, b"", "not now")


@pytest.mark.parametrize("permit", [refused, ended_already])
def test_without_the_permission_a_program_does_not_run(run, permit):
    result = run({"do": "echo", "text": "hi"}, permit)
    assert isinstance(result, Faulted), result
    assert (result.fault, result.evidence) == (FaultCode.PERMISSION_REFUSED, Evidence.NOT_SENT)


def test_a_program_that_breaks_with_the_permission_may_have_done_anything(run):
    result = run({"do": "eat"})
    assert isinstance(result, Faulted), result
    assert (result.fault, result.evidence) == (FaultCode.OUT_OF_MEMORY, Evidence.SENT)
