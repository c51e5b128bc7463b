"""What was imported before toolsets had owners gets one, once, and gateways of the release before go on reading it."""

from collections.abc import AsyncIterator

import orjson
import pytest

from gateway.model.redis_settings import RedisSettings
from gateway.records.redis.catalogs import RedisCatalogs
from gateway.records.redis.client import Store
from registry.catalog.acts import Act
from registry.catalog.catalog import Import
from registry.catalog.publications import Publication
from registry.catalog.tool_entry import Revision, ToolEntry, VersionState
from registry.model.errors import CatalogUnowned, ToolNotFound
from registry.model.operation_key import OperationKey
from registry.model.tool import Draft, Effect, Operation, ToolVersion
from registry.model.value_codec import plain, restore
from registry.model.versions import decode, encode, first
from tests.registry.catalog.test_catalog_contract import database

TOOLS, NAMES = "cg:{catalog}:tools", "cg:{catalog}:names"

#: The library of the release before.
LIBRARY = """#!lua name=callgate_catalog
local function put(K, A)
  for at = 1, #A, 5 do
    if (redis.call('HGET', K[1], A[at]) or '') ~= A[at + 1] then return { 'STALE' } end
  end
  local key = 3
  for at = 1, #A, 5 do
    local name, entry, version, encoded = A[at], A[at + 2], A[at + 3], A[at + 4]
    if version ~= '' then redis.call('HSET', K[key + 1], version, encoded) end
    redis.call('HSET', K[1], name, entry)
    redis.call('ZADD', K[2], 0, name)
    redis.call('ZADD', K[key], 0, name)
    key = key + 2
  end
  return { 'PUT' }
end
redis.register_function('callgate_catalog_put', put)
"""


class GatewayOfBefore:
    """Reads and writes as a gateway of the release before: the same keys for every tenant."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def add(self, draft: Draft) -> None:
        version = first(draft)
        key = OperationKey("GET", draft.operation.path, name=draft.name, server=draft.operation.server)
        entry = ToolEntry(draft.name, draft.toolset, (Revision("1.0.0", version.digest, operation=key),), "1.0.0", "1.0.0")
        keys = [TOOLS, NAMES, f"{NAMES}:{draft.toolset}", f"cg:{{catalog}}:versions:{draft.name}"]
        args: list[str | bytes] = [draft.name, b"", orjson.dumps(plain(entry)), "1.0.0", encode(version)]
        assert (await self._store.call("callgate_catalog_put", keys, args))[0] == b"PUT"

    async def resolve(self, name: str) -> ToolVersion:
        (raw,) = await self._store.hash_values(TOOLS, [name])
        assert raw is not None
        entry: ToolEntry = restore(ToolEntry, orjson.loads(raw))
        assert entry.current is not None
        (encoded,) = await self._store.hash_values(f"cg:{{catalog}}:versions:{name}", [entry.current.version])
        return decode(encoded or b"")

    async def names(self) -> list[str]:
        return await self._store.names_after(NAMES, "", 99)


@pytest.fixture
async def store(redis_url: str) -> AsyncIterator[Store]:
    store = Store(RedisSettings(url=database(redis_url)))
    await store.open()
    yield store
    await store.close()


def draft(name: str, words: str = "one") -> Draft:
    operation = Operation("GET", "https://api.example.com", "/" + name, (), None, ("application/json",))
    schema = {"type": "object", "properties": {}, "required": [], "additionalProperties": False}
    return Draft(name, "things", words, schema, None, operation, effect=Effect.READ)


async def test_what_was_there_is_the_named_tenants_and_no_one_elses(store: Store) -> None:
    await GatewayOfBefore(store).add(draft("pay"))
    catalogs = RedisCatalogs(store, owner="acme")
    assert (await catalogs.of("acme").resolve("pay")).owner == "acme"
    assert [one.version.name for one in await catalogs.of("acme").list(None, "", 9)] == ["pay"]
    with pytest.raises(ToolNotFound):
        await catalogs.of("globex").resolve("pay")
    assert await catalogs.of("globex").list(None, "", 9) == ()
    assert (await catalogs.of("acme").add([draft("pay")], Import("things"))).unchanged == 1


async def test_the_owner_is_said_once(store: Store) -> None:
    await GatewayOfBefore(store).add(draft("pay"))
    assert await RedisCatalogs(store, owner="acme").settle() == "acme"
    assert await RedisCatalogs(store, owner="globex").settle() == "acme"
    assert await RedisCatalogs(store).settle() == "acme"
    with pytest.raises(ToolNotFound):
        await RedisCatalogs(store, owner="globex").of("globex").resolve("pay")


async def test_where_nobody_says_the_owner_all_tenants_read_and_none_writes(store: Store) -> None:
    await GatewayOfBefore(store).add(draft("pay"))
    catalogs = RedisCatalogs(store)
    for tenant in ("acme", "globex"):
        catalog = catalogs.of(tenant)
        assert (await catalog.resolve("pay")).owner == ""
        assert [one.version.name for one in await catalog.list(None, "", 9)] == ["pay"]
        assert [one.version.name for one in await catalog.list("things", "", 9)] == ["pay"]
        with pytest.raises(CatalogUnowned, match="not said") as refused:
            await catalog.add([draft("fresh")], Import("things"))
        assert "CALLGATE_CATALOG_OWNER=TENANT" in refused.value.cure
        with pytest.raises(CatalogUnowned):
            await catalog.move("pay", VersionState.RETIRED, "")
    with pytest.raises(CatalogUnowned):
        await catalogs.publish(Publication("acme", "things", "globex"), Act("", "", 0.0))
    with pytest.raises(CatalogUnowned):
        await catalogs.settle()
    await RedisCatalogs(store, owner="acme").settle()  # another gateway can say it, and this one sees that
    assert (await catalogs.of("acme").add([draft("fresh")], Import("things"))).added == 1
    assert catalogs.has_tools_of_before("acme")
    assert not catalogs.has_tools_of_before("globex")


async def test_a_gateway_of_before_reads_what_the_owner_imports_and_promotes_afterwards(store: Store) -> None:
    before = GatewayOfBefore(store)
    await before.add(draft("pay"))
    catalogs, by = RedisCatalogs(store, owner="acme"), Act("importer", "ada", 1.0)
    acme = catalogs.of("acme")
    added = await acme.add([draft("pay", "two"), draft("fresh")], Import("things", by=by))
    assert [one.held for one in added.changes] == [True, False]
    assert (await before.resolve("pay")).version == "1.0.0"
    await acme.move("pay", VersionState.ACTIVE, "", by=by)
    assert await before.resolve("pay") == ToolVersion(draft("pay", "two"), "1.0.1", added.versions[0].digest)
    await catalogs.of("globex").add([draft("theirs")], Import("things", by=by))
    assert await before.names() == ["fresh", "pay"]  # of other tenants it sees nothing


async def test_a_gateway_of_before_writes_beside_new_ones(store: Store) -> None:
    """Its library takes the place of the new one, and the other way round: each loads its own when a Function is missing."""
    before, acme = GatewayOfBefore(store), RedisCatalogs(store, owner="acme").of("acme")
    await store.load_library(LIBRARY)
    await before.add(draft("pay"))
    assert (await acme.resolve("pay")).version == "1.0.0"
    await before.add(draft("fresh"))
    assert (await acme.resolve("fresh")).owner == "acme"


async def test_where_nothing_was_there_what_a_gateway_of_before_imports_later_is_no_ones(store: Store) -> None:
    catalogs = RedisCatalogs(store)
    await catalogs.of("acme").add([draft("pay")], Import("things"))
    await GatewayOfBefore(store).add(draft("late"))
    assert await RedisCatalogs(store, owner="globex").settle() is None
    for tenant in ("acme", "globex"):
        with pytest.raises(ToolNotFound):
            await catalogs.of(tenant).resolve("late")


async def test_a_store_that_has_lost_everything_is_settled_anew(store: Store) -> None:
    catalogs = RedisCatalogs(store, owner="acme")
    await catalogs.of("acme").add([draft("pay")], Import("things"))
    await store.delete("cg:{catalog}:owner", TOOLS)
    with pytest.raises(ToolNotFound):
        await catalogs.of("acme").inspect("pay")
    assert await catalogs.settle() == "acme"


async def test_a_lookup_takes_one_round_trip_whosever_the_tool_is(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    catalogs, clock = RedisCatalogs(store, owner="acme", clock=lambda: next(ticks)), Act("", "", 0.0)
    ticks = iter(range(0, 1_000_000, 10))  # nothing is kept for a moment
    await catalogs.of("acme").add([draft("pay")], Import("things"))
    await catalogs.publish(Publication("acme", "things", "globex"), clock)
    call, asked = store.call, []

    async def counted(function: str, keys: list[str], args: list[str]) -> object:
        asked.append(function)
        return await call(function, keys, args)

    for tenant in ("acme", "globex"):
        await catalogs.of(tenant).resolve("pay")  # now its version is known
        monkeypatch.setattr(store, "call", counted)
        await catalogs.of(tenant).resolve("pay")
        monkeypatch.undo()
    assert asked == ["callgate_catalog_find"] * 2
