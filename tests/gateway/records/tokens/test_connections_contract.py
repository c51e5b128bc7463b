"""One body over who is connected, in memory and in Redis."""

from collections.abc import AsyncIterator
from dataclasses import replace
from uuid import uuid4

import pytest

from gateway.records.redis.connections import RedisConnections
from gateway.records.tokens.connections import ApiConnection, Connections, MemoryConnections
from tests.gateway.records.stores import opened


@pytest.fixture(params=["memory", "redis"])
async def connections(request: pytest.FixtureRequest, redis_url: str) -> AsyncIterator[Connections]:
    if request.param == "memory":
        yield MemoryConnections()
        return
    async with opened(redis_url) as store:
        yield RedisConnections(store)


@pytest.fixture
def ada() -> ApiConnection:
    tenant = f"tenant-{uuid4().hex[:8]}"
    return ApiConnection(tenant, "c1", "callgate-ada", toolset="things", path="secret/data/a", subject="ada", since=7.0)


async def test_what_is_kept_is_found_and_listed_whole(connections: Connections, ada: ApiConnection) -> None:
    whole = replace(ada, until=9.5, renews=True, scopes=("r", "w"), lapsed="why", by="acme/agent/ada")
    await connections.keep(whole)
    assert await connections.find(ada.tenant, ada.id) == whole
    assert list(await connections.of(ada.tenant)) == [whole]


async def test_a_later_word_of_the_same_one_is_in_its_place(connections: Connections, ada: ApiConnection) -> None:
    await connections.keep(replace(ada, lapsed="gone"))
    await connections.keep(ada)
    assert list(await connections.of(ada.tenant)) == [ada]


async def test_they_are_in_order_and_of_one_tenant(connections: Connections, ada: ApiConnection) -> None:
    bob = replace(ada, person="callgate-bob", subject="bob")
    other, elsewhere = replace(bob, toolset="others"), replace(ada, tenant=f"{ada.tenant}-x")
    for one in (bob, ada, replace(other, credential="c2"), elsewhere):
        await connections.keep(one)
    assert [(one.toolset, one.subject) for one in await connections.of(ada.tenant)] == [
        ("others", "bob"),
        ("things", "ada"),
        ("things", "bob"),
    ]
    assert list(await connections.of(elsewhere.tenant)) == [elsewhere]


async def test_what_was_dropped_is_not_there_and_may_be_dropped_again(connections: Connections, ada: ApiConnection) -> None:
    await connections.keep(ada)
    for _ in range(2):
        await connections.drop(ada.tenant, ada.id)
        assert await connections.find(ada.tenant, ada.id) is None


async def test_a_code_is_used_once_in_its_tenant(connections: Connections, ada: ApiConnection) -> None:
    assert await connections.first_use(ada.tenant, "a", 60.0)
    assert not await connections.first_use(ada.tenant, "a", 60.0)
    assert await connections.first_use(ada.tenant, "b", 60.0)
    assert await connections.first_use(f"{ada.tenant}-x", "a", 60.0)
