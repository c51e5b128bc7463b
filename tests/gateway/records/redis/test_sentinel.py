"""The store by Sentinel: real failovers, and whom the gateway writes to before, in the midst of and after them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from itertools import count
from pathlib import Path
from time import monotonic

import pytest

from benchmarks.redis_servers import SERVICE, RedisGroup, RedisServer
from gateway.model.errors import StoreMisconfigured, StoreUnavailable, StoreUntrusted
from gateway.model.redis_settings import RedisSettings
from gateway.operations.doctor import check_store
from gateway.records.ledger.protocol import Known, New
from gateway.records.redis.client import Store
from gateway.records.redis.ledger import RedisLedger
from tests.gateway.records.lives import CALLER, READ
from tests.gateway.records.stores import at, suspended

pytestmark = pytest.mark.slow


#: Seconds after a promotion in which the gateway must write to the new primary.
RECOVERED_WITHIN = 2.0


@pytest.fixture
async def group(tmp_path: Path) -> AsyncIterator[RedisGroup]:
    """A primary, two replicas and three Sentinels, all well."""
    async with RedisGroup(tmp_path / "group") as group:
        yield group


@pytest.fixture
async def store(group: RedisGroup) -> AsyncIterator[Store]:
    async with at(RedisSettings(url=group.url)) as store:
        await store.open()
        yield store


async def claim(store: Store, id: str) -> None:
    assert isinstance(await RedisLedger(store).claim(id, "f", CALLER, READ, lease=60.0), New)


async def has(server: RedisServer, id: str) -> bool:
    async with server.asked() as operator:
        return bool(await operator.exists(f"cg:{{acme}}:record:{id}"))


async def until_served(step: Callable[[int], Awaitable[None]], seconds: float) -> float:
    """Try, with a new number each time, until the store serves it. How long that took; fails after `seconds`."""
    begun, number = monotonic(), 0
    while True:
        number += 1
        try:
            await step(number)
            return monotonic() - begun
        except StoreUnavailable:
            assert monotonic() - begun < seconds, "the store was not served again in time"
            await asyncio.sleep(0.02)


async def until_refused(step: Callable[[int], Awaitable[None]], seconds: float) -> None:
    """Try, with a new number each time, until an error other than StoreUnavailable comes."""
    begun = monotonic()
    for number in count():
        with suppress(StoreUnavailable):
            await step(number)
        assert monotonic() - begun < seconds, "the store was served all the time"


async def test_when_the_primary_is_killed_the_next_one_is_written_to_as_soon_as_it_is_promoted(
    group: RedisGroup, store: Store
) -> None:
    before = await group.primary()
    await claim(store, "inv_1")
    async with before.asked() as operator:
        assert await operator.wait(2, 1000) == 2
    await before.kill()
    with pytest.raises(StoreUnavailable):
        await claim(store, "inv_2")
    after = await group.promoted(before)
    assert await until_served(lambda number: claim(store, f"inv_a{number}"), RECOVERED_WITHIN) < RECOVERED_WITHIN
    assert isinstance(await RedisLedger(store).claim("inv_1", "f", CALLER, READ, lease=1.0), Known)
    standing = await store.standing()
    assert (standing.primary, standing.role) == (after.address, "master")


async def test_a_failover_of_a_living_primary_is_followed_and_from_then_on_nothing_is_written_to_the_old_one(
    group: RedisGroup, store: Store
) -> None:
    before = await group.primary()
    acknowledged: list[str] = []

    async def keep_claiming() -> None:
        for number in count():
            with suppress(StoreUnavailable):
                await claim(store, f"inv_{number}")
                acknowledged.append(f"inv_{number}")
            await asyncio.sleep(0.005)

    claiming = asyncio.create_task(keep_claiming())
    after = await group.fail_over()
    begun = monotonic()
    while not (acknowledged and await has(after, acknowledged[-1])):
        assert monotonic() - begun < RECOVERED_WITHIN, "the gateway writes to the old primary"
    first = len(acknowledged)
    async with asyncio.timeout(5.0):
        while len(acknowledged) < first + 100:
            await asyncio.sleep(0.01)
    claiming.cancel()
    await asyncio.wait({claiming})
    assert [id for id in acknowledged[first:] if not await has(after, id)] == []
    assert (await store.standing()).primary == after.address != before.address


async def test_an_old_primary_that_wakes_and_still_takes_writes_gets_none(group: RedisGroup, store: Store) -> None:
    """It hung, another one was promoted, and its Sentinels take some seconds to demote it."""
    before = await group.primary()
    await claim(store, "inv_1")
    assert before.pid is not None
    with suspended(before.pid):
        after = await group.promoted(before)
        await until_served(lambda number: claim(store, f"inv_b{number}"), RECOVERED_WITHIN)
    async with before.asked() as operator:
        assert (await operator.role())[0] == b"master", "it thinks itself the primary"
        for number in range(20):
            await claim(store, f"inv_c{number}")
        assert not await operator.exists("cg:{acme}:record:inv_c0", "cg:{acme}:record:inv_c19")
    assert await has(after, "inv_c19")


async def test_connections_to_a_primary_that_lives_on_beside_a_new_one_are_left_within_a_second(
    group: RedisGroup, store: Store
) -> None:
    """It is cut off from its Sentinels, and not from the gateway, whose connections work on."""
    before = await group.primary()
    await claim(store, "inv_1")
    async with before.asked() as operator:
        await operator.acl_setuser("default", enabled=True, commands=["-ping", "-info", "-publish", "-subscribe"])
    after = await group.promoted(before)
    promoted = monotonic()
    async with before.asked() as operator:
        assert (await operator.role())[0] == b"master", "it thinks itself the primary"
    for number in count():
        with suppress(StoreUnavailable):
            await claim(store, f"inv_d{number}")
        if await has(after, f"inv_d{number}"):
            break
        assert monotonic() - promoted < RECOVERED_WITHIN, "the gateway writes to the old primary"
    for number in range(20):
        await claim(store, f"inv_e{number}")
    assert not await has(before, "inv_e0")
    assert not await has(before, "inv_e19")


async def test_a_watcher_of_events_sees_what_comes_after_a_failover(group: RedisGroup, store: Store) -> None:
    before = await group.primary()
    ledger = RedisLedger(store)
    claimed = await ledger.claim("inv_1", "f", CALLER, READ, lease=60.0)
    assert isinstance(claimed, New)
    async with before.asked() as operator:
        assert await operator.wait(2, 1000) == 2
    assert [kind for _, kind in await kinds(store, 0)] == ["CLAIMED"]
    await before.kill()
    await group.promoted(before)
    await until_served(lambda _: ledger.dispatch(claimed.held, attempt=1, box="box-1"), RECOVERED_WITHIN)
    assert "DISPATCHED" in [kind for _, kind in await kinds(store, 1)]


async def kinds(store: Store, after: int) -> list[tuple[int, str]]:
    return [(number, entry["kind"]) for number, entry in await store.stream("cg:{acme}:events:inv_1", after, block=1.0)]


async def test_a_sentinel_that_hangs_or_has_missed_a_failover_leads_nobody_astray(group: RedisGroup) -> None:
    asleep = group.sentinels[0]
    before = await group.primary()
    assert asleep.pid is not None
    async with at(RedisSettings(url=group.url)) as store:
        with suspended(asleep.pid):
            await until_served(lambda number: claim(store, f"inv_{number}"), RECOVERED_WITHIN)
            async with group.sentinels[1].asked() as sentinel:
                await sentinel.sentinel_failover(SERVICE)
            after = await group.promoted(before)
    async with at(RedisSettings(url=group.url)) as store:
        await claim(store, "inv_of_the_new_one")
    assert await has(after, "inv_of_the_new_one")


async def test_a_new_primary_that_could_lose_outcomes_gets_no_new_claims(group: RedisGroup, store: Store) -> None:
    before = await group.primary()
    for server in group.servers:
        if server is not before:
            async with server.asked() as operator:
                await operator.config_set("appendfsync", "everysec")
    await claim(store, "inv_1")
    await before.kill()
    await group.promoted(before)
    with pytest.raises(StoreUntrusted, match="appendfsync is everysec"):
        await until_refused(lambda number: claim(store, f"inv_{number}y"), RECOVERED_WITHIN)


@pytest.fixture
async def guarded(tmp_path: Path) -> AsyncIterator[tuple[RedisServer, RedisServer]]:
    """A primary, and one Sentinel that wants a password."""
    primary = RedisServer(tmp_path / "primary")
    watching = {f"sentinel monitor {SERVICE} 127.0.0.1": f"{primary.port} 1", "requirepass": "of-the-sentinel"}
    sentinel = RedisServer(tmp_path / "sentinel", watching, mode=["--sentinel"])
    for server in (primary, sentinel):
        await server.start()
    yield primary, sentinel
    for server in (sentinel, primary):
        await server.stop()


async def test_the_login_of_sentinels_is_their_own_and_what_they_do_not_know_is_named(
    guarded: tuple[RedisServer, RedisServer], tmp_path: Path
) -> None:
    primary, sentinel = guarded
    password = tmp_path / "password"
    password.write_text("of-the-sentinel\n")
    url = f"redis+sentinel://{sentinel.address}"
    async with at(RedisSettings(url=f"{url}/{SERVICE}/3", sentinel_password_file=password)) as store:
        await store.open()
        standing = await store.standing()
        assert (standing.primary, standing.sentinels) == (primary.address, ((sentinel.address, primary.address),))
        shown = {finding.detail: finding.ok for finding in await check_store(store)}
        assert shown[f"the server at {primary.address} is a primary"]
        assert shown[f"sentinel {sentinel.address}: {primary.address}"]
    async with at(RedisSettings(url=f"{url}/{SERVICE}")) as store:
        with pytest.raises(StoreMisconfigured) as refused:
            await store.open()
        assert "CALLGATE_REDIS_SENTINEL_" in refused.value.cure
    async with at(RedisSettings(url=f"{url}/another", sentinel_password_file=password)) as store:
        with pytest.raises(StoreUnavailable, match="knows no service 'another'") as unknown:
            await store.open()
        assert "CALLGATE_REDIS_URL" in unknown.value.cure
