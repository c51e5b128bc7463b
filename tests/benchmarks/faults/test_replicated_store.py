"""The store of the fault bench: its failovers lose exactly what was acknowledged after the tail began, by either promoter."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from time import time

import pytest

from benchmarks.faults.replicated_store import Operator, Promoter, ReplicatedStore, replicated_store
from benchmarks.faults.sentinels import sentinels
from benchmarks.faults.store_server import StoreServer
from benchmarks.faults.waiting import until

pytestmark = [pytest.mark.slow]

TENANT, PASSWORD = "acme", "the-password-of-this-store"


@pytest.fixture(params=["operator", "sentinels"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[ReplicatedStore]:
    async with AsyncExitStack() as opened:
        promoter: Promoter = Operator()
        if request.param == "sentinels":
            promoter = await opened.enter_async_context(sentinels(tmp_path / "sentinels", PASSWORD))
        yield await opened.enter_async_context(replicated_store(tmp_path, PASSWORD, promoter, [TENANT]))


async def tell(server: StoreServer, times: int) -> int:
    """So many events more. Returns the number of the last one."""
    async with server.client() as client:
        return int(await client.incrby(f"cg:{{{TENANT}}}:sequence", times))


async def test_a_failover_loses_the_tail_and_nothing_else(store: ReplicatedStore) -> None:
    for kept, lost in ((3, 2), (1, 4)):
        before = await tell(store.primary, kept)
        await store.in_sync()
        store.begin_tail()
        last = await tell(store.primary, lost)
        heir = store.replica
        loss = await store.fail_over(and_then=lambda: None)
        assert store.primary is heir
        assert loss.events == {TENANT: lost}
        assert loss.seen == {TENANT: last}
        assert loss.killed < loss.promoted
        assert not await store.has_gone_past(loss.seen)
        await store.replace_replica()
        assert await tell(store.primary, 1) == before + 1
        await store.in_sync()


async def test_a_primary_that_is_started_again_has_lost_nothing(tmp_path: Path) -> None:
    async with replicated_store(tmp_path, PASSWORD, Operator(), [TENANT]) as store:
        store.begin_tail()
        last = await tell(store.primary, 5)
        store.primary.door.drop()
        await store.restart(0.0)
        assert await tell(store.primary, 1) == last + 1
        await store.in_sync()


async def test_the_clock_of_a_server_can_be_stepped_without_the_other(tmp_path: Path) -> None:
    async with replicated_store(tmp_path, PASSWORD, Operator(), [TENANT]) as store:
        store.primary.clock.step(3600)

        async def ahead() -> bool:
            async with store.primary.client() as one, store.replica.client() as other:
                return (await one.time())[0] - (await other.time())[0] > 3500

        assert await until(ahead, 10.0)


async def test_a_store_whose_clock_was_set_is_waited_for_until_it_is_right_again(tmp_path: Path) -> None:
    async with replicated_store(tmp_path, PASSWORD, Operator(), [TENANT]) as store:
        store.replica.clock.step(-1890)
        async with store.replica.client() as client:
            while abs((await client.time())[0] - time()) < 1000:
                await asyncio.sleep(0.05)
        waiting = asyncio.ensure_future(store.on_time())
        done, _ = await asyncio.wait([waiting], timeout=0.5)
        assert not done
        store.replica.clock.step(0)
        await waiting
