"""Indexes that follow their catalogs: how they are filled, kept in step, bounded and ended."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from gateway.model.errors import SearchUnready, StoreUnavailable
from gateway.search import live_index, searches
from gateway.search.live_index import LiveIndex
from gateway.search.searches import Searches
from registry.catalog.catalog import Import, Listed, MemoryCatalog
from registry.catalog.tool_entry import ToolEntry, VersionState
from registry.model.errors import VersionUnreadable
from registry.model.operation_key import Binding, OperationKey
from tests.gateway.search.made import draft


class Watched(MemoryCatalog):
    """Counts what is read, holds it until it is let go, and fails as it is told to."""

    def __init__(self) -> None:
        super().__init__("acme")
        self.read: list[str] = []
        self.let_go = asyncio.Event()
        self.let_go.set()
        self.fails: Exception | None = None
        self.unreadable: set[str] = set()

    async def entries(self, toolset: str | None, after: str, limit: int, *, owned: bool = False) -> tuple[ToolEntry, ...]:
        await self.let_go.wait()
        if self.fails:
            raise self.fails
        return await super().entries(toolset, after, limit, owned=owned)

    async def current(self, names: Sequence[str]) -> tuple[Listed, ...]:
        if self.unreadable & {*names}:
            raise VersionUnreadable("of a later release")
        self.read += names
        return await super().current(names)


@pytest.fixture
async def catalog() -> Watched:
    catalog = Watched()
    await catalog.add([draft("list_orders", "List orders."), draft("pay_bill", "Pay a bill.")], Import("things"))
    return catalog


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_index, "PAUSE", 0.0)


async def test_an_index_is_read_once_and_then_only_what_has_changed(catalog: Watched) -> None:
    kept = Searches()
    for _ in range(3):
        assert sorted((await kept.index("acme", catalog)).index.names) == ["list_orders", "pay_bill"]
    assert sorted(catalog.read) == ["list_orders", "pay_bill"]
    catalog.read.clear()
    await catalog.add([draft("refund", "Give money back.")], Import("others"))
    await catalog.move("pay_bill", VersionState.DISABLED, "")
    assert sorted((await kept.index("acme", catalog)).index.names) == ["list_orders", "refund"]
    assert catalog.read == ["refund"]


async def test_tags_are_those_that_the_import_remembers(catalog: Watched) -> None:
    key = OperationKey("GET", "/ship", ("ship",), "ship", ("Post", "SEA"))
    await catalog.add([draft("ship", path="/ship")], Import("things", bindings={"ship": Binding(key)}))
    index = (await Searches().index("acme", catalog)).index
    for tags, fits in ((frozenset({"post", "sea"}), True), (frozenset({"air"}), False)):
        found = await index.ranked(("ship",)).best(5, lambda entry, tags=tags: tags <= entry.tags)  # type: ignore[misc]
        assert bool(found) is fits
    assert await index.ranked(("sea",)).best(5, lambda _: True)


async def test_what_a_later_release_has_written_is_left_out_and_the_others_are_found(catalog: Watched) -> None:
    catalog.unreadable = {"pay_bill"}
    assert list((await Searches().index("acme", catalog)).index.names) == ["list_orders"]


async def test_the_first_search_waits_and_is_told_to_come_again_where_that_takes_long(
    catalog: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searches, "FIRST_PATIENCE", 0.01)
    kept = Searches()
    catalog.let_go.clear()
    with pytest.raises(SearchUnready) as refused:
        await kept.index("acme", catalog)
    assert refused.value.cure
    catalog.let_go.set()
    monkeypatch.setattr(searches, "FIRST_PATIENCE", 30)
    assert len((await kept.index("acme", catalog)).index) == 2  # what has begun went on


async def test_a_search_while_much_is_read_anew_is_answered_from_what_is_there(
    catalog: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searches, "PATIENCE", 0.01)
    kept = Searches()
    await kept.index("acme", catalog)
    await catalog.add([draft("refund")], Import("others"))
    catalog.let_go.clear()
    assert "refund" not in (await kept.index("acme", catalog)).index
    catalog.let_go.set()
    monkeypatch.setattr(searches, "PATIENCE", 30)
    assert "refund" in (await kept.index("acme", catalog)).index


async def test_a_store_that_is_away_is_told_and_the_next_search_tries_again(catalog: Watched) -> None:
    kept = Searches()
    catalog.fails = StoreUnavailable("down")
    with pytest.raises(StoreUnavailable):
        await kept.index("acme", catalog)
    catalog.fails = None
    assert len((await kept.index("acme", catalog)).index) == 2


async def test_searches_that_come_together_read_once(catalog: Watched) -> None:
    kept = Searches()
    await asyncio.gather(*(kept.index("acme", catalog) for _ in range(20)))
    assert len(catalog.read) == 2


async def test_tenants_take_turns_so_a_small_catalog_does_not_wait_for_a_large_one() -> None:
    large, small = Watched(), Watched()
    await large.add([draft(f"t{number:04}") for number in range(500)], Import("large"))
    await small.add([draft("one")], Import("small"))
    kept = Searches()
    waiting = asyncio.create_task(kept.index("large", large))
    while not large.read:
        await asyncio.sleep(0)
    assert len((await kept.index("small", small)).index) == 1
    assert not waiting.done()
    assert len((await waiting).index) == 500


async def test_the_largest_index_goes_where_there_is_no_room_and_is_made_again() -> None:
    catalogs: dict[str, Any] = {}
    for tenant, tools in (("large", 200), ("small", 5), ("last", 20)):
        catalogs[tenant] = Watched()
        await catalogs[tenant].add([draft(f"t{number}") for number in range(tools)], Import("things"))
    kept = Searches(most_bytes=150_000)
    for tenant, catalog in catalogs.items():
        await kept.index(tenant, catalog)
    read = {tenant: len(one.read) for tenant, one in catalogs.items()}
    for tenant in ("small", "last"):
        await kept.index(tenant, catalogs[tenant])
    assert {tenant: len(one.read) for tenant, one in catalogs.items()} == read
    assert len((await kept.index("large", catalogs["large"])).index) == 200
    assert len(catalogs["large"].read) == 400


async def test_a_full_index_takes_no_further_tool_and_one_that_is_nearly_so_only_their_first_words(
    catalog: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_index, "BRIEF_FROM", 0)
    monkeypatch.setattr(live_index, "BRIEF", 1)
    index = (await Searches().index("acme", catalog)).index
    assert [one.name for one in await index.ranked(("order", "list", "thing")).best(9, lambda _: True)] == ["list_orders"]
    monkeypatch.setattr(live_index, "FULL_FROM", 0)
    assert len((await Searches().index("acme", catalog)).index) == 0


async def test_an_index_is_read_again_after_a_while_though_no_change_was_counted(catalog: Watched) -> None:
    now = 0.0
    live = LiveIndex(catalog, clock=lambda: now)
    await live.begin(asyncio.Semaphore(1))
    revision = await catalog.revision()
    assert live.is_current(revision)
    now = live_index.LONGEST + 1
    assert not live.is_current(revision)


async def test_a_worn_index_is_made_anew(catalog: Watched) -> None:
    kept = Searches()
    first = (await kept.index("acme", catalog)).index
    for number in range(120):
        (entry,) = [one for one in await catalog.entries(None, "", 9) if one.name == "pay_bill"]
        catalog._entries["pay_bill"] = replace(entry, toolset=f"set{number}")
        catalog._changes += 1
        last = (await kept.index("acme", catalog)).index
    assert last is not first
    assert len(last) == 2


async def test_what_is_read_ends_with_the_gateway(catalog: Watched) -> None:
    kept = Searches()
    catalog.let_go.clear()
    waiting = asyncio.create_task(kept.index("acme", catalog))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    await kept.close()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert not [task for task in asyncio.all_tasks() if task.get_name() == "search index"]
