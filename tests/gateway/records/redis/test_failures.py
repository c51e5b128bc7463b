"""What goes wrong with Redis, made to go wrong on real servers: each gets the error and the cure that fit it."""

import re
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import BlockingConnectionPool

from gateway.model.errors import GatewayOverloaded, StoreUnavailable
from gateway.records.redis.box_registry import RedisBoxRegistry
from gateway.records.redis.wire.failures import FAILURES, refusal
from sandbox.api.errors import BoxRegistryUnavailable
from tests.gateway.records.lives import claimed
from tests.gateway.records.stores import at, operator_of
from tests.gateway.records.troubles import TROUBLES, Trouble, busy_gateway, full_memory, silence

SERVERS = ("valkey", "redis")


@pytest.mark.slow
@pytest.mark.parametrize("kind", SERVERS)
@pytest.mark.parametrize("trouble", TROUBLES, ids=lambda trouble: str(trouble.name))
async def test_each_trouble_has_its_own_error_and_cure(trouble: Trouble, kind: str, tmp_path: Path) -> None:
    async with trouble.make(tmp_path, kind) as settings, at(settings) as store:
        with pytest.raises(trouble.error, match=trouble.says) as refused:
            await trouble.step(store)
    assert type(refused.value) is trouble.error
    assert re.search(trouble.cure, refused.value.cure), refused.value.cure
    assert "of-the-gateway" not in str(refused.value)
    assert ("Start Redis" in refused.value.cure) == (trouble.name == "no_server")


@pytest.mark.slow
async def test_a_trouble_that_is_over_leaves_nothing_behind(tmp_path: Path) -> None:
    async with full_memory(tmp_path, "valkey") as settings, at(settings) as store, operator_of(settings.url) as operator:
        with pytest.raises(StoreUnavailable):
            await claimed(store, "inv_1")
        await operator.config_set("maxmemory", 0)
        await claimed(store, "inv_1")


@pytest.mark.slow
async def test_a_redis_that_is_silent_is_blamed_also_where_the_gateway_was_busy_before(tmp_path: Path) -> None:
    async with busy_gateway(tmp_path / "busy", "valkey") as settings, at(settings) as store:
        with pytest.raises(GatewayOverloaded):
            await claimed(store, "inv_1")
    async with silence(tmp_path / "silent", "valkey") as settings, at(settings) as store:
        with pytest.raises(StoreUnavailable, match="Redis did not answer in time"):
            await claimed(store, "inv_1")


async def test_where_all_connections_are_in_use_the_gateway_is_overloaded_and_not_redis(url: str) -> None:
    pool: Any = BlockingConnectionPool.from_url(url, max_connections=1, timeout=0.01)
    taken = await pool.get_connection()
    with pytest.raises(FAILURES) as raised:
        await pool.get_connection()
    await pool.release(taken)
    await pool.aclose()
    assert type(refusal(raised.value)) is GatewayOverloaded


@pytest.mark.slow
async def test_the_box_registry_passes_the_cure_on(tmp_path: Path) -> None:
    async with full_memory(tmp_path, "valkey") as settings, at(settings) as store:
        with pytest.raises(BoxRegistryUnavailable, match="memory is full") as refused:
            await RedisBoxRegistry(store).mark_removed("box-1")
    assert "maxmemory" in refused.value.cure
