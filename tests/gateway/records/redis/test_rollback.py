"""A store that has lost what it acknowledged is found out, and nothing is repeated on it that may not be."""

from dataclasses import replace
from pathlib import Path

import pytest

from gateway.model.errors import StoreRolledBack
from gateway.model.invocation import Request
from gateway.model.principal import Principal
from gateway.records.ledger.protocol import New
from gateway.records.ledger.watermarks import Watermarks
from gateway.records.redis.client import Store
from gateway.records.redis.ledger import RedisLedger
from registry.model.tool import Effect
from tests.gateway.records.stores import opened, operator_of

CALLER = Principal("acme", "planner", "ada")
ONCE = Request(
    tool="charge",
    version="charge@1.0.0",
    digest="sha256:0",
    effect=Effect.NON_IDEMPOTENT,
    args_json=b"{}",
    run_id="",
    traceparent="",
    timeout=60.0,
    max_attempts=3,
)
READ = replace(ONCE, effect=Effect.READ)


async def lose_everything(url: str) -> None:
    async with operator_of(url) as operator:
        await operator.flushall()


async def test_a_gateway_that_saw_more_than_the_store_knows_refuses_until_an_operator_has_looked(
    url: str,
    store: Store,
) -> None:
    ledger = RedisLedger(store)
    before = await ledger.claim("inv_1", "f", CALLER, ONCE, lease=10.0)
    assert isinstance(before, New)
    await ledger.dispatch(before.held, attempt=1, box="box-1")
    await lose_everything(url)
    with pytest.raises(StoreRolledBack):
        await ledger.claim("inv_1", "f", CALLER, ONCE, lease=10.0)
    assert await ledger.quarantined("acme")
    after = await ledger.claim("inv_2", "f", CALLER, READ, lease=10.0)
    assert isinstance(after, New)
    assert after.held.fence > before.held.fence
    assert await ledger.acknowledge("acme", "ada", "the disk was restored from a copy")
    assert isinstance(await ledger.claim("inv_1", "f", CALLER, ONCE, lease=10.0), New)
    assert not await ledger.acknowledge("acme", "ada", "again")


async def test_what_was_lost_while_no_gateway_ran_is_found_out_by_the_next_one(url: str, tmp_path: Path) -> None:
    async with opened(url) as store:
        ledger = RedisLedger(store, watermarks=Watermarks(tmp_path))
        await ledger.claim("inv_1", "f", CALLER, ONCE, lease=10.0)
        await ledger.remember()
        await lose_everything(url)
    async with opened(url) as store:  # of the next process
        ledger = RedisLedger(store, watermarks=Watermarks(tmp_path))
        await ledger.witness()
        bystander = RedisLedger(store)
        with pytest.raises(StoreRolledBack):
            await bystander.claim("inv_1", "f", CALLER, ONCE, lease=10.0)


async def test_two_gateways_of_a_host_keep_the_higher_of_their_marks(tmp_path: Path) -> None:
    one, other = Watermarks(tmp_path), Watermarks(tmp_path)
    one.saw("acme", 7)
    other.saw("acme", 5)
    other.saw("initech", 3)
    await one.sync()
    await other.sync()
    assert other.of("acme") == 7
    kept = Watermarks(tmp_path)
    assert (kept.of("acme"), kept.of("initech")) == (7, 3)
