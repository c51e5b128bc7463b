"""One body over the catalog in memory and the one in Redis."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from functools import partial
from time import monotonic
from typing import Any

import pytest

from gateway.model.redis_settings import RedisSettings
from gateway.records.redis.catalogs import RedisCatalogs
from gateway.records.redis.client import Store
from gateway.records.redis.version_cache import KEPT_BYTES
from registry.catalog.catalog import Catalog, Import, MemoryCatalog, survey
from registry.catalog.handed_on import OPENS
from registry.catalog.holding import NEW
from registry.catalog.import_plan import Fate, key_of
from registry.catalog.tool_entry import VersionState
from registry.model.errors import (
    DocumentInvalid,
    NameTaken,
    ReferenceInvalid,
    ToolDisabled,
    ToolNotFound,
    ToolQuarantined,
    ToolRetired,
    TransitionRefused,
)
from registry.model.findings import Level
from registry.model.operation_key import Binding
from registry.model.tool import CredentialBinding, Draft, Effect, Limits, Operation

Clock = Callable[[], float]
databases = itertools.count(1)
TENANT = "acme"


def database(redis_url: str) -> str:
    """The URL of a database that no other test uses."""
    return redis_url.removesuffix("/0") + f"/{next(databases)}"


@asynccontextmanager
async def _redis(
    url: str, *, owner: str = TENANT, kept_bytes: int = KEPT_BYTES, clock: Clock = monotonic
) -> AsyncIterator[Catalog]:
    store = Store(RedisSettings(url=url))
    try:
        await store.open()
        yield RedisCatalogs(store, owner=owner, kept_bytes=kept_bytes, clock=clock).of(TENANT)
    finally:
        await store.close()


@pytest.fixture(params=["memory", "redis", "forgetful", "later"])
async def catalog(request: pytest.FixtureRequest, redis_url: str) -> AsyncIterator[Catalog]:
    """An empty one. The memory of the forgetful one holds no two versions at once. The later one is of a tenant that does not
    own what was imported before toolsets had owners."""
    if request.param == "memory":
        yield MemoryCatalog(TENANT)
        return
    kept_bytes = 500 if request.param == "forgetful" else KEPT_BYTES
    owner = "another" if request.param == "later" else TENANT
    async with _redis(database(redis_url), owner=owner, kept_bytes=kept_bytes) as catalog:
        yield catalog


def _draft(name: str, *, toolset: str = "things", description: str = "one", optional: Sequence[str] = ()) -> Draft:
    operation = Operation("GET", "https://api.example.com", "/" + name, (), None, ("application/json",))
    properties = {word: {"type": "string"} for word in optional}
    schema = {"type": "object", "properties": properties, "required": [], "additionalProperties": False}
    return Draft(name, toolset, description, schema, None, operation, effect=Effect.READ)


async def test_same_drafts_again_change_nothing(catalog: Catalog) -> None:
    drafts = [_draft("b"), _draft("a")]
    first = await catalog.add(drafts)
    again = await catalog.add(drafts)
    assert (first.added, first.unchanged) == (2, 0)
    assert (again.added, again.unchanged) == (0, 2)
    assert again.versions == first.versions
    assert [version.reference for version in first.versions] == ["b@1.0.0", "a@1.0.0"]


async def test_a_compatible_change_becomes_the_next_minor_version_and_the_old_one_stays(catalog: Catalog) -> None:
    (old,) = (await catalog.add([_draft("a")])).versions
    changed = await catalog.add([_draft("a", optional=("x",)), _draft("b")])
    assert (changed.added, changed.unchanged) == (2, 0)
    new = changed.versions[0]
    assert new.version == "1.1.0"
    assert changed.changes[0].level is Level.MINOR
    for reference, version in {"a": new, "a@1": new, "a@1.1": new, "a@1.0": old, "a@1.0.0": old, "a@1.1.0": new}.items():
        assert await catalog.resolve(reference) == version
    assert await catalog.resolve(f"a@{old.digest}") == old


@pytest.mark.parametrize(
    ("before", "after", "number", "level"),
    [
        ({"optional": ("x", "y")}, {"optional": ("x",)}, "2.0.0", Level.MAJOR),
        ({"description": "one"}, {"description": "two"}, "1.0.1", Level.PATCH),
    ],
)
async def test_what_breaks_or_says_something_new_waits_until_it_is_promoted(
    catalog: Catalog, before: dict[str, Any], after: dict[str, Any], number: str, level: Level
) -> None:
    (old,) = (await catalog.add([_draft("a", **before)])).versions
    change = (await catalog.add([_draft("a", **after)])).changes[0]
    assert (change.version, change.previous, change.level, change.held) == (number, "1.0.0", level, True)
    assert await catalog.resolve("a") == old
    with pytest.raises(ToolQuarantined):
        await catalog.resolve(f"a@{number}")
    held = await catalog.inspect(f"a@{number}")
    assert (held.version.version, held.state) == (number, VersionState.QUARANTINED)
    assert (await catalog.inspect("a")).version == old
    again = await catalog.add([_draft("a", **after)])
    assert (again.added, again.unchanged, again.changes[0].held) == (0, 1, True)
    (moved,) = await catalog.move("a", VersionState.ACTIVE, "looked at it")
    assert (moved.version, moved.state, moved.reason) == (number, VersionState.ACTIVE, "looked at it")
    assert (await catalog.resolve("a")).version == number
    assert await catalog.resolve("a@1.0.0") == old


async def test_a_document_that_returns_to_what_callers_have_changes_nothing_for_them(catalog: Catalog) -> None:
    for description in ("one", "two", "one"):
        added = await catalog.add([_draft("a", description=description)])
    assert (added.added, added.unchanged) == (0, 1)
    assert (await catalog.resolve("a")).version == "1.0.0"


async def test_names_are_looked_up_at_once_in_their_order_without_those_that_mean_nothing(catalog: Catalog) -> None:
    await catalog.add([_draft("a"), _draft("b"), _draft("c")])
    await catalog.move("b", VersionState.DISABLED, "")
    found = await catalog.current(["c", "nothing", "b", "a"])
    assert [(one.version.reference, one.state) for one in found] == [
        ("c@1.0.0", VersionState.ACTIVE),
        ("a@1.0.0", VersionState.ACTIVE),
    ]
    assert await catalog.current([]) == ()


async def test_the_revision_changes_with_each_change_and_with_nothing_else(catalog: Catalog) -> None:
    seen = [await catalog.revision()]

    async def differs() -> bool:
        seen.append(await catalog.revision())
        return seen[-1] not in seen[:-1]

    await catalog.add([_draft("a"), _draft("b")])
    assert await differs()
    await catalog.add([_draft("a"), _draft("b", description="other words")])
    assert await differs()
    await catalog.move("b@1.0.1", VersionState.ACTIVE, "")
    assert await differs()
    await catalog.add([_draft("a"), _draft("b", description="other words")])
    await catalog.resolve("a")
    await catalog.add([_draft("c")], Import("things", dry_run=True))
    assert await catalog.revision() == seen[-1]


async def test_a_draft_that_returns_to_an_older_form_is_a_new_version(catalog: Catalog) -> None:
    for optional in ((), ("x",), ()):
        await catalog.add([_draft("a", optional=optional)])
        with suppress(TransitionRefused):
            await catalog.move("a", VersionState.ACTIVE, "")
    newest = await catalog.resolve("a")
    assert (newest.version, list(newest.draft.input_schema["properties"])) == ("2.0.0", [])


async def test_a_change_that_follows_one_in_quarantine_supersedes_it(catalog: Catalog) -> None:
    for optional in (("x", "y"), ("x",), ("y",), ("x", "y", "z")):
        await catalog.add([_draft("a", optional=optional)])
    (entry,) = await catalog.entries(None, "", 10)
    states = {one.version: (one.state, one.reason) for one in entry.revisions}
    assert states == {
        "1.0.0": (VersionState.ACTIVE, ""),
        "1.1.0": (VersionState.ACTIVE, ""),  # compared with what callers have, not with what they never got
        "2.0.0": (VersionState.RETIRED, "superseded by 3.0.0"),
        "3.0.0": (VersionState.RETIRED, "superseded by 1.1.0"),
    }


async def test_everything_new_waits_where_it_is_so_asked(catalog: Catalog) -> None:
    await catalog.add([_draft("a")])
    added = await catalog.add([_draft("a", optional=("x",)), _draft("b")], Import(require_promotion=True))
    assert [change.held for change in added.changes] == [True, True]
    assert (await catalog.resolve("a")).version == "1.0.0"
    with pytest.raises(ToolQuarantined):
        await catalog.resolve("b")
    assert [listed.version.reference for listed in await catalog.list(None, "", 10)] == ["a@1.0.0"]


async def test_a_rehearsal_says_what_would_be_and_writes_nothing(catalog: Catalog) -> None:
    await catalog.add([_draft("a"), _draft("c")])
    how = Import("things", deprecate_missing=True, dry_run=True)
    planned = await catalog.add([_draft("a", description="two"), _draft("b")], how)
    assert [(change.name, change.fate) for change in planned.changes] == [
        ("a", Fate.CHANGED),
        ("b", Fate.ADDED),
        ("c", Fate.REMOVED),
    ]
    entries = await catalog.entries(None, "", 10)
    assert [(entry.name, [one.state for one in entry.revisions]) for entry in entries] == [
        ("a", [VersionState.ACTIVE]),
        ("c", [VersionState.ACTIVE]),
    ]


async def test_a_tool_that_leaves_its_document_stays_callable_and_is_deprecated_until_it_returns(catalog: Catalog) -> None:
    await catalog.add([_draft("a"), _draft("b")])
    await catalog.add([_draft("z", toolset="others")])
    left = await catalog.add([_draft("a")], Import("things", deprecate_missing=True))
    assert [(change.name, change.fate) for change in left.changes] == [("a", Fate.UNCHANGED), ("b", Fate.REMOVED)]
    assert {one.version.name: one.state for one in await catalog.list(None, "", 10)} == {
        "a": VersionState.ACTIVE,
        "b": VersionState.DEPRECATED,
        "z": VersionState.ACTIVE,
    }
    assert (await catalog.resolve("b")).version == "1.0.0"
    assert (await catalog.add([_draft("a")], Import("things", deprecate_missing=True))).changes[1:] == ()
    await catalog.add([_draft("a"), _draft("b")], Import("things", deprecate_missing=True))
    assert {one.state for one in await catalog.list(None, "", 10)} == {VersionState.ACTIVE}


def _secret(name: str) -> CredentialBinding:
    return CredentialBinding(f"secret/data/{name}", "f", {"place": "header", "name": "X-Key"})


def _binding(draft: Draft, known_as: str = "", *doubts: str) -> dict[str, Binding]:
    return {draft.name: Binding(key_of(draft.operation, draft.name), known_as, doubts)}


async def test_what_is_new_beside_guards_waits_where_the_document_has_changed(catalog: Catalog) -> None:
    guarded = partial(Import, "things", guarded=True, bindings=_binding(_draft("b")))
    assert not (await catalog.add([_draft("a")], guarded(document="1"))).changes[0].held  # the first: the operator's word
    assert not (await catalog.add([_draft("a"), _draft("c")], guarded(document="1"))).changes[1].held
    (change,) = (await catalog.add([_draft("b")], guarded(document="2"))).changes[:1]
    assert (change.fate, change.held, change.reason) == (Fate.ADDED, True, NEW)
    with pytest.raises(ToolQuarantined, match="its operation is new"):
        await catalog.resolve("b")
    again = await catalog.add([_draft("b")], guarded(document="2"))
    assert (again.changes[0].fate, again.changes[0].held, again.changes[0].reason) == (Fate.UNCHANGED, True, NEW)
    await catalog.add([_draft("b", optional=("x",))], guarded(document="3"))  # compatible, with what no operator has seen
    with pytest.raises(ToolQuarantined, match="no version of the tool may be called"):
        await catalog.resolve("b")


@pytest.mark.parametrize(
    ("entry", "manifest", "held"), [("GET /b", "1", False), ("b", "1", True), ("b", "2", False), ("", "2", True)]
)
async def test_what_is_new_beside_guards_is_the_operators_where_an_entry_that_is_as_new_names_it(
    catalog: Catalog, entry: str, manifest: str, held: bool
) -> None:
    await catalog.add([_draft("a")], Import("things", document="1", manifest="1"))
    named = {"b": Binding(key_of(_draft("b").operation, "b"), entry=entry)}
    how = Import("things", guarded=True, document="2", manifest=manifest, bindings=named)
    assert (await catalog.add([_draft("b")], how)).changes[0].held is held


async def test_without_guards_what_is_new_may_be_called_unless_it_is_doubted(catalog: Catalog) -> None:
    await catalog.add([_draft("a")], Import("things", document="1"))
    doubted = _binding(_draft("b")) | _binding(_draft("c"), "", "it looks like a")
    added = await catalog.add([_draft("b"), _draft("c")], Import("things", document="2", bindings=doubted))
    assert [(one.name, one.held, one.reason) for one in added.changes[:2]] == [("b", False, ""), ("c", True, "it looks like a")]


async def test_a_rehearsal_does_not_count_as_an_import(catalog: Catalog) -> None:
    await catalog.add([_draft("a")], Import("things", document="1", dry_run=True))
    added = await catalog.add([_draft("a")], Import("things", document="2", guarded=True, bindings=_binding(_draft("a"))))
    assert not added.changes[0].held


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"requires_approval": True}, {}),
        ({"effect": Effect.NON_IDEMPOTENT}, {}),
        (
            {"credential": _secret("one")},
            {"credential": _secret("all")},
        ),
        ({"limits": Limits(max_attempts=1)}, {}),
    ],
    ids=["approval", "effect", "credential", "limits"],
)
async def test_a_guard_that_a_changed_document_opens_waits_and_one_that_the_operator_opens_does_not(
    catalog: Catalog, before: dict[str, Any], after: dict[str, Any]
) -> None:
    guarded, open_ = replace(_draft("a"), **before), replace(_draft("a"), **after)
    await catalog.add([guarded], Import("things", document="1"))
    (change,) = (await catalog.add([open_], Import("things", document="2", dry_run=True))).changes
    assert (change.held, change.reason) == (True, OPENS)
    assert not (await catalog.add([open_], Import("things", document="1"))).changes[0].held


async def test_what_waits_is_handed_on_to_the_next_version_and_to_the_next_name(catalog: Catalog) -> None:
    how = partial(Import, "things", document="2", deprecate_missing=True)
    await catalog.add([replace(_draft("a"), credential=_secret("one"))], Import("things", document="1"))
    opened = replace(_draft("a"), credential=_secret("all"))
    for cost in (1.0, 2.0, 3.0):
        (change,) = (await catalog.add([replace(opened, cost=cost)], how())).changes
        assert (change.held, change.reason) == (True, OPENS)
    for known_as in ("a", "b"):
        renamed = replace(opened, name="b", description=known_as)
        change = (await catalog.add([renamed], how(bindings=_binding(renamed, known_as)))).changes[0]
        assert change.held
        assert OPENS in change.reason
    assert [one.version.reference for one in await catalog.list(None, "", 9)] == ["a@1.0.0"]


async def test_a_guard_that_waits_is_kept_behind_the_manifests_word_and_under_the_next_name(catalog: Catalog) -> None:
    how = partial(Import, "things", document="2", beside="1")
    await catalog.add([replace(_draft("a"), credential=_secret("one"))], Import("things", document="1", beside="1"))
    await catalog.add([replace(_draft("a"), credential=_secret("all"))], how())
    mine = replace(_draft("b"), credential=_secret("mine"))
    named = {"b": replace(_binding(mine, "a")["b"], said=("credential",))}
    assert not (await catalog.add([mine], how(bindings=named))).changes[0].held
    (entry,) = [one for one in await catalog.entries(None, "", 9) if one.name == "b"]
    assert [(one.guard, one.beside) for one in entry.waits] == [("/credential", "1")]
    opened = replace(mine, credential=_secret("all"))
    (change,) = (await catalog.add([opened], how(bindings=_binding(opened, "b")))).changes[:1]
    assert (change.held, change.reason) == (True, OPENS)
    await catalog.move("b", VersionState.ACTIVE, "")
    assert [one.waits for one in await catalog.entries(None, "", 9) if one.name == "b"] == [()]


async def test_what_an_operator_has_switched_off_stays_so_in_its_next_version_and_under_its_next_name(catalog: Catalog) -> None:
    await catalog.add([_draft("a")])
    await catalog.move("a", VersionState.DISABLED, "charges twice")
    (change,) = (await catalog.add([_draft("a", optional=("x",))])).changes
    assert (change.version, change.held) == ("1.1.0", True)
    renamed = replace(_draft("a"), name="b")
    (change,) = (await catalog.add([renamed], Import(bindings=_binding(renamed, "a")))).changes
    assert (change.held, change.reason) == (True, "its operation is that of a@1.0.0, which is disabled")
    await catalog.move("b", VersionState.ACTIVE, "looked at it")
    assert (await catalog.resolve("b")).version == "1.0.0"


async def test_what_an_operator_advises_against_stays_so_in_its_next_version(catalog: Catalog) -> None:
    await catalog.add([_draft("a")])
    await catalog.move("a", VersionState.DEPRECATED, "slow")
    await catalog.add([_draft("a", optional=("x",))])
    (entry,) = await catalog.entries(None, "", 10)
    assert [(one.version, one.state, one.reason) for one in entry.revisions] == [
        ("1.0.0", VersionState.DEPRECATED, "slow"),
        ("1.1.0", VersionState.DEPRECATED, "slow"),
    ]


@pytest.mark.parametrize("deprecate_missing", [True, False])
async def test_what_waits_and_is_no_longer_made_is_superseded_and_never_promoted(
    catalog: Catalog, deprecate_missing: bool
) -> None:
    how = Import("things", deprecate_missing=deprecate_missing)
    await catalog.add([_draft("a"), _draft("b")], how)
    await catalog.add([_draft("a", description="two"), _draft("b")], how)
    left = await catalog.add([_draft("b")], how)
    told = {change.name: (change.fate, change.reason) for change in left.changes}
    assert told["a"][0] is (Fate.REMOVED if deprecate_missing else Fate.UNCHANGED)
    for reference in ("a", "a@1.0.1"):
        with pytest.raises(TransitionRefused, match="superseded: the latest import does not make it"):
            await catalog.move(reference, VersionState.ACTIVE, "")
    assert (await catalog.resolve("a")).version == "1.0.0"
    await catalog.add([_draft("a", description="two"), _draft("b")], how)  # it is back, and to be looked at again
    (moved,) = await catalog.move("a", VersionState.ACTIVE, "")
    assert moved.version == "1.0.2"


async def test_a_name_alone_makes_active_only_what_the_latest_import_makes(catalog: Catalog) -> None:
    for optional in ((), ("x",)):
        await catalog.add([_draft("a", optional=optional)])
    await catalog.move("a", VersionState.DISABLED, "")
    await catalog.move("a", VersionState.ACTIVE, "")
    with pytest.raises(TransitionRefused, match=r"the latest import makes a@1\.1\.0"):
        await catalog.move("a", VersionState.ACTIVE, "")
    (moved,) = await catalog.move("a@1.0.0", VersionState.ACTIVE, "still needed")  # a number is a person's own word
    assert moved.version == "1.0.0"


async def test_a_refusal_to_promote_names_the_version_to_promote_instead(catalog: Catalog) -> None:
    for description in ("one", "two", "three"):
        await catalog.add([_draft("a", description=description)])
    with pytest.raises(TransitionRefused, match=r"superseded by 1\.0\.2") as refused:
        await catalog.move("a@1.0.1", VersionState.ACTIVE, "")
    assert refused.value.cure == "Promote a@1.0.2, which the latest import makes."


async def test_an_import_that_was_cut_short_is_done_again_on_the_terms_of_the_first(redis_url: str) -> None:
    url = database(redis_url)
    drafts = [_draft("a"), _draft("b")]
    bindings = _binding(drafts[0]) | _binding(drafts[1])
    async with _redis(url) as here:
        await here.add(drafts[:1])  # what a gateway that died had written by then
        added = await here.add(drafts, Import("things", guarded=True, document="2", bindings=bindings))
        assert [change.held for change in added.changes] == [False, False]


async def test_versions_are_deprecated_disabled_and_retired(catalog: Catalog) -> None:
    for optional in ((), ("x",), ("x", "y")):
        await catalog.add([_draft("a", optional=optional)])
    await catalog.move("a@1.2.0", VersionState.DEPRECATED, "takes too long")
    assert (await catalog.resolve("a")).version == "1.1.0"  # one that is not deprecated first
    assert (await catalog.resolve("a@1.2")).version == "1.2.0"
    await catalog.move("a@1.1.0", VersionState.DISABLED, "charges twice")
    with pytest.raises(ToolDisabled, match="charges twice"):
        await catalog.resolve("a@1.1.0")
    await catalog.move("a@1.1.0", VersionState.ACTIVE, "")
    assert (await catalog.resolve("a")).version == "1.1.0"
    assert len(await catalog.move("a@1", VersionState.RETIRED, "gone")) == 3
    with pytest.raises(ToolRetired):
        await catalog.resolve("a")
    for state in VersionState:
        with pytest.raises(TransitionRefused):
            await catalog.move("a", state, "")
    assert await catalog.list(None, "", 10) == ()


async def test_the_operations_of_a_toolset_are_remembered_with_their_tools(catalog: Catalog) -> None:
    await catalog.add([_draft("a"), _draft("b")])
    await catalog.add([_draft("z", toolset="others")])
    found = await survey(catalog, "things")
    assert [(one.tool, one.key.route) for one in found.remembered] == [("a", "GET /a"), ("b", "GET /b")]
    assert not found.switched_off
    await catalog.move("b", VersionState.DISABLED, "")
    assert (await survey(catalog, "things")).switched_off


async def test_what_does_not_exist_cannot_be_moved(catalog: Catalog) -> None:
    await catalog.add([_draft("a")])
    for reference, error in {"b": ToolNotFound, "a@2": ToolNotFound, "a@x": ReferenceInvalid}.items():
        with pytest.raises(error):
            await catalog.move(reference, VersionState.DISABLED, "")
        with pytest.raises(error):
            await catalog.inspect(reference)


async def test_two_gateways_see_each_others_promotions_half_a_second_later_and_their_own_at_once(redis_url: str) -> None:
    now = 1000.0
    url = database(redis_url)
    async with _redis(url, clock=lambda: now) as here, _redis(url, clock=lambda: now) as there:
        await here.add([_draft("a")])
        await here.add([_draft("a", description="two")])
        assert (await there.resolve("a")).version == "1.0.0"
        await here.move("a", VersionState.ACTIVE, "")
        assert (await here.resolve("a")).version == "1.0.1"
        now += 0.5
        assert (await there.resolve("a")).version == "1.0.1"
        await there.move("a", VersionState.DISABLED, "")
        with pytest.raises(ToolDisabled):
            await there.resolve("a@1.0.1")
        now += 0.5
        with pytest.raises(ToolDisabled):
            await here.resolve("a@1.0.1")


async def test_imports_at_once_end_as_if_one_had_come_after_the_other(redis_url: str) -> None:
    url = database(redis_url)
    async with _redis(url) as here, _redis(url) as there:
        names = [f"t{number:03}" for number in range(150)]
        await here.add([_draft(name) for name in names])
        drafts = [[_draft(name, optional=(word,)) for name in names] for word in ("x", "y")]
        await asyncio.gather(here.add(drafts[0]), there.add(drafts[1]))
        for entry in await here.entries(None, "", 1000):
            numbers = [one.version for one in entry.revisions]
            assert numbers in (["1.0.0", "1.1.0", "2.0.0"], ["1.0.0", "1.1.0"])
            assert len(set(numbers)) == len(entry.revisions)


async def test_names_of_other_toolsets_are_refused_all_at_once_and_nothing_is_added(catalog: Catalog) -> None:
    names = [f"t{number}" for number in range(100)]
    await catalog.add([_draft(name, toolset="first") for name in names])
    with pytest.raises(NameTaken) as refused:
        await catalog.add([_draft("fresh", toolset="sec-ond"), *(_draft(name, toolset="sec-ond") for name in names)])
    assert str(refused.value).startswith("100 tool names of toolset 'sec-ond' belong to other toolsets already ('first'): ")
    assert {one.pointer for one in refused.value.violations} == {f"/tools/{name}" for name in names}
    assert "`prefix: sec_ond_`" in refused.value.cure
    assert {one.version.name for one in await catalog.list(None, "", 1000)} == set(names)


async def test_name_that_comes_twice_is_refused_and_nothing_is_added(catalog: Catalog) -> None:
    with pytest.raises(DocumentInvalid):
        await catalog.add([_draft("a"), _draft("a", description="two")])
    assert await catalog.list(None, "", 10) == ()


async def test_unknown_tool_or_version_is_not_found_and_names_alike_are_suggested(catalog: Catalog) -> None:
    await catalog.add([_draft("list_pets"), _draft("other")])
    with pytest.raises(ToolNotFound) as refused:
        await catalog.resolve("list_pet")
    assert "list_pets" in refused.value.cure
    for reference in ("list_pets@2.0.0", "list_pets@sha256:" + "0" * 64, "nothing-like-it"):
        with pytest.raises(ToolNotFound):
            await catalog.resolve(reference)
    with pytest.raises(ReferenceInvalid):
        await catalog.resolve("list_pets@latest")


async def test_list_gives_the_current_versions_by_name_page_by_page(catalog: Catalog) -> None:
    await catalog.add([_draft(name) for name in ("d", "b", "a", "B")])
    await catalog.add([_draft("c", toolset="others")])
    await catalog.add([_draft("b", optional=("x",))])
    first = await catalog.list(None, "", 3)
    rest = await catalog.list(None, first[-1].version.name, 3)
    assert [one.version.reference for one in first + rest] == ["B@1.0.0", "a@1.0.0", "b@1.1.0", "c@1.0.0", "d@1.0.0"]
    assert [one.version.name for one in await catalog.list("others", "", 10)] == ["c"]
    assert [one.version.name for one in await catalog.list("things", "a", 1)] == ["b"]
    await catalog.move("a", VersionState.DISABLED, "")
    assert [one.version.name for one in await catalog.list(None, "", 2)] == ["B", "b"]


async def test_version_is_given_back_as_it_was_added(catalog: Catalog) -> None:
    draft = replace(_draft("a"), output_schema={"z": 1.0, "a": {"$ref": "#/$defs/x"}, "$defs": {"x": {"enum": [None, 2**53]}}})
    (added,) = (await catalog.add([draft])).versions
    resolved = await catalog.resolve(added.reference)
    assert resolved == added
    assert list(resolved.draft.output_schema or {}) == ["z", "a", "$defs"]
