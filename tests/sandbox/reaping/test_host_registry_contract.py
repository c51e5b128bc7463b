"""One body over the registry of hosts in memory and the one in Redis."""

import itertools
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace

import orjson
import pytest
from redis.asyncio import Redis

from gateway.model.redis_settings import RedisSettings
from gateway.records.redis.box_registry import RedisBoxRegistry
from gateway.records.redis.client import Store
from gateway.records.redis.host_registry import SEATS, RedisHostRegistry
from sandbox.api.errors import HostLost
from sandbox.reaping.box_registry import BoxPlace
from sandbox.reaping.host_registry import (
    LIVING,
    CopiedFrom,
    HostFacts,
    HostRegistry,
    LivingHost,
    LostBefore,
    MemoryHostRegistry,
    Seat,
    Taken,
    UnknownHost,
)

marks = itertools.count()


@dataclass
class Site:
    """A registry. `silence` makes all gateways seem to have said nothing since long."""

    registry: HostRegistry
    silence: Callable[[], object]


@pytest.fixture
def facts() -> HostFacts:
    """Of a host that no other test has."""
    return HostFacts(f"mark-{next(marks)}", "engine-1", "mill", "boot-1")


@pytest.fixture
def seat(facts: HostFacts) -> Seat:
    return Seat(f"gw-of-{facts.mark}", "proof-1", "token-1")


@pytest.fixture(params=["memory", "redis"])
async def site(request: pytest.FixtureRequest, redis_url: str) -> AsyncIterator[Site]:
    if request.param == "memory":
        ahead = [0.0]

        def silence() -> None:
            ahead[0] += LIVING

        yield Site(MemoryHostRegistry(lambda: time.time() + ahead[0]), silence)
        return
    store = Store(RedisSettings(url=redis_url))
    await store.open()
    yield Site(RedisHostRegistry(store), lambda: None)
    await store.close()


async def fall_silent(site: Site, redis_url: str) -> None:
    site.silence()
    if isinstance(site.registry, RedisHostRegistry):
        redis = Redis.from_url(redis_url)
        for gateway, encoded in (await redis.hgetall(SEATS)).items():
            seat = orjson.loads(encoded)
            await redis.hset(SEATS, gateway, orjson.dumps({**seat, "seen": seat["seen"] - LIVING * 1000}).decode())
        await redis.aclose()


async def taken(site: Site, facts: HostFacts, seat: Seat, *, cleared: str = "") -> Taken:
    found = await site.registry.take(facts, seat, cleared=cleared)
    assert isinstance(found, Taken)
    return found


async def test_gateways_on_one_engine_are_on_one_host_and_see_each_other(site: Site, facts: HostFacts, seat: Seat) -> None:
    first = await taken(site, facts, seat)
    other = replace(seat, gateway=f"{seat.gateway}-2")
    assert await taken(site, facts, other) == Taken(first.host, (seat,))
    (known,) = [host for host in await site.registry.hosts() if host.id == first.host]
    assert (known.facts, known.gateways, known.lost) == (facts, (seat.gateway, other.gateway), None)
    await site.registry.leave(seat)
    (known,) = [host for host in await site.registry.hosts() if host.id == first.host]
    assert known.gateways == (other.gateway,)


async def test_engines_with_the_same_id_and_different_marks_are_two_hosts(site: Site, facts: HostFacts, seat: Seat) -> None:
    first = await taken(site, facts, seat)
    second = await taken(site, replace(facts, mark=f"{facts.mark}-b"), replace(seat, gateway=f"{seat.gateway}-2"))
    assert first.host != second.host
    assert second.others == ()


async def test_another_boot_of_a_living_host_is_a_copy_and_of_a_silent_one_the_same(
    site: Site, facts: HostFacts, seat: Seat, redis_url: str
) -> None:
    first = await taken(site, facts, seat)
    rebooted, again = replace(facts, boot="boot-2"), replace(seat, gateway=f"{seat.gateway}-2")
    assert await site.registry.take(rebooted, again) == CopiedFrom(seat.gateway)
    await fall_silent(site, redis_url)
    assert await taken(site, rebooted, again) == Taken(first.host, ())
    assert await site.registry.renew(first.host, facts, replace(seat, token="t2"), seat.token) == CopiedFrom(again.gateway)


async def test_a_sign_of_life_may_be_repeated_and_one_with_an_old_token_comes_from_a_copy(
    site: Site, facts: HostFacts, seat: Seat
) -> None:
    host, following = (await taken(site, facts, seat)).host, replace(seat, token="token-2")
    for _ in range(2):
        assert await site.registry.renew(host, facts, following, seat.token) == Taken(host, ())
    copy = await site.registry.renew(host, facts, replace(seat, token="token-of-the-copy"), seat.token)
    assert copy == CopiedFrom(seat.gateway, following.token)
    await site.registry.leave(seat)  # nor does a copy's end end it
    (known,) = [one for one in await site.registry.hosts() if one.id == host]
    assert known.gateways == (seat.gateway,)


async def test_a_sign_of_life_enters_what_the_registry_has_forgotten(site: Site, facts: HostFacts, seat: Seat) -> None:
    host = f"host-of-{facts.mark}"
    assert await site.registry.renew(host, facts, seat, "token-0") == Taken(host, ())
    assert (await taken(site, facts, replace(seat, gateway=f"{seat.gateway}-2"))).host == host


async def test_a_living_host_cannot_be_declared_lost_nor_one_that_never_was(site: Site, facts: HostFacts, seat: Seat) -> None:
    host = (await taken(site, facts, seat)).host
    with pytest.raises(LivingHost):
        await site.registry.declare_lost(host, "ada", "it burnt")
    with pytest.raises(UnknownHost):
        await site.registry.declare_lost("host-never", "ada", "it burnt")


async def test_a_lost_host_that_comes_back_gets_another_id_once_its_boxes_are_removed(
    site: Site, facts: HostFacts, seat: Seat
) -> None:
    host = (await taken(site, facts, seat)).host
    await site.registry.leave(seat)
    await site.registry.declare_lost(host, "ada", "it burnt")
    await site.registry.declare_lost(host, "bob", "again")
    (known,) = [one for one in await site.registry.hosts() if one.id == host]
    assert known.lost is not None
    assert (known.lost.author, known.lost.reason) == ("ada", "it burnt")
    assert await site.registry.renew(host, facts, seat, seat.token) == LostBefore(host)
    assert await site.registry.take(facts, seat) == LostBefore(host)
    fresh = await taken(site, facts, seat, cleared=host)
    assert fresh.host != host
    assert (await taken(site, facts, replace(seat, gateway=f"{seat.gateway}-2"))).host == fresh.host


async def test_a_gateway_that_is_forgotten_has_no_seat(site: Site, facts: HostFacts, seat: Seat) -> None:
    host = (await taken(site, facts, seat)).host
    await site.registry.forget(seat.gateway)
    (known,) = [one for one in await site.registry.hosts() if one.id == host]
    assert known.gateways == ()


async def test_no_box_is_entered_on_a_lost_host(redis_url: str, facts: HostFacts, seat: Seat) -> None:
    store = Store(RedisSettings(url=redis_url))
    await store.open()
    hosts, boxes = RedisHostRegistry(store), RedisBoxRegistry(store)
    taking = await hosts.take(facts, seat)
    assert isinstance(taking, Taken)
    await boxes.enter("cg-of-the-living", BoxPlace(taking.host, "/run/x", seat.gateway))
    await hosts.leave(seat)
    await hosts.declare_lost(taking.host, "ada", "it burnt")
    with pytest.raises(HostLost):
        await boxes.enter("cg-of-the-lost", BoxPlace(taking.host, "/run/x", seat.gateway))
    assert "cg-of-the-lost" not in await boxes.there()
    await boxes.mark_removed("cg-of-the-living")
    await store.close()
