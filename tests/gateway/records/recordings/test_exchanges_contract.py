"""One body over kept exchanges in memory and in Redis."""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from gateway.model.errors import QuotaExceeded
from gateway.model.invocation import Answer, Outcome, Verdict
from gateway.model.principal import Principal
from gateway.model.quotas import Quotas
from gateway.records.recordings.exchanges import Exchange, Exchanges, MemoryExchanges
from gateway.records.redis.exchanges import RedisExchanges
from tests.gateway.records.stores import opened

#: Bytes: of one exchange with an answer of HALF, and not of two.
MOST, HALF = 10_000, 6_000
tenants = (f"kept{number}" for number in itertools.count())


def exchange(tenant: str, id: str = "inv_1", body: bytes = b'{"id":"\xff"}') -> Exchange:
    return Exchange(
        id,
        Principal(tenant, "planner", "ada"),
        "chat@1.0.0",
        "sha256:" + "a" * 64,
        run_id="run",
        arguments=b'{"prompt": "Hello"}',
        outcome=Outcome(Verdict.SUCCEEDED, Answer(200, "application/json", body)),
        ended=1_700_000_000.5,
        expires=1_700_000_060.5,
    )


@dataclass
class Desk:
    exchanges: Exchanges
    tenant: str


@pytest.fixture(params=["memory", "redis"])
async def desk(request: pytest.FixtureRequest, redis_url: str) -> AsyncIterator[Desk]:
    quotas = Quotas(exchanges_bytes=MOST)
    if request.param == "memory":
        yield Desk(MemoryExchanges(quotas), next(tenants))
        return
    async with opened(redis_url) as store:
        yield Desk(RedisExchanges(store, quotas), next(tenants))


@pytest.mark.parametrize("left_out", [{}, {"arguments": None}, {"outcome": None}], ids=str)
async def test_what_was_kept_is_found_equal_by_its_tenant_and_id_alone(desk: Desk, left_out: dict[str, Any]) -> None:
    kept = replace(exchange(desk.tenant), **left_out)
    await desk.exchanges.keep(kept, 60)
    assert await desk.exchanges.find(desk.tenant, "inv_1") == kept
    assert await desk.exchanges.find(desk.tenant, "inv_2") is None
    assert await desk.exchanges.find(next(tenants), "inv_1") is None


async def test_a_later_call_of_the_id_takes_the_place_of_the_one_before(desk: Desk) -> None:
    for body in (bytes(HALF), b"later"):
        await desk.exchanges.keep(exchange(desk.tenant, body=body), 60)
    found = await desk.exchanges.find(desk.tenant, "inv_1")
    assert found is not None
    assert found.outcome is not None
    assert found.outcome.answer is not None
    assert found.outcome.answer.body == b"later"
    assert (await desk.exchanges.use(desk.tenant))[0].used < HALF


async def test_what_is_over_the_quota_is_refused_and_takes_nothing_from_others(desk: Desk) -> None:
    await desk.exchanges.keep(exchange(desk.tenant, body=bytes(HALF)), 60)
    with pytest.raises(QuotaExceeded):
        await desk.exchanges.keep(exchange(desk.tenant, "inv_2", bytes(HALF)), 60)
    assert await desk.exchanges.find(desk.tenant, "inv_2") is None
    await desk.exchanges.keep(exchange(next(tenants), "inv_2", bytes(HALF)), 60)


async def test_what_is_over_is_gone_and_leaves_its_room(desk: Desk) -> None:
    await desk.exchanges.keep(exchange(desk.tenant, body=bytes(HALF)), 0.05)
    async with asyncio.timeout(10):
        while await desk.exchanges.find(desk.tenant, "inv_1") is not None:
            await asyncio.sleep(0.02)
        while (await desk.exchanges.use(desk.tenant))[0].used:
            await asyncio.sleep(0.02)


async def test_all_of_a_tenant_can_be_erased_and_nothing_of_another(desk: Desk) -> None:
    other = next(tenants)
    for number in range(3):
        await desk.exchanges.keep(exchange(desk.tenant, f"inv_{number}"), 60)
    await desk.exchanges.keep(exchange(other), 60)
    assert await desk.exchanges.forget(desk.tenant) == 3
    assert [await desk.exchanges.find(desk.tenant, f"inv_{number}") for number in range(3)] == [None] * 3
    assert (await desk.exchanges.use(desk.tenant))[0].used == 0
    assert await desk.exchanges.find(other, "inv_1") == exchange(other)
    assert await desk.exchanges.forget(desk.tenant) == 0


async def test_what_was_erased_is_not_kept_again_and_what_ends_later_is(desk: Desk) -> None:
    other = next(tenants)
    await desk.exchanges.forget(desk.tenant)
    await desk.exchanges.keep(exchange(desk.tenant), 60)  # as where a call's caller repeats its key
    assert await desk.exchanges.find(desk.tenant, "inv_1") is None
    assert (await desk.exchanges.use(desk.tenant))[0].used == 0
    later = replace(exchange(desk.tenant), ended=time.time() + 60)
    await desk.exchanges.keep(later, 60)
    assert await desk.exchanges.find(desk.tenant, "inv_1") == later
    await desk.exchanges.keep(exchange(other), 60)
    assert await desk.exchanges.find(other, "inv_1") == exchange(other)
