"""What the pool decides, seen without containers: what a lease costs, and which boxes are made and given up."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from sandbox.api.errors import EngineUnavailable, PoolExhausted
from sandbox.api.job import Egress
from sandbox.api.pool_stats import Durations
from sandbox.api.spec import RUNNER, BoxSpec
from sandbox.pool.demand_forecast import FORGET, Demand
from sandbox.pool.pool import DockerPool, PoolSettings
from sandbox.testing.fake_engine import FakeEngine

Until = Callable[..., Awaitable[None]]

AUTHORS = BoxSpec("authors:1")


@pytest.fixture
async def engine() -> AsyncIterator[FakeEngine]:
    fake = FakeEngine()
    yield fake
    await fake.close()


@pytest.fixture
async def pool(engine: FakeEngine, run_dir: Path, until: Until) -> AsyncIterator[DockerPool]:
    """Two boxes wait in it, of at most six."""
    async with DockerPool(engine, "runner:1", run_dir, "test", PoolSettings(size=2, max_boxes=6, share=1.0)) as started:
        await until(lambda: started.warm == 2)
        yield started


async def test_a_lease_of_a_waiting_box_asks_the_engine_nothing_and_switches_no_task(
    engine: FakeEngine, pool: DockerPool
) -> None:
    before = list(engine.steps)
    lease = pool.lease(Egress(), wait=0)
    entering = lease.__aenter__()
    with pytest.raises(StopIteration) as entered:
        entering.send(None)  # one step, which a task switch would interrupt
    assert engine.steps == before
    assert entered.value.value.name
    await lease.__aexit__(None, None, None)


async def test_waiting_boxes_of_a_kind_that_can_be_made_no_more_are_given_up(
    engine: FakeEngine, run_dir: Path, until: Until
) -> None:
    engine.start_seconds = 0.3
    async with DockerPool(engine, "runner:1", run_dir, "test", PoolSettings(size=2, max_boxes=6)) as pool:
        await until(lambda: pool.warm == 2)
        for _ in range(12):  # so many callers that two boxes of the author's are to wait
            with pytest.raises(PoolExhausted):
                async with pool.lease(Egress(), wait=0, spec=AUTHORS):
                    pass
        await until(lambda: pool.warm == 4)
        engine.absent.add("authors:1")
        async with pool.lease(Egress(), wait=0, spec=AUTHORS):
            await until(lambda: pool.warm == 2)
        engine.absent.clear()
        async with pool.lease(Egress(), wait=5, spec=AUTHORS):
            pass


async def test_a_box_that_ended_while_it_waited_is_not_leased(engine: FakeEngine, pool: DockerPool, until: Until) -> None:
    for name in engine.running():
        engine.kill(name)
    await until(lambda: pool.stats.ended_waiting == 2)
    async with pool.lease(Egress(), wait=5) as box:
        assert not box.ended


async def test_while_the_engine_is_down_every_caller_without_a_box_is_told_so(
    engine: FakeEngine, pool: DockerPool, until: Until
) -> None:
    engine.down = True
    async with pool.lease(Egress(), wait=0), pool.lease(Egress(), wait=0):
        refusals = await asyncio.gather(*(enter(pool) for _ in range(3)), return_exceptions=True)
        assert [type(refusal) for refusal in refusals] == [EngineUnavailable] * 3
        assert len({id(refusal) for refusal in refusals}) == 3
        with pytest.raises(EngineUnavailable):
            await enter(pool)
    engine.down = False
    await until(lambda: pool.warm == 2)


async def enter(pool: DockerPool) -> None:
    async with pool.lease(Egress(), wait=5):
        pass


async def test_a_caller_that_gives_up_leaves_the_box_to_the_next(engine: FakeEngine, pool: DockerPool, until: Until) -> None:
    async with AsyncExitStack() as held:
        for _ in range(6):
            await held.enter_async_context(pool.lease(Egress(), wait=5))
        with pytest.raises(PoolExhausted):
            async with pool.lease(Egress(), wait=0.01):
                pass
    await until(lambda: pool.warm == 2)


def test_a_kind_is_kept_from_its_first_caller_until_it_is_forgotten_and_the_runners_always() -> None:
    now = [1000.0]
    demand = Demand(lambda: now[0], size=4, making_time=Durations(recent=0.2))
    assert (demand.wanted(RUNNER), demand.wanted(AUTHORS)) == (4, 0)
    demand.arrive(AUTHORS)
    assert (AUTHORS in demand, demand.wanted(AUTHORS)) == (True, 1)
    now[0] += FORGET + 1
    demand.forget_quiet({AUTHORS})
    assert set(demand) == {RUNNER, AUTHORS}  # one of its boxes still waits
    demand.forget_quiet(())
    assert set(demand) == {RUNNER}
    demand.forget(RUNNER)
    assert demand.wanted(RUNNER) == 4
