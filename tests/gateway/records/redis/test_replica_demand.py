"""A permission that waits for replicas (WAIT, WAITAOF): given when they have it, refused when they have not."""

import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks.redis_servers import RedisGroup
from gateway.model.errors import ReplicasBehind, StoreMisconfigured, StoreUnavailable
from gateway.model.invocation import InvocationState
from gateway.model.redis_settings import RedisSettings
from gateway.model.run import RunEnd, RunKey, RunStatus, Save, SavedState, StartTerms
from gateway.operations.doctor import check_store
from gateway.records.redis.client import Store
from gateway.records.redis.ledger import RedisLedger
from gateway.records.redis.runs import RedisRuns
from tests.gateway.records.lives import CALLER, ONCE, claimed, whole_life
from tests.gateway.records.stores import at
from tests.gateway.records.troubles import serving


@pytest.fixture
async def group(tmp_path: Path) -> AsyncIterator[RedisGroup]:
    """A primary and two replicas, without Sentinels."""
    async with RedisGroup(tmp_path / "group", sentinels=0) as group:
        yield group


def waiting(group: RedisGroup, replicas: int, **settings: Any) -> RedisSettings:
    return RedisSettings(url=group.servers[0].url, wait=replicas, **settings)


async def dispatch(store: Store, id: str) -> None:
    await RedisLedger(store).dispatch(await claimed(store, id, ONCE), attempt=1, box="box-1")


@pytest.mark.slow
@pytest.mark.parametrize("fsynced", [False, True], ids=["WAIT", "WAITAOF"])
async def test_a_permission_is_given_when_the_replicas_have_it_and_refused_when_they_have_not(
    group: RedisGroup, fsynced: bool
) -> None:
    async with at(waiting(group, 2, wait_ms=300, wait_fsynced=fsynced)) as store:
        await store.open()
        await whole_life(store, "inv_1")
        group.servers[2].signal(signal.SIGSTOP)
        with pytest.raises(ReplicasBehind, match=r"1 of 2 replicas of Redis had .*within 300 ms"):
            await dispatch(store, "inv_2")
        invocation = await RedisLedger(store).read("acme", "inv_2")
        assert invocation is not None
        assert invocation.state is InvocationState.DISPATCHED, (
            "the primary has it; the caller of `dispatch` gives no permission"
        )
        group.servers[2].signal(signal.SIGCONT)
        await group.settled()
        await dispatch(store, "inv_3")


@pytest.mark.slow
async def test_replicas_that_are_gone_are_not_waited_for_by_what_gives_no_permission(group: RedisGroup) -> None:
    async with at(waiting(group, 1)) as store:
        await store.open()
        for replica in group.servers[1:]:
            await replica.kill()
        held = await claimed(store, "inv_1", ONCE)
        await RedisLedger(store).heartbeat(held, lease=60.0)
        with pytest.raises(StoreUnavailable, match="0 of 1 replicas"):
            await RedisLedger(store).dispatch(held, attempt=1, box="box-1")


@pytest.mark.slow
async def test_the_doctor_shows_replicas_and_what_a_permission_waits_for(group: RedisGroup) -> None:
    async with at(waiting(group, 2)) as store:
        found = {finding.detail: finding.ok for finding in await check_store(store)}
    assert found["a permission waits for 2 replicas for 200 ms; 2 are online"]
    assert all(any(server.address in detail for detail in found) for server in group.servers)
    async with at(waiting(group, 3, wait_fsynced=True)) as store:
        wrong = [finding for finding in await check_store(store) if not finding.ok]
    assert [finding.detail for finding in wrong] == [
        "a permission waits for 3 replicas on their disks for 200 ms; 2 are online"
    ]


async def test_a_redis_that_is_too_old_for_it_is_told(tmp_path: Path) -> None:
    old = serving(tmp_path / "server", "redis")
    async with old as server, at(RedisSettings(url=server.url, wait=1, wait_fsynced=True)) as store:
        with pytest.raises(StoreMisconfigured, match="has no WAITAOF") as refused:
            await store.open()
        (finding,) = await check_store(store)
    assert "Use Redis 7.2 or Valkey" in refused.value.cure
    assert (finding.ok, finding.cure) == (False, refused.value.cure)


@pytest.mark.slow
async def test_a_runs_state_and_its_end_wait_for_the_replicas_and_so_does_their_repetition(group: RedisGroup) -> None:
    key, save, kill = RunKey(CALLER, "thread-7"), Save(0, SavedState(b"one"), "a"), RunEnd(RunStatus.KILLED, "eve", "It loops.")
    async with at(waiting(group, 2, wait_ms=300)) as store:
        await store.open()
        runs = RedisRuns(store, RedisLedger(store))
        await runs.start(key, StartTerms())
        await group.settled()
        group.servers[2].signal(signal.SIGSTOP)
        for ask in (runs.save(key, save), runs.save(key, save), runs.end(key, kill), runs.end(key, kill)):
            with pytest.raises(ReplicasBehind):
                await ask
        group.servers[2].signal(signal.SIGCONT)
        await group.settled()
        assert await runs.save(key, save) == 1
        assert (await runs.end(key, kill)).status is RunStatus.KILLED
