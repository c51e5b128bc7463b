"""Functions that an operator flushed while the gateway was idle: the next call of any library loads them all."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from gateway.records.ledger.protocol import Claimed, New
from gateway.records.recordings.protocol import CallKey, Numbered, RecordingKey
from gateway.records.redis.box_registry import RedisBoxRegistry
from gateway.records.redis.client import CONNECTIONS, LIBRARIES, Store
from gateway.records.redis.exchanges import RedisExchanges
from gateway.records.redis.host_registry import RedisHostRegistry
from gateway.records.redis.ledger import RedisLedger
from gateway.records.redis.principals import RedisPrincipals
from gateway.records.redis.recordings import RedisRecordings
from gateway.records.redis.token_states import RedisTokenStates
from gateway.records.tokens.protocol import TokenPlace
from sandbox.reaping.box_registry import Absent
from sandbox.reaping.host_registry import Seat
from tests.gateway.records.redis.test_client import CALLER, REQUEST
from tests.gateway.records.stores import operator_of


async def claim(store: Store) -> None:
    assert isinstance(await RedisLedger(store).claim("inv_1", "f", CALLER, REQUEST, lease=5.0), New)


async def find_box(store: Store) -> None:
    assert await RedisBoxRegistry(store).find("cg-of-no-gateway") is Absent.NEVER


async def number(store: Store) -> None:
    call = CallKey("sha256:" + "a" * 64, "b" * 64)
    key = RecordingKey("acme", "planner/ada", "suite")
    assert await RedisRecordings(store).number(key, "run", call, "inv_1") == Numbered(1, 1)


async def put(store: Store) -> None:
    """Nothing at all: the catalog's own terms are not of interest here."""
    assert (await store.call("callgate_catalog_put", ["cg:{catalog}:tools", "cg:{catalog}:names"], []))[0] == b"PUT"


async def leave(store: Store) -> None:
    await RedisHostRegistry(store).leave(Seat("gw-of-no-host", "proof", "token"))


async def erase(store: Store) -> None:
    assert await RedisExchanges(store).forget("acme") == 0


async def look(store: Store) -> None:
    assert await RedisPrincipals(store).look("gw-1", "none") is not None


async def hold(store: Store) -> None:
    assert not await RedisTokenStates(store).hold(TokenPlace("acme", "of-no-credential"), "no-holder", lease=1.0)


#: What needs each library.
USES: dict[str, Callable[[Store], Awaitable[None]]] = {
    "ledger.lua": claim,
    "catalog.lua": put,
    "box_registry.lua": find_box,
    "host_registry.lua": leave,
    "recordings.lua": number,
    "principals.lua": look,
    "token_states.lua": hold,
    "exchanges.lua": erase,
}


def test_each_library_has_a_use_here() -> None:
    assert set(USES) == set(LIBRARIES)


@pytest.mark.parametrize("url", ["valkey", "redis"], indirect=True)
@pytest.mark.parametrize("library", LIBRARIES)
async def test_flushed_functions_are_loaded_again_by_the_next_call(url: str, store: Store, library: str) -> None:
    async with operator_of(url) as operator:
        await operator.function_flush("SYNC")
        await USES[library](store)
        assert len(await operator.function_list()) == len(LIBRARIES)


async def test_flushed_functions_cost_none_of_many_calls_at_once(url: str, store: Store) -> None:
    async with operator_of(url) as operator:
        await operator.function_flush("SYNC")
    ledger = RedisLedger(store)
    claims: list[Claimed] = await asyncio.gather(
        *(ledger.claim(f"inv_{number}", "f", CALLER, REQUEST, lease=5.0) for number in range(CONNECTIONS))
    )
    assert all(isinstance(claimed, New) for claimed in claims)
