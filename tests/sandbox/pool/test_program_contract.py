"""One body over the fake pool and the real one: what a box of a tool author's image promises."""

import json
from collections.abc import AsyncIterator, Awaitable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

import pytest

from sandbox.api.fault_code import FaultCode
from sandbox.api.job import Egress, ProgramJob
from sandbox.api.ports import Permit, Pool
from sandbox.api.result import Completed, Evidence, Faulted, Result, Usage
from sandbox.api.spec import BoxLimits, BoxSpec
from sandbox.pool.pool import PoolSettings
from sandbox.testing.fake_pool import FakePool
from tests.sandbox.conftest import OpenPool
from tests.sandbox.permits import ended_already, granted, refused


class Run(Protocol):
    """Runs one program in one box of a pool."""

    def __call__(self, order: dict[str, object], permit: Permit = granted) -> Awaitable[Result]: ...


def stand_in(job: ProgramJob) -> Completed | Faulted:
    """What the tests' tool does, without a box."""
    order = json.loads(job.input)
    if order["do"] == "eat":
        return Faulted(FaultCode.OUT_OF_MEMORY, Evidence.SENT, "the program needed more memory than it may have", Usage())
    if order["do"] == "leave":
        return Completed(order["code"], b"", order["text"], Usage())
    return Completed(0, json.dumps({"text": order["text"]}).encode(), "", Usage())


@dataclass(frozen=True)
class Site:
    """Where the tests' tool is an image that a pool has."""

    opening: AbstractAsyncContextManager[Pool]
    image: str


@asynccontextmanager
async def fake_pool() -> AsyncIterator[Pool]:
    yield FakePool(1, {"the tests' tool": stand_in})


@pytest.fixture(params=["fake", pytest.param("docker", marks=pytest.mark.docker)])
def site(request: pytest.FixtureRequest) -> Site:
    if request.param == "fake":
        return Site(fake_pool(), "the tests' tool")
    open_pool: OpenPool = request.getfixturevalue("open_pool")
    return Site(open_pool(PoolSettings(size=1, max_boxes=2)), request.getfixturevalue("tool_image"))


@pytest.fixture
async def run(site: Site) -> AsyncIterator[Run]:
    spec = BoxSpec(site.image, limits=BoxLimits(memory=64 * 2**20, scratch=2**20, open_files=128))
    async with site.opening as pool:

        async def once(order: dict[str, object], permit: Permit = granted) -> Result:
            job = ProgramJob(("/bin/tool",), json.dumps(order).encode(), timeout=10.0, result_bytes=1000)
            async with pool.lease(Egress(), wait=20, spec=spec) as box:
                result = await box.run(job, permit)
                with pytest.raises(RuntimeError):
                    await box.run(job, permit)
                return result

        yield once


async def test_a_program_answers_with_what_it_wrote(run: Run) -> None:
    result = await run({"do": "echo", "text": "hi"})
    assert isinstance(result, Completed), result
    assert (result.exit, json.loads(result.output), result.errors) == (0, {"text": "hi"}, "")
    assert result.evidence is Evidence.RESPONDED


async def test_a_program_answers_with_its_status(run: Run) -> None:
    result = await run({"do": "leave", "code": 75, "text": "not now"})
    assert isinstance(result, Completed), result
    assert (result.exit, result.output, result.errors) == (75, b"", "not now")


@pytest.mark.parametrize("permit", [refused, ended_already])
async def test_without_the_permission_a_program_does_not_run(run: Run, permit: Permit) -> None:
    result = await run({"do": "echo", "text": "hi"}, permit)
    assert isinstance(result, Faulted), result
    assert (result.fault, result.evidence) == (FaultCode.PERMISSION_REFUSED, Evidence.NOT_SENT)


async def test_a_program_that_breaks_with_the_permission_may_have_done_anything(run: Run) -> None:
    result = await run({"do": "eat"})
    assert isinstance(result, Faulted), result
    assert (result.fault, result.evidence) == (FaultCode.OUT_OF_MEMORY, Evidence.SENT)
