"""The store against real servers: what it insists on, and how it fails."""

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable
from functools import partial
from importlib.resources import files
from typing import Any

import orjson
import pytest
from redis.asyncio import Redis

from gateway.model.errors import StoreUnavailable, StoreUntrusted
from gateway.model.invocation import Answer, Outcome, Request, Verdict
from gateway.model.principal import Principal
from gateway.pipeline.until_stored import until_stored
from gateway.records.ledger.protocol import Known, New
from gateway.records.redis.client import Store
from gateway.records.redis.ledger import RedisLedger
from registry.model.tool import Effect

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


def with_store(url: str, scenario: Callable[[Store], Awaitable[None]]) -> None:
    async def run() -> None:
        store = Store(url)
        try:
            await scenario(store)
        finally:
            await store.close()

    asyncio.run(run())


@pytest.mark.parametrize("kind", ["valkey", "redis"])
@pytest.mark.parametrize(
    ("options", "named"),
    [
        ([], "appendonly is no"),
        (["--appendonly", "yes"], "appendfsync is everysec"),
        (["--appendonly", "yes", "--appendfsync", "always", "--maxmemory-policy", "allkeys-lru"], "maxmemory-policy"),
    ],
)
def test_a_server_that_could_lose_outcomes_is_refused_and_the_setting_named(
    start_redis: Callable[..., str], kind: str, options: list[str], named: str
) -> None:
    async def scenario(store: Store) -> None:
        with pytest.raises(StoreUntrusted, match=named):
            await store.open()

    with_store(start_redis(kind, options), scenario)


def test_a_server_that_becomes_unsafe_gets_no_new_claims_until_it_is_safe_again(start_redis: Callable[..., str]) -> None:
    url = start_redis()

    async def scenario(store: Store) -> None:
        await store.open()
        ledger, operator = RedisLedger(store), Redis.from_url(url)
        await operator.config_set("appendfsync", "everysec")
        with pytest.raises(StoreUntrusted):
            await store.check_durability()
        with pytest.raises(StoreUntrusted, match="appendfsync is everysec"):
            await ledger.claim("inv_1", "f", CALLER, REQUEST, lease=1.0)
        await operator.config_set("appendfsync", "always")
        await operator.aclose()
        await store.check_durability()
        await ledger.claim("inv_1", "f", CALLER, REQUEST, lease=1.0)

    with_store(url, scenario)


@pytest.mark.parametrize("kind", ["valkey", "redis"])
def test_functions_that_the_server_has_lost_are_loaded_again(start_redis: Callable[..., str], kind: str) -> None:
    url = start_redis(kind)

    async def scenario(store: Store) -> None:
        await store.open()
        operator = Redis.from_url(url)
        await operator.function_flush()
        await operator.aclose()
        await RedisLedger(store).claim("inv_1", "f", CALLER, REQUEST, lease=1.0)

    with_store(url, scenario)


def test_where_nobody_listens_the_store_is_unavailable_at_once(free_port: Callable[[], int]) -> None:
    async def scenario(store: Store) -> None:
        begun = time.monotonic()
        with pytest.raises(StoreUnavailable):
            await store.open()
        assert time.monotonic() - begun < 0.5

    with_store(f"redis://127.0.0.1:{free_port()}/0", scenario)


def test_while_the_server_hangs_a_call_is_refused_within_half_a_second_and_served_again_when_it_goes_on(
    start_redis: Callable[..., str],
) -> None:
    url = start_redis()

    async def scenario(store: Store) -> None:
        await store.open()
        ledger, process = RedisLedger(store), await process_id(url)
        await ledger.claim("inv_0", "f", CALLER, REQUEST, lease=1.0)
        os.kill(process, signal.SIGSTOP)
        try:
            waits = [await refused_after(ledger) for _ in range(3)]
            assert min(waits) < 0.5, waits  # the shortest: this machine may be busy with something else
        finally:
            os.kill(process, signal.SIGCONT)
        async with asyncio.timeout(5):
            await ledger.claim("inv_2", "f", CALLER, REQUEST, lease=1.0)

    with_store(url, scenario)


async def refused_after(ledger: RedisLedger) -> float:
    begun = time.monotonic()
    with pytest.raises(StoreUnavailable):
        await ledger.claim("inv_1", "f", CALLER, REQUEST, lease=1.0)
    return time.monotonic() - begun


def test_a_claim_whose_reply_was_lost_is_given_back_to_its_gateway(start_redis: Callable[..., str]) -> None:
    url = start_redis()

    async def scenario(store: Store) -> None:
        await store.open()
        ledger, process = RedisLedger(store), await process_id(url)
        await ledger.claim("inv_0", "f", CALLER, REQUEST, lease=10.0)
        os.kill(process, signal.SIGSTOP)
        try:
            await refused_after(ledger)  # what was sent lies before the server, and is executed when it goes on
        finally:
            os.kill(process, signal.SIGCONT)
        async with asyncio.timeout(5):
            while await ledger.read("acme", "inv_1") is None:
                await asyncio.sleep(0.01)
        assert isinstance(await RedisLedger(store).claim("inv_1", "f", CALLER, REQUEST, lease=10.0), Known)
        assert isinstance(await ledger.claim("inv_1", "f", CALLER, REQUEST, lease=10.0), New)

    with_store(url, scenario)


def test_after_calls_were_given_up_nobody_gets_the_reply_of_another(start_redis: Callable[..., str]) -> None:
    url, count = start_redis(), 50

    async def scenario(store: Store) -> None:
        operator, process = Redis.from_url(url), await process_id(url)
        for number in range(count):
            await operator.hset(f"h{number}", "v", number)
        await operator.aclose()
        for _ in range(3):
            os.kill(process, signal.SIGSTOP)
            try:
                given_up = [store.hash_values(f"h{number}", ["v"]) for number in range(count)]
                assert all(isinstance(one, StoreUnavailable) for one in await asyncio.gather(*given_up, return_exceptions=True))
            finally:
                os.kill(process, signal.SIGCONT)
            for number in range(count):
                assert await store.hash_values(f"h{number}", ["v"]) == [str(number).encode()]

    with_store(url, scenario)


async def process_id(url: str) -> int:
    operator: Any = Redis.from_url(url)
    server = await operator.info("server")
    await operator.aclose()
    return int(server["process_id"])


def test_the_largest_answer_that_a_manifest_allows_can_be_recorded(start_redis: Callable[..., str]) -> None:
    schema = orjson.loads(files("registry.manifest").joinpath("manifest.schema.json").read_bytes())
    limits = schema["$defs"]["limits"]["properties"]
    largest = Answer(200, "text/plain", b"x" * limits["response_bytes"]["maximum"])

    async def scenario(store: Store) -> None:
        await store.open()
        ledger = RedisLedger(store)
        claimed = await ledger.claim("inv_1", "f", CALLER, REQUEST, lease=60.0)
        assert isinstance(claimed, New)
        async with asyncio.timeout(20.0):  # a loaded machine may need more than one try
            end = partial(ledger.record, claimed.held, Outcome(Verdict.SUCCEEDED, largest), None)
            assert (await until_stored(end)).outcome == Outcome(Verdict.SUCCEEDED, largest)

    with_store(start_redis(), scenario)
