"""One body over the catalog in memory and the one in Redis."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from gateway.records.redis_catalog import RedisCatalog
from gateway.records.store import Store
from registry.catalog import Catalog, MemoryCatalog
from registry.errors import DocumentInvalid, ReferenceInvalid, ToolNotFound
from registry.tool import Draft, Effect, Operation

Scenario = Callable[[Catalog], Awaitable[None]]
databases = itertools.count(1)


@asynccontextmanager
async def _memory(_url: str) -> AsyncIterator[Catalog]:
    yield MemoryCatalog()


@asynccontextmanager
async def _redis(url: str) -> AsyncIterator[Catalog]:
    store = Store(url)
    try:
        await store.open()
        yield RedisCatalog(store)
    finally:
        await store.close()


@pytest.fixture(params=["memory", "redis"])
def run(request: pytest.FixtureRequest, redis_url: str) -> Callable[[Scenario], None]:
    """Runs a scenario against a catalog that is empty: in Redis, in a database that no other test uses."""
    opened = {"memory": _memory, "redis": _redis}[request.param]
    url = redis_url.removesuffix("/0") + f"/{next(databases)}"

    async def within(scenario: Scenario) -> None:
        async with opened(url) as catalog:
            await scenario(catalog)

    return lambda scenario: asyncio.run(within(scenario))


def _draft(name: str, *, toolset: str = "things", description: str = "one") -> Draft:
    operation = Operation("GET", "https://api.example.com", "/" + name, (), None, ("application/json",))
    schema = {"type": "object", "properties": {}, "required": [], "additionalProperties": False}
    return Draft(name, toolset, description, schema, None, operation, Effect.READ)


Run = Callable[[Scenario], None]


def test_same_drafts_again_change_nothing(run: Run) -> None:
    async def scenario(catalog: Catalog) -> None:
        drafts = [_draft("b"), _draft("a")]
        first = await catalog.add(drafts)
        again = await catalog.add(drafts)
        assert (first.added, first.unchanged) == (2, 0)
        assert (again.added, again.unchanged) == (0, 2)
        assert again.versions == first.versions
        assert [version.reference for version in first.versions] == ["b@1.0.0", "a@1.0.0"]

    run(scenario)


def test_changed_draft_becomes_the_next_version_and_the_old_one_stays(run: Run) -> None:
    async def scenario(catalog: Catalog) -> None:
        (old,) = (await catalog.add([_draft("a")])).versions
        changed = await catalog.add([_draft("a", description="two"), _draft("b")])
        assert (changed.added, changed.unchanged) == (2, 0)
        new = changed.versions[0]
        assert new.version == "2.0.0"
        assert await catalog.resolve("a") == new
        assert await catalog.resolve("a@1.0.0") == old
        assert await catalog.resolve("a@2.0.0") == new
        assert await catalog.resolve(f"a@{old.digest}") == old

    run(scenario)


def test_draft_that_returns_to_an_older_form_is_a_new_version(run: Run) -> None:
    async def scenario(catalog: Catalog) -> None:
        for description in ("one", "two", "one"):
            await catalog.add([_draft("a", description=description)])
        newest = await catalog.resolve("a")
        assert (newest.version, newest.draft.description) == ("3.0.0", "one")

    run(scenario)


def test_name_of_another_toolset_is_refused_and_nothing_is_added(run: Run) -> None:
    async def scenario(catalog: Catalog) -> None:
        await catalog.add([_draft("a", toolset="first")])
        with pytest.raises(DocumentInvalid) as refused:
            await catalog.add([_draft("fresh", toolset="second"), _draft("a", toolset="second")])
        assert "first" in str(refused.value)
        assert "second" in str(refused.value)
        assert [version.name for version in await catalog.list(None, "", 10)] == ["a"]

    run(scenario)


def test_name_that_comes_twice_is_refused_and_nothing_is_added(run: Run) -> None:
    async def scenario(catalog: Catalog) -> None:
        with pytest.raises(DocumentInvalid):
            await catalog.add([_draft("a"), _draft("a", description="two")])
        assert await catalog.list(None, "", 10) == ()

    run(scenario)


def test_unknown_tool_or_version_is_not_found_and_names_alike_are_suggested(run: Run) -> None:
    async def scenario(catalog: Catalog) -> None:
        await catalog.add([_draft("list_pets"), _draft("other")])
        with pytest.raises(ToolNotFound) as refused:
            await catalog.resolve("list_pet")
        assert "list_pets" in refused.value.cure
        for reference in ("list_pets@2.0.0", "list_pets@sha256:" + "0" * 64, "nothing-like-it"):
            with pytest.raises(ToolNotFound):
                await catalog.resolve(reference)
        with pytest.raises(ReferenceInvalid):
            await catalog.resolve("list_pets@latest")

    run(scenario)


def test_list_gives_the_newest_versions_by_name_page_by_page(run: Run) -> None:
    async def scenario(catalog: Catalog) -> None:
        await catalog.add([_draft(name) for name in ("d", "b", "a", "B")])
        await catalog.add([_draft("c", toolset="others")])
        await catalog.add([_draft("b", description="two")])
        first = await catalog.list(None, "", 3)
        rest = await catalog.list(None, first[-1].name, 3)
        assert [version.reference for version in first + rest] == ["B@1.0.0", "a@1.0.0", "b@2.0.0", "c@1.0.0", "d@1.0.0"]
        assert [version.name for version in await catalog.list("others", "", 10)] == ["c"]
        assert [version.name for version in await catalog.list("things", "a", 1)] == ["b"]

    run(scenario)


def test_version_is_given_back_as_it_was_added(run: Run) -> None:
    async def scenario(catalog: Catalog) -> None:
        draft = replace(
            _draft("a"), output_schema={"z": 1.0, "a": {"$ref": "#/$defs/x"}, "$defs": {"x": {"enum": [None, 2**53]}}}
        )
        (added,) = (await catalog.add([draft])).versions
        resolved = await catalog.resolve(added.reference)
        assert resolved == added
        assert list(resolved.draft.output_schema or {}) == ["z", "a", "$defs"]

    run(scenario)
