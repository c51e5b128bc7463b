"""One body over the catalogs of all tenants, in memory and in Redis: what each tenant sees, and what is published to it."""

from collections.abc import AsyncIterator

import pytest

from gateway.model.redis_settings import RedisSettings
from gateway.records.redis.catalogs import RedisCatalogs
from gateway.records.redis.client import Store
from registry.catalog.acts import Act, Deed
from registry.catalog.catalog import Catalog, Import
from registry.catalog.publications import MOST_PUBLISHED, Catalogs, MemoryCatalogs, Publication
from registry.catalog.tool_entry import VersionState
from registry.model.errors import (
    NameTaken,
    PublicationRefused,
    ToolDisabled,
    ToolNotFound,
    ToolNotOwned,
    ToolsetNotFound,
    TransitionRefused,
)
from registry.model.tool import Draft, Effect, Operation
from tests.registry.catalog.test_catalog_contract import database

ACME, GLOBEX, INITECH = "acme", "globex: & co", "initech"
BY = Act("importer", "ada", 1000.0)
TO_GLOBEX = Publication(ACME, "things", GLOBEX)


@pytest.fixture(params=["memory", "redis", "redis, where acme owns what was before"])
async def catalogs(request: pytest.FixtureRequest, redis_url: str) -> AsyncIterator[Catalogs]:
    """Empty ones."""
    if request.param == "memory":
        yield MemoryCatalogs()
        return
    store = Store(RedisSettings(url=database(redis_url)))
    try:
        await store.open()
        yield RedisCatalogs(store, owner=None if request.param == "redis" else ACME)
    finally:
        await store.close()


def _draft(name: str, toolset: str = "things", *, server: str = "https://api.example.com", words: str = "one") -> Draft:
    operation = Operation("GET", server, "/" + name, (), None, ("application/json",))
    schema = {"type": "object", "properties": {}, "required": [], "additionalProperties": False}
    return Draft(name, toolset, words, schema, None, operation, effect=Effect.READ)


async def _names(catalog: Catalog, toolset: str | None = None) -> list[str]:
    return [one.version.name for one in await catalog.list(toolset, "", 100)]


async def test_two_tenants_have_toolsets_and_tools_of_one_name(catalogs: Catalogs) -> None:
    acme, globex = catalogs.of(ACME), catalogs.of(GLOBEX)
    await acme.add([_draft("pay")], Import("things"))
    added = await globex.add([_draft("pay", server="https://evil.example.com")], Import("things"))
    assert [one.fate for one in added.changes] == ["ADDED"]
    assert (await acme.resolve("pay")).draft.operation.server == "https://api.example.com"
    assert (await globex.resolve("pay")).draft.operation.server == "https://evil.example.com"
    assert [(await catalogs.of(one).resolve("pay")).owner for one in (ACME, GLOBEX)] == [ACME, GLOBEX]
    await globex.move("pay", VersionState.RETIRED, "gone")
    assert (await acme.resolve("pay@1.0.0")).version == "1.0.0"


async def test_what_is_another_tenants_is_not_there(catalogs: Catalogs) -> None:
    acme, globex = catalogs.of(ACME), catalogs.of(GLOBEX)
    (version,) = (await acme.add([_draft("pay")])).versions
    for ask in (globex.resolve, globex.inspect):
        for reference in ("pay", "pay@1.0.0", f"pay@{version.digest}"):
            with pytest.raises(ToolNotFound) as refused:
                await ask(reference)
            assert "Did you mean" not in refused.value.cure
    with pytest.raises(ToolNotFound):
        await globex.move("pay", VersionState.DISABLED, "")
    assert await _names(globex) == []
    assert await globex.entries(None, "", 9) == ()
    assert await globex.acts(["pay"]) == {}


async def test_what_is_published_is_seen_and_called_and_can_be_taken_back(catalogs: Catalogs) -> None:
    acme, globex = catalogs.of(ACME), catalogs.of(GLOBEX)
    await acme.add([_draft("b"), _draft("d"), _draft("other", "others")])
    await globex.add([_draft("a", "mine"), _draft("c", "mine")])
    await catalogs.publish(TO_GLOBEX, BY)
    await catalogs.publish(TO_GLOBEX, BY)
    assert (await globex.resolve("b")).owner == ACME
    assert await _names(globex) == ["a", "b", "c", "d"]
    assert [one.published for one in await globex.list(None, "", 9)] == [False, True, False, True]
    assert [one.version.name for one in await globex.list(None, "b", 2)] == ["c", "d"]
    assert (await _names(globex, "things"), await _names(globex, "others")) == (["b", "d"], [])
    assert [one.name for one in await globex.entries(None, "", 9, owned=True)] == ["a", "c"]
    await acme.add([_draft("e")])
    assert "e" in await _names(globex)  # what the owner adds later, too
    assert await _names(catalogs.of(INITECH)) == []
    assert [(one.publication, one.act) for one in await catalogs.publications()] == [(TO_GLOBEX, BY)]
    assert await catalogs.withdraw(TO_GLOBEX)
    assert not await catalogs.withdraw(TO_GLOBEX)
    with pytest.raises(ToolNotFound):
        await globex.resolve("b")
    assert (await _names(globex), await catalogs.publications()) == (["a", "c"], [])


async def test_the_revision_follows_what_is_published_and_what_becomes_of_it(catalogs: Catalogs) -> None:
    acme, globex = catalogs.of(ACME), catalogs.of(GLOBEX)
    await acme.add([_draft("b")])
    before = await globex.revision()
    await acme.add([_draft("c")])
    assert await globex.revision() == before  # what is not published to it does not concern it
    await catalogs.publish(TO_GLOBEX, BY)
    published = await globex.revision()
    await acme.move("b", VersionState.DISABLED, "")
    disabled = await globex.revision()
    assert [one.version.name for one in await globex.current(["b", "c"])] == ["c"]
    await catalogs.withdraw(TO_GLOBEX)
    assert len({before, published, disabled}) == 3
    assert (await globex.revision(), await globex.current(["b", "c"])) == (before, ())


async def test_only_the_owner_decides_about_versions_and_sees_those_that_wait(catalogs: Catalogs) -> None:
    acme, globex = catalogs.of(ACME), catalogs.of(GLOBEX)
    await acme.add([_draft("pay")])
    await acme.add([_draft("pay", words="two")])
    await catalogs.publish(TO_GLOBEX, BY)
    for state in (VersionState.ACTIVE, VersionState.RETIRED):
        with pytest.raises(ToolNotOwned):
            await globex.move("pay@1.0.1", state, "")
    (entry,) = await globex.entries(None, "", 9)
    assert [one.version for one in entry.revisions] == ["1.0.0"]
    assert (await globex.inspect("pay@1.0.1")).published
    await acme.move("pay", VersionState.DISABLED, "charges twice")
    assert await _names(globex) == []
    assert await globex.entries(None, "", 9) == ()
    with pytest.raises(ToolDisabled):
        await globex.resolve("pay")


async def test_a_name_that_the_tenant_has_is_not_published_to_it(catalogs: Catalogs) -> None:
    await catalogs.of(ACME).add([_draft("pay"), _draft("list")])
    await catalogs.of(GLOBEX).add([_draft("pay", "mine")])
    await catalogs.of(INITECH).add([_draft("list", "theirs")])
    with pytest.raises(NameTaken, match="already: pay"):
        await catalogs.publish(TO_GLOBEX, BY)
    assert await _names(catalogs.of(GLOBEX)) == ["pay"]
    await catalogs.publish(Publication(ACME, "things", "fourth"), BY)
    with pytest.raises(NameTaken, match="already: list"):
        await catalogs.publish(Publication(INITECH, "theirs", "fourth"), BY)


async def test_a_name_that_is_published_to_the_tenant_is_not_imported_by_it(catalogs: Catalogs) -> None:
    await catalogs.of(ACME).add([_draft("pay")])
    await catalogs.publish(TO_GLOBEX, BY)
    with pytest.raises(NameTaken, match="published to this tenant"):
        await catalogs.of(GLOBEX).add([_draft("fresh", "mine"), _draft("pay", "mine")])
    assert await _names(catalogs.of(GLOBEX)) == ["pay"]
    assert (await catalogs.of(GLOBEX).resolve("pay")).owner == ACME


async def test_no_publisher_takes_a_name_that_another_has_published(catalogs: Catalogs) -> None:
    """Else the callers of a third tenant would reach its server by the name that they know."""
    await catalogs.of(ACME).add([_draft("list")])
    await catalogs.of(INITECH).add([_draft("pay", "theirs")])
    await catalogs.publish(TO_GLOBEX, BY)
    await catalogs.publish(Publication(INITECH, "theirs", GLOBEX), BY)
    with pytest.raises(NameTaken, match="from another one: pay"):
        await catalogs.of(ACME).add([_draft("list"), _draft("pay")])
    await catalogs.of(ACME).add([_draft("pay", "not-published")])
    assert (await catalogs.of(GLOBEX).resolve("pay")).owner == INITECH


async def test_the_tenants_own_tools_come_first_whatever_is_published_later(catalogs: Catalogs) -> None:
    await catalogs.of(ACME).add([_draft("list")])
    await catalogs.publish(TO_GLOBEX, BY)
    await catalogs.of(GLOBEX).add([_draft("pay", "mine")])
    await catalogs.of(ACME).add([_draft("list"), _draft("pay")])  # the owner need not know what others call their tools
    assert (await catalogs.of(GLOBEX).resolve("pay")).owner == GLOBEX
    assert await _names(catalogs.of(GLOBEX)) == ["list", "pay"]
    assert await _names(catalogs.of(GLOBEX), "things") == ["list"]


async def test_what_cannot_be_published_is_refused(catalogs: Catalogs) -> None:
    await catalogs.of(ACME).add([_draft("pay")])
    with pytest.raises(ToolsetNotFound):
        await catalogs.publish(Publication(GLOBEX, "things", ACME), BY)
    with pytest.raises(PublicationRefused):
        await catalogs.publish(Publication(ACME, "things", ACME), BY)
    await catalogs.of(INITECH).add([_draft(f"tool-{number}", f"set-{number}") for number in range(MOST_PUBLISHED)])
    for number in range(MOST_PUBLISHED):
        await catalogs.publish(Publication(INITECH, f"set-{number}", GLOBEX), BY)
    with pytest.raises(PublicationRefused):
        await catalogs.publish(TO_GLOBEX, BY)


async def test_it_is_on_record_who_did_what(catalogs: Catalogs) -> None:
    acme, eve = catalogs.of(ACME), Act("reviewer", "eve", 2000.0)
    await acme.add([_draft("pay")], Import("things", by=BY))
    await acme.add([_draft("pay", words="two")], Import("things", by=BY, dry_run=True))
    assert (await acme.acts(["pay"]))["pay"] == {"1.0.0": {Deed.IMPORTED: BY}}
    await acme.add([_draft("pay", words="two")], Import("things", by=BY))
    held = Act(BY.agent, BY.subject, BY.at, held=True)
    await acme.move("pay", VersionState.ACTIVE, "", by=eve)
    await acme.move("pay@1.0.0", VersionState.DISABLED, "", by=eve)
    assert (await acme.acts(["pay", "none"]))["pay"] == {
        "1.0.0": {Deed.IMPORTED: BY, Deed.DISABLED: eve},
        "1.0.1": {Deed.IMPORTED: held, Deed.PROMOTED: eve},
    }


async def test_what_waits_again_is_of_whoever_imported_it_again(catalogs: Catalogs) -> None:
    acme, eve, bob = catalogs.of(ACME), Act("reviewer", "eve", 2000.0), Act("importer", "bob", 3000.0)
    await acme.add([_draft("pay")], Import("things", by=BY))
    await acme.add([_draft("pay", words="two")], Import("things", by=BY))
    await acme.add([_draft("pay")], Import("things", by=BY))  # it is superseded
    await acme.add([_draft("pay", words="two")], Import("things", by=bob))
    newest = (await acme.entries("things", "", 9))[0].latest
    imported = (await acme.acts(["pay"]))["pay"][newest][Deed.IMPORTED]
    assert (imported.subject, imported.held) == ("bob", True)
    await acme.move("pay", VersionState.ACTIVE, "", by=eve)


async def test_who_moves_a_version_is_asked_for_before_it_is_moved(catalogs: Catalogs) -> None:
    acme, asked = catalogs.of(ACME), []
    await acme.add([_draft("pay")], Import("things", by=BY))
    await acme.add([_draft("pay", words="two")], Import("things", by=BY))

    def refuse(reference: str, acts: object) -> None:
        asked.append((reference, acts))
        raise TransitionRefused("no")

    with pytest.raises(TransitionRefused):
        await acme.move("pay", VersionState.ACTIVE, "", by=BY, permit=refuse)
    assert asked == [("pay@1.0.1", {Deed.IMPORTED: Act("importer", "ada", 1000.0, held=True)})]
    assert (await acme.inspect("pay@1.0.1")).state is VersionState.QUARANTINED
