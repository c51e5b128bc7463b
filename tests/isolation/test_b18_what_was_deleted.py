"""Arguments that were deleted stayed in Redis' append-only file until that had grown enough, which may be never."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from benchmarks.redis_servers import RedisServer
from gateway.model.redis_settings import RedisSettings
from gateway.operations.quota_checks import check_erasure
from gateway.records.redis.client import Store
from gateway.records.redis.erasure import ERASURE, LEASE, Erasure
from gateway.records.redis.ledger import RedisLedger
from gateway.records.redis.wire.failure_rows import GRANTS
from tests.gateway.records.lives import ATTEMPT, DONE, ONCE, claimed
from tests.gateway.records.stores import at, opened
from tests.gateway.records.troubles import as_user, order, serving

CANARY = b"canary-of-an-argument"


@dataclass
class Redis:
    server: RedisServer
    store: Store

    def holds(self, text: bytes) -> bool:
        """Whether the text is in any of its files."""
        return any(text in path.read_bytes() for path in self.server.home.rglob("*.aof*") if path.is_file())

    async def rewritten(self) -> None:
        """Return once the file is written anew, and the one before is gone."""
        async with asyncio.timeout(10):
            while (await self.store.append_only_file()).is_rewritten or len([*self.server.home.rglob("*.incr.aof")]) > 1:
                await asyncio.sleep(0.01)


@pytest.fixture(params=["valkey", "redis"])
async def redis(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Redis]:
    async with serving(tmp_path / "server", request.param) as server, opened(server.url) as store:
        yield Redis(server, store)


async def ended_call(store: Store) -> None:
    """A call whose arguments have a canary in them, from its claim to its end."""
    ledger = RedisLedger(store)
    held = await claimed(store, "inv_1", replace(ONCE, args_json=b'{"a":"' + CANARY + b'"}'))
    await ledger.dispatch(held, attempt=1, box="box-1")
    await ledger.record(held, DONE, ATTEMPT)


async def older(store: Store, hours: float) -> None:
    """Let the last rewrite be older by so many hours, and the lease have lapsed."""
    for field in (f"asked {store.destination}", f"done {store.destination}"):
        _, (moment,) = await store.now_and_values(ERASURE, [field])
        await store.put(ERASURE, field, int(moment or 0) - int(hours * 3_600_000))
    await store.delete(LEASE)


async def test_arguments_of_an_ended_call_leave_the_file_when_their_time_is_over(redis: Redis) -> None:
    erasure = Erasure(redis.store, 24.0)
    await erasure.keep_up()
    await redis.rewritten()
    await erasure.keep_up()
    await ended_call(redis.store)
    assert redis.holds(CANARY)
    await older(redis.store, 23.0)
    await erasure.keep_up()
    await redis.rewritten()
    assert redis.holds(CANARY)  # not yet
    await older(redis.store, 2.0)
    await erasure.keep_up()
    await redis.rewritten()
    assert not redis.holds(CANARY)
    await erasure.keep_up()
    state = await erasure.state()
    assert state.done is not None
    assert state.done < 0.01
    told = await RedisLedger(redis.store).read("acme", "inv_1")
    assert told is not None
    assert told.outcome == DONE


async def test_one_gateway_asks_for_all(redis: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    async def ask(store: Store) -> None:
        asked.append(store)

    monkeypatch.setattr(Store, "rewrite_append_only_file", ask)
    async with opened(redis.server.url) as another:
        for store in (redis.store, another):
            await Erasure(store, 24.0).keep_up()
    assert asked == [redis.store]


async def test_a_server_that_was_started_anew_before_it_had_done_so_is_asked_again(redis: Redis) -> None:
    erasure = Erasure(redis.store, 24.0)
    await erasure.keep_up()
    await redis.rewritten()
    await redis.store.put(ERASURE, f"run {redis.store.destination}", "of-before")
    await redis.store.delete(LEASE)
    await erasure.keep_up()
    assert (await erasure.state()).done is None
    await redis.rewritten()
    await erasure.keep_up()
    assert (await erasure.state()).done is not None


async def test_a_server_that_took_over_under_the_same_address_is_asked_at_once(redis: Redis) -> None:
    """Its file is not the one that was written anew, and may hold what was deleted before that."""
    erasure = Erasure(redis.store, 24.0)
    await erasure.keep_up()
    await redis.rewritten()
    await erasure.keep_up()
    await ended_call(redis.store)
    await redis.store.put(ERASURE, f"run {redis.store.destination}", "of-the-one-before")
    await redis.store.delete(LEASE)
    await erasure.keep_up()
    await redis.rewritten()
    assert not redis.holds(CANARY)


async def test_with_zero_hours_nothing_is_asked_for(redis: Redis) -> None:
    await Erasure(redis.store, 0).keep_up()
    assert await redis.store.hash(ERASURE) == {}


async def test_a_user_that_may_not_ask_is_told_of_by_the_doctor(tmp_path: Path) -> None:
    async with serving(tmp_path / "server", "valkey") as server, server.asked() as operator:
        grants = GRANTS.replace(" +bgrewriteaof", "").split()
        await order(operator, "ACL", "SETUSER", "gateway", "on", ">of-the-gateway", *grants)
        settings: RedisSettings = as_user(server, tmp_path)
        async with at(settings) as store:
            await store.open()
            erasure = Erasure(store, 24.0)
            await erasure.keep_up()
            finding = check_erasure(await erasure.state(), 24.0, replicas=0)
    assert finding.warns
    assert "stays in the append-only file: Redis does not let the gateway's user do this" in finding.detail
    assert "+bgrewriteaof" in finding.cure


async def test_the_doctor_tells_of_replicas_and_of_what_nobody_sees_to(redis: Redis) -> None:
    erasure = Erasure(redis.store, 24.0)
    assert check_erasure(await erasure.state(), 24.0, replicas=0).warns
    await erasure.keep_up()
    await redis.rewritten()
    await erasure.keep_up()
    assert not check_erasure(await erasure.state(), 24.0, replicas=0).warns
    assert "BGREWRITEAOF" in check_erasure(await erasure.state(), 24.0, replicas=1).cure
    await older(redis.store, 40.0)
    late = check_erasure(await erasure.state(), 24.0, replicas=0)
    assert late.warns
    assert "40 hours ago" in late.detail
