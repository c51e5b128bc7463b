"""A caller without rights wrote 257 MB of recordings, a document of 1.2 MB became 73 MB of versions, and Redis had no bound."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from itertools import count
from pathlib import Path

import grpc
import orjson
import pytest
from redis.asyncio import Redis

from callgate import AsyncClient
from callgate.errors import NotPermitted, QuotaExceeded
from callgate.recorded import dump
from callgate.recorded.entries import run_of
from callgate.v1.catalog_service_pb2_grpc import add_CatalogServiceServicer_to_server
from callgate.v1.recording_service_pb2_grpc import add_RecordingServiceServicer_to_server
from gateway.decisions.policy import Policy, Rule
from gateway.edge.grpc import recording_wire
from gateway.edge.grpc.boundary import Boundary
from gateway.edge.grpc.catalog_service import CatalogEdge
from gateway.edge.grpc.recording_service import RecordingEdge
from gateway.edge.grpc.status import detail_of
from gateway.embedded.state_dir import StateDir
from gateway.embedded.store_server import LEAST_MEMORY, StoreServer
from gateway.model.errors import QuotaExceeded as Exceeded
from gateway.model.errors import StoreFull
from gateway.model.invocation import Answer, Outcome, Verdict
from gateway.model.principal import Caller, Principal
from gateway.model.quotas import Quotas
from gateway.operations.quota_checks import check_quotas
from gateway.pipeline.call import Mode
from gateway.pipeline.invoker import Invoker
from gateway.pipeline.recorder import Recorder
from gateway.pipeline.recording_keys import recording_key_of
from gateway.pipeline.replay_and_cache import ReplayAndCache
from gateway.records.ledger.journal import Journal
from gateway.records.ledger.protocol import New, Resolution
from gateway.records.recordings.answer_cache import MemoryAnswerCache
from gateway.records.recordings.protocol import RECORDING, CallKey, MemoryRecordings, RecordedCall, RecordingKey, Recordings
from gateway.records.redis import recordings as recordings_in_redis
from gateway.records.redis.catalog_quota import CatalogQuota
from gateway.records.redis.catalogs import RedisCatalogs
from gateway.records.redis.client import Store
from gateway.records.redis.ledger import RedisLedger
from gateway.records.redis.recordings import RedisRecordings
from registry.catalog.catalog import Import
from registry.model.tool import Draft, JsonObject
from registry.model.versions import stored_size
from tests.conftest import FreePort
from tests.gateway.edge.grpc.serving import knowing
from tests.gateway.pipeline.desk import OpenDesk
from tests.gateway.pipeline.upstreams import OpenShop
from tests.gateway.records.conftest import store, url
from tests.gateway.records.lives import ATTEMPT, CALLER, DONE, ONCE, READ, claimed
from tests.gateway.records.recordings.test_recordings_contract import listed
from tests.gateway.records.stores import opened, operator_of
from tests.gateway.records.troubles import serving

__all__ = ["store", "url"]

ORDER: JsonObject = {"body": {"item": "hinge", "quantity": 2}}
CALL = CallKey("sha256:" + "a" * 64, "b" * 64)
tenants = (f"tenant{number}" for number in count())


def entry(size: int, occurrence: int = 1) -> RecordedCall:
    outcome = Outcome(Verdict.SUCCEEDED, Answer(200, "text/plain", b"x" * size))
    return RecordedCall("charge@1.0.0", CALL, occurrence, outcome)


def recording(tenant: str, name: str = "suite") -> RecordingKey:
    return RecordingKey(tenant, "planner/ada", name)


async def stored_bytes(operator: Redis, tenant: str) -> int:
    """What lies in all recordings and takes of a tenant."""
    hashes = [
        await operator.hgetall(key)
        async for kind in _each("recording", "take")
        async for key in operator.scan_iter(f"cg:{{{tenant}}}:{kind}:*")
    ]
    return sum(len(name) + len(value) for one in hashes for name, value in one.items())


async def _each(*kinds: str) -> AsyncIterator[str]:
    for kind in kinds:
        yield kind


async def used(recordings: RedisRecordings, tenant: str) -> dict[str, int]:
    return {use.name: use.used for use in await recordings.use(tenant)}


@pytest.fixture(params=["memory", "redis"])
async def small(request: pytest.FixtureRequest, redis_url: str) -> AsyncIterator[Recordings]:
    """Two recordings, and ten kilobytes in all."""
    quotas = Quotas(recordings=2, recordings_bytes=10_000)
    if request.param == "memory":
        yield MemoryRecordings(quotas)
        return
    async with opened(redis_url) as server:
        yield RedisRecordings(server, quotas)


async def test_a_recording_that_has_no_room_is_refused_with_the_cure(small: Recordings) -> None:
    tenant = next(tenants)
    await small.keep(recording(tenant), entry(4000, 1))
    await small.keep(recording(tenant), entry(4000, 2))
    with pytest.raises(Exceeded, match="10,000 bytes of recordings") as refused:
        await small.keep(recording(tenant), entry(4000, 3))
    assert "callgate run delete" in refused.value.cure
    assert "CALLGATE_QUOTA_RECORDINGS_BYTES" in refused.value.cure
    await small.keep(recording(tenant), entry(3000, 2))  # smaller, in its place
    assert len(await listed(small, recording(tenant))) == 2


async def test_one_recording_too_many_is_refused_until_another_is_deleted(small: Recordings) -> None:
    tenant = next(tenants)
    for name in ("one", "two"):
        await small.keep(recording(tenant, name), entry(10))
    await small.keep(recording(next(tenants), "three"), entry(10))
    with pytest.raises(Exceeded, match="2 recordings") as refused:
        await small.keep(recording(tenant, "three"), entry(10))
    assert "CALLGATE_QUOTA_RECORDINGS." in refused.value.cure
    with pytest.raises(Exceeded):
        await small.require_room(recording(tenant, "three"))
    await small.forget(recording(tenant, "one"))
    await small.require_room(recording(tenant, "three"))
    await small.keep(recording(tenant, "three"), entry(10))


async def test_a_replacement_that_does_not_fit_leaves_the_recording_as_it_was(small: Recordings) -> None:
    tenant = next(tenants)
    await small.replace(recording(tenant), [entry(3000, 1), entry(3000, 2)])
    with pytest.raises(Exceeded):
        await small.replace(recording(tenant), [entry(6000, 1), entry(6000, 2)])
    assert await listed(small, recording(tenant)) == [entry(3000, 1), entry(3000, 2)]
    await small.replace(recording(tenant), [entry(8000, 1)])
    assert await listed(small, recording(tenant)) == [entry(8000, 1)]


async def test_what_is_counted_is_what_is_stored_whatever_happens_at_once(redis_url: str) -> None:
    tenant, quotas, seed = next(tenants), Quotas(recordings=6, recordings_bytes=60_000), random.Random(7)

    async def act(recordings: RedisRecordings) -> None:
        key, size, occurrence = recording(tenant, f"r{seed.randrange(9)}"), seed.randrange(9000), seed.randrange(4)
        take, id = seed.choice([RECORDING, "run"]), f"inv_{seed.randrange(20)}"
        steps: list[Callable[[], Awaitable[object]]] = [
            lambda: recordings.keep(key, entry(size, occurrence)),
            lambda: recordings.replace(key, [entry(size, number) for number in range(occurrence)]),
            lambda: recordings.forget(key),
            lambda: recordings.number(key, take, CALL, id),
        ]
        with suppress(Exceeded):
            await seed.choice(steps)()

    async with opened(redis_url) as one, opened(redis_url) as other, operator_of(redis_url) as operator:
        both = RedisRecordings(one, quotas), RedisRecordings(other, quotas)
        for _ in range(40):
            await asyncio.gather(*(act(seed.choice(both)) for _ in range(8)))
            told = await used(both[0], tenant)
            assert await stored_bytes(operator, tenant) <= told["recordings_bytes"] <= 60_000
            assert told["recordings"] <= 6
        for number in range(9):
            await both[0].forget(recording(tenant, f"r{number}"))
        left = await used(both[1], tenant)  # the takes of replays
        assert left == {"recordings": 0, "recordings_bytes": await stored_bytes(operator, tenant)}


async def test_many_at_once_store_exactly_what_fits(redis_url: str) -> None:
    tenant, quotas = next(tenants), Quotas(recordings_bytes=50_000)

    async def keep(recordings: RedisRecordings, number: int) -> bool:
        try:
            await recordings.keep(recording(tenant, f"r{number % 5}"), entry(2000, number))
        except Exceeded:
            return False
        return True

    async with opened(redis_url) as one, opened(redis_url) as other, operator_of(redis_url) as operator:
        both = RedisRecordings(one, quotas), RedisRecordings(other, quotas)
        kept = await asyncio.gather(*(keep(both[number % 2], number) for number in range(60)))
        told = await used(both[0], tenant)
        assert told["recordings_bytes"] == await stored_bytes(operator, tenant)
        each = told["recordings_bytes"] / sum(kept)
        assert 50_000 - each < told["recordings_bytes"] <= 50_000


async def test_what_has_expired_counts_no_more(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    tenant = next(tenants)
    monkeypatch.setattr(recordings_in_redis, "RETENTION", 0.05)
    async with opened(redis_url) as server:
        recordings = RedisRecordings(server)
        await recordings.keep(recording(tenant), entry(100))
        await recordings.number(recording(tenant), RECORDING, CALL, "inv_1")
        async with asyncio.timeout(5):
            while (await used(recordings, tenant))["recordings_bytes"]:
                await asyncio.sleep(0.02)
        assert (await used(recordings, tenant))["recordings"] == 0


async def test_what_the_release_before_stored_is_counted_when_it_is_touched(redis_url: str) -> None:
    tenant = next(tenants)
    async with opened(redis_url) as server, operator_of(redis_url) as operator:
        recordings = RedisRecordings(server)
        await recordings.keep(recording(tenant), entry(5000, 1))
        await server.delete(*(f"cg:{{{tenant}}}:recordings:{kind}" for kind in ("expiries", "sizes")))
        await recordings.keep(recording(tenant), entry(10, 2))
        told = await used(recordings, tenant)
        assert told == {"recordings": 1, "recordings_bytes": await stored_bytes(operator, tenant)}


TOKENS = {
    "planner": Caller(Principal("acme", "planner", "ada"), Rule(("*",), may_record=True)),
    "powerless": Caller(Principal("acme", "powerless", "eve"), Rule()),
    "barred": Caller(Principal("acme", "barred", "eve"), Rule(("*",))),
    "importer": Caller(Principal("acme", "importer", "kim"), Rule(may_import=True)),
}


@pytest.fixture
async def edge(free_port: FreePort, redis_url: str) -> AsyncIterator[str]:
    """The address of a catalog and of recordings, whose quotas are small."""
    address, quotas = f"127.0.0.1:{free_port()}", Quotas(recordings_bytes=20_000, import_bytes=100_000)
    authentication, policy = knowing(TOKENS), Policy(private=(), vault="http://127.0.0.1:1")
    async with opened(redis_url) as server:
        await server.delete(*(f"cg:{{acme}}:recordings:{kind}" for kind in ("expiries", "sizes")))
        grpc_server = grpc.aio.server(interceptors=[Boundary()])
        catalog = CatalogEdge(authentication, policy, RedisCatalogs(server, quotas=quotas), quotas=quotas)
        add_CatalogServiceServicer_to_server(catalog, grpc_server)
        recordings = RecordingEdge(authentication, RedisRecordings(server, quotas), policy)
        add_RecordingServiceServicer_to_server(recordings, grpc_server)
        grpc_server.add_insecure_port(address)
        await grpc_server.start()
        yield address
        await grpc_server.stop(None)


@pytest.mark.parametrize("token", ["powerless", "barred"])
async def test_who_has_no_right_to_record_imports_no_recording(edge: str, token: str) -> None:
    async with AsyncClient(edge, token=token) as client:
        with pytest.raises(NotPermitted, match="may not record"):
            await client.recordings.import_file("suite", as_file(entry(1, 1)))


def as_file(*entries: RecordedCall) -> bytes:
    return dump(run_of(recording_wire.entry(one) for one in entries))


async def test_a_file_that_is_over_the_quota_is_refused_and_the_recording_before_is_kept(edge: str) -> None:
    async with AsyncClient(edge, token="planner") as client:
        assert await client.recordings.import_file("suite", as_file(entry(4000, 1))) == 1
        with pytest.raises(QuotaExceeded, match="20,000 bytes of recordings") as refused:
            await client.recordings.import_file("suite", as_file(*(entry(8000, number) for number in range(1, 5))))
        assert "CALLGATE_QUOTA_RECORDINGS_BYTES" in refused.value.cure
        assert await client.recordings.export_file("suite") == as_file(entry(4000, 1))
        await client.recordings.delete("suite")


def growing(operations: int) -> bytes:
    """A document whose every operation takes the same large schema with it."""
    fields = {f"field_{number}": {"type": "string", "description": "x" * 100} for number in range(100)}
    answer = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Large"}}}}
    paths = {
        f"/things/{number}": {"get": {"operationId": f"thing_{number}", "responses": {"200": {"description": "d", **answer}}}}
        for number in range(operations)
    }
    servers = [{"url": "https://api.example.com"}]
    schemas = {"schemas": {"Large": {"type": "object", "properties": fields}}}
    document = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "servers": servers, "paths": paths}
    return orjson.dumps({**document, "components": schemas})


async def test_a_document_that_grows_beyond_the_quota_of_an_import_is_not_stored(edge: str) -> None:
    document = growing(40)
    assert len(document) < 30_000
    async with AsyncClient(edge, token="importer") as client:
        with pytest.raises(QuotaExceeded, match="100,000 bytes of one import") as refused:
            await client.toolsets.import_openapi(document, "growing")
        assert [one async for one in client.tools.list("growing")] == []
    assert "`include`" in refused.value.cure
    assert "CALLGATE_QUOTA_IMPORT_BYTES" in refused.value.cure


def drafts(make: Callable[..., Draft], toolset: str, number: int) -> list[Draft]:
    return [replace(make(f"{toolset}_{one}"), toolset=toolset, description="x" * 500) for one in range(number)]


async def test_the_bytes_of_a_tenants_versions_are_counted_exactly_by_imports_at_once(
    url: str, shop: OpenShop, open_desk: OpenDesk
) -> None:
    """A server of the test's own: the catalog is one for all tests."""
    made = (await open_desk(shop.address)).versions["list_orders"].draft
    sets = {name: drafts(lambda name: replace(made, name=name), name, 30) for name in ("one", "two", "three", "four")}
    most = int(stored_size(sets["one"]) * 2.5)
    async with opened(url) as first, opened(url) as second, operator_of(url) as operator:
        catalogs = [RedisCatalogs(server, quotas=Quotas(catalog_bytes=most)) for server in (first, second)]

        async def bring(catalogs: RedisCatalogs, toolset: str) -> bool:
            try:
                await catalogs.of("acme").add(sets[toolset], Import(toolset))
            except Exceeded:
                return False
            return True

        done = await asyncio.gather(*(bring(catalogs[number % 2], toolset) for number, toolset in enumerate(sets)))
        await bring(catalogs[0], next(name for name, fits in zip(sets, done, strict=True) if fits))  # once more: adds nothing
        [use] = await CatalogQuota(first).use("acme")
        stored = [value async for key in operator.scan_iter("cg:{catalog}*:versions:*") for value in await operator.hvals(key)]
        assert sum(done) == 2
        assert use.used == sum(map(len, stored)) <= most
        await catalogs[0].of("globex").add(sets["four"] if not done[3] else sets["three"], Import("x"))


async def test_no_call_that_acts_begins_while_as_many_reviews_are_open_as_there_may_be(store: Store) -> None:
    ledger = RedisLedger(store, quotas=Quotas(reviews=2))
    for number in range(2):
        held = await claimed(store, f"inv_{number}", ONCE)
        await ledger.dispatch(held, attempt=1, box="box-1")
        await ledger.discharge("acme", held.id, "box:box-1")
        await ledger.record(held, Outcome(Verdict.UNKNOWN), ATTEMPT)
    with pytest.raises(Exceeded, match="2 open reviews") as refused:
        await ledger.claim("inv_more", "f", CALLER, ONCE, lease=60.0)
    assert "CALLGATE_QUOTA_REVIEWS" in refused.value.cure
    assert isinstance(await ledger.claim("inv_read", "f", CALLER, READ, lease=60.0), New)
    assert isinstance(await ledger.claim("inv_of_others", "f", replace(CALLER, tenant="globex"), ONCE, lease=60.0), New)
    await ledger.resolve("acme", "inv_0", Resolution("eve", "looked", DONE, attempts=1, timeout=60.0, seen=1))
    assert isinstance(await ledger.claim("inv_more", "f", CALLER, ONCE, lease=60.0), New)
    again = await ledger.read("acme", "inv_more")
    assert again is not None
    assert again.request == ONCE  # the quota is no field of it


async def test_a_run_whose_recording_is_full_makes_no_call(
    shop: OpenShop, open_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = await open_desk(shop.address)
    recordings = MemoryRecordings(Quotas(recordings_bytes=1000))
    replaying = ReplayAndCache(Recorder(recordings, detail_of), MemoryAnswerCache())
    monkeypatch.setattr(Invoker, "replay_and_cache", replaying, raising=False)
    key = recording_key_of(desk.principal, "suite")
    await recordings.keep(key, entry(700))
    with pytest.raises(Exceeded):
        await desk.call("create_order", ORDER, mode=Mode.RECORD, recording="suite")
    assert shop.orders == {}


@pytest.mark.parametrize("kind", ["valkey", "redis"])
async def test_a_full_redis_refuses_with_a_cure_and_keeps_all_that_it_has_acknowledged(tmp_path: Path, kind: str) -> None:
    async with serving(tmp_path / "server", kind) as server, server.asked() as operator, opened(server.url) as store:
        recordings, ledger = RedisRecordings(store), RedisLedger(store, journal=Journal(tmp_path / "journal"))
        for occurrence in range(12):
            await recordings.keep(recording("acme"), entry(1 << 20, occurrence))
        ended, under_way = await claimed(store, "inv_ended", ONCE), await claimed(store, "inv_under_way", ONCE)
        await ledger.dispatch(ended, attempt=1, box="box-1")
        await ledger.record(ended, DONE, ATTEMPT)
        await ledger.dispatch(under_way, attempt=1, box="box-2")
        await operator.config_set("maxmemory", "10mb")
        with pytest.raises(StoreFull, match="memory is full") as refused:
            await claimed(store, "inv_more", ONCE)
        assert all(word in refused.value.cure for word in ("maxmemory", "--redis-memory", "callgate run delete"))
        kept = await ledger.read("acme", "inv_ended")
        assert kept is not None
        assert kept.outcome == DONE
        with pytest.raises(StoreFull):
            await ledger.record(under_way, DONE, ATTEMPT)  # it is in the journal until there is room
        await recordings.forget(recording("acme"))  # makes room, in a full server, too
        await ledger.write_down()
        told = await ledger.read("acme", "inv_under_way")
        assert told is not None
        assert told.outcome == DONE
        assert await claimed(store, "inv_more", ONCE)


async def test_an_embedded_redis_has_a_bound_and_evicts_nothing(tmp_path: Path) -> None:
    for memory, expected in ((None, LEAST_MEMORY), (100 << 20, 100 << 20)):
        with StateDir(tmp_path / f"home-{expected}").hold() as state:
            server = StoreServer(state, memory=memory)
            await server.start()
            try:
                async with operator_of(
                    server.url.replace("redis://", f"redis://:{state.store_password.read_text().strip()}@")
                ) as one:
                    found = {**await one.config_get("maxmemory"), **await one.config_get("maxmemory-policy")}
            finally:
                await server.stop()
        assert int(found["maxmemory"] or 0) >= expected
        assert found["maxmemory-policy"] == "noeviction"


async def test_the_doctor_tells_what_each_tenant_has_used(store: Store) -> None:
    quotas = Quotas(recordings_bytes=5000)
    recordings = RedisRecordings(store, quotas)
    await recordings.keep(recording("acme"), entry(4500))
    await recordings.keep(recording("globex"), entry(10))
    checked = [recordings.use, CatalogQuota(store, quotas).use, RedisLedger(store, quotas=quotas).review_use]
    full, other = await check_quotas(["globex", "acme"], checked)
    assert full.detail.startswith("acme: recordings_bytes 4,")
    assert "reviews 0 of 10,000" in full.detail
    assert full.warns
    assert "CALLGATE_QUOTA_RECORDINGS_BYTES" in full.cure
    assert (other.ok, other.warns) == (True, False)
