"""An import reads the entries of all tools that its toolset has. A thousand of twenty versions held it for a second."""

import orjson

from gateway.records.redis.catalog_lookup import ROOT, CatalogLookup
from registry.catalog.tool_entry import Revision, ToolEntry
from registry.model.operation_key import OperationKey
from registry.model.value_codec import plain
from tests.conftest import StartRedis
from tests.gateway.records.stores import opened
from tests.isolation.lag import measured_lag

TOOLS, VERSIONS = 1_000, 20


def entry(name: str) -> ToolEntry:
    operation = OperationKey("GET", "/orders", ("orders",), name, ())
    revisions = (Revision(f"1.{number}.0", "sha256:" + "a" * 64, operation=operation) for number in range(VERSIONS))
    return ToolEntry(name, "orders", tuple(revisions))


async def test_entries_with_many_versions_are_read_a_few_at_a_time(start_redis: StartRedis) -> None:
    names = [f"t{number:04}" for number in range(TOOLS)]
    async with opened(start_redis()) as store:
        for name in names:
            await store.put(f"{ROOT}:of:acme:tools", name, orjson.dumps(plain(entry(name))))
        async with measured_lag() as lag:
            found = await CatalogLookup(store, owner=None).find("acme", names)
    assert [one.entry for one in found.seen.values()] == [entry(name) for name in names]
    assert lag.worst < 0.05
