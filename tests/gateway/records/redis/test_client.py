"""The store against real servers: what it insists on, and how it fails."""

import asyncio
import time
from collections.abc import Callable
from functools import partial
from importlib.resources import files

import orjson
import pytest

from gateway.model.errors import StoreUnavailable, StoreUntrusted
from gateway.model.invocation import Answer, Outcome, Request, Verdict
from gateway.model.principal import Principal
from gateway.pipeline.until_stored import until_stored
from gateway.records.ledger.protocol import Known, New
from gateway.records.redis.client import Store
from gateway.records.redis.ledger import RedisLedger
from registry.model.tool import Effect
from tests.gateway.records.stores import operator_of, process_of, suspended, unopened

CALLER = Principal("acme", "planner", "ada")
REQUEST = Request(
    tool="t",
    version="t@1.0.0",
    digest="sha256:0",
    effect=Effect.READ,
    args_json=b"{}",
    run_id="",
    traceparent="",
    timeout=60.0,
    max_attempts=3,
)


@pytest.mark.parametrize("kind", ["valkey", "redis"])
@pytest.mark.parametrize(
    ("options", "named"),
    [
        ([], "appendonly is no"),
        (["--appendonly", "yes"], "appendfsync is everysec"),
        (["--appendonly", "yes", "--appendfsync", "always", "--maxmemory-policy", "allkeys-lru"], "maxmemory-policy"),
    ],
)
async def test_a_server_that_could_lose_outcomes_is_refused_and_the_setting_named(
    start_redis: Callable[..., str], kind: str, options: list[str], named: str
) -> None:
    async with unopened(start_redis(kind, options)) as store:
        with pytest.raises(StoreUntrusted, match=named):
            await store.open()


async def test_a_server_that_becomes_unsafe_gets_no_new_claims_until_it_is_safe_again(url: str, store: Store) -> None:
    ledger = RedisLedger(store)
    async with operator_of(url) as operator:
        await operator.config_set("appendfsync", "everysec")
        with pytest.raises(StoreUntrusted):
            await store.check_durability()
        with pytest.raises(StoreUntrusted, match="appendfsync is everysec"):
            await ledger.claim("inv_1", "f", CALLER, REQUEST, lease=1.0)
        await operator.config_set("appendfsync", "always")
    await store.check_durability()
    await ledger.claim("inv_1", "f", CALLER, REQUEST, lease=1.0)


@pytest.mark.parametrize("url", ["valkey", "redis"], indirect=True)
async def test_functions_that_the_server_has_lost_are_loaded_again(url: str, store: Store) -> None:
    async with operator_of(url) as operator:
        await operator.function_flush()
    await RedisLedger(store).claim("inv_1", "f", CALLER, REQUEST, lease=1.0)


async def test_where_no_server_listens_the_store_is_unavailable_at_once(free_port: Callable[[], int]) -> None:
    async with unopened(f"redis://127.0.0.1:{free_port()}/0") as store:
        begun = time.monotonic()
        with pytest.raises(StoreUnavailable):
            await store.open()
        assert time.monotonic() - begun < 0.5


@pytest.mark.slow
async def test_while_the_server_hangs_a_call_is_refused_within_half_a_second_and_served_again_when_it_goes_on(
    url: str,
    store: Store,
) -> None:
    ledger, process = RedisLedger(store), await process_of(url)
    await ledger.claim("inv_0", "f", CALLER, REQUEST, lease=1.0)
    with suspended(process):
        waits = [await refused_after(ledger) for _ in range(3)]
        assert min(waits) < 0.5, waits  # the shortest: this machine may be busy with something else
    async with asyncio.timeout(5):
        await ledger.claim("inv_2", "f", CALLER, REQUEST, lease=1.0)


async def refused_after(ledger: RedisLedger) -> float:
    begun = time.monotonic()
    with pytest.raises(StoreUnavailable):
        await ledger.claim("inv_1", "f", CALLER, REQUEST, lease=1.0)
    return time.monotonic() - begun


async def test_a_claim_whose_reply_was_lost_is_given_back_to_its_gateway(url: str, store: Store) -> None:
    ledger, process = RedisLedger(store), await process_of(url)
    await ledger.claim("inv_0", "f", CALLER, REQUEST, lease=10.0)
    with suspended(process):
        await refused_after(ledger)  # what was sent lies before the server, and is executed when it goes on
    async with asyncio.timeout(5):
        while await ledger.read("acme", "inv_1") is None:
            await asyncio.sleep(0.01)
    assert isinstance(await RedisLedger(store).claim("inv_1", "f", CALLER, REQUEST, lease=10.0), Known)
    assert isinstance(await ledger.claim("inv_1", "f", CALLER, REQUEST, lease=10.0), New)


@pytest.mark.slow
async def test_after_calls_were_given_up_no_call_gets_the_reply_of_another(url: str) -> None:
    process, count = await process_of(url), 50
    async with operator_of(url) as operator, unopened(url) as store:
        for number in range(count):
            await operator.hset(f"h{number}", "v", str(number))
        for _ in range(3):
            with suspended(process):
                given_up = [store.hash_values(f"h{number}", ["v"]) for number in range(count)]
                assert all(isinstance(one, StoreUnavailable) for one in await asyncio.gather(*given_up, return_exceptions=True))
            for number in range(count):
                assert await store.hash_values(f"h{number}", ["v"]) == [str(number).encode()]


async def test_the_largest_answer_that_a_manifest_allows_can_be_recorded(store: Store) -> None:
    schema = orjson.loads(files("registry.manifest").joinpath("manifest.schema.json").read_bytes())
    limits = schema["$defs"]["limits"]["properties"]
    largest = Answer(200, "text/plain", b"x" * limits["response_bytes"]["maximum"])
    ledger = RedisLedger(store)
    claimed = await ledger.claim("inv_1", "f", CALLER, REQUEST, lease=60.0)
    assert isinstance(claimed, New)
    async with asyncio.timeout(20.0):  # a loaded machine may need more than one try
        end = partial(ledger.record, claimed.held, Outcome(Verdict.SUCCEEDED, largest), None)
        assert (await until_stored(end)).outcome == Outcome(Verdict.SUCCEEDED, largest)
