"""One tenant's catalog in Redis: several gateways share it, and it outlives them. `catalog.lua` tells the keys, and `catalogs`
has the catalogs of all tenants.

Which versions there are, and which of them may be called, is kept for half a second: so late does one gateway see what another
promotes or disables. A version itself never changes, so what was read once is kept. Nothing is read before it is needed, so a
gateway starts as fast with 20,000 tools as with none.
"""

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NoReturn

import orjson

from gateway.records.redis.catalog_lookup import (
    AT_ONCE,
    CatalogLookup,
    Found,
    SeenEntry,
    acts_key,
    names_key,
    versions_key,
)
from gateway.records.redis.catalog_quota import CatalogQuota
from gateway.records.redis.planning import PLANNING
from registry.catalog.acts import Act, ActChange, Acts, Deed, Permit, acts_of_import, acts_of_move
from registry.catalog.catalog import (
    EVERYTHING,
    Added,
    Import,
    Listed,
    moved_revisions,
    not_found,
    not_owned,
    require_permitted,
)
from registry.catalog.guard_waits import Drafted, Stored, needed
from registry.catalog.holding import Terms
from registry.catalog.import_plan import Before, Step, asks_for_versions, binding_of, plan_draft, plan_removal
from registry.catalog.name_clashes import require_free, require_ownership
from registry.catalog.similar_names import LOOKED_AT
from registry.catalog.tool_entry import Revision, ToolEntry, VersionState
from registry.model.operation_key import Binding
from registry.model.tool import Draft, ToolVersion
from registry.model.value_codec import plain, restore
from registry.model.versions import Reference, digest_of, encode, parse_reference

# One transition takes at most so many tools, or so much of their text: Redis does nothing else meanwhile.
BATCH = 64
BATCH_BYTES = 1 << 20
PAGE = 500
# Characters in which a name begins like the one that was meant, where not all names can be looked at.
BEGINNING = 3


@dataclass(frozen=True, slots=True)
class _Written:
    """An entry in the place of the one that was seen, with a version where there is a new one, and what it puts on record."""

    seen: SeenEntry
    entry: ToolEntry
    version: ToolVersion | None = None
    acts: Sequence[ActChange] = ()


class RedisCatalog:
    """See `registry.catalog.catalog.Catalog` for the promises. Every method also raises StoreUnavailable, VersionUnreadable."""

    def __init__(self, lookup: CatalogLookup, tenant: str, quota: CatalogQuota) -> None:
        self._lookup = lookup
        self._quota = quota
        self._store = lookup.store
        self._tenant = tenant

    async def add(self, drafts: Sequence[Draft], how: Import = EVERYTHING) -> Added:
        found = await self._find([draft.name for draft in drafts])
        found.require_owned()
        require_ownership(drafts, _toolsets(found.own))
        await self._require_free(drafts, found)
        imported = f"{found.home}:imported"
        last = (await self._store.hash_values(imported, [how.toolset]))[0] or b""
        terms = how.terms(last.decode())
        steps = [step for batch in _batches(drafts) for step in await self._add(batch, how, terms)]
        versions = [step.version or await self._read(found.home, step) for step in steps]
        gone = await self._withdraw({draft.name for draft in drafts}, how) if how.toolset else []
        if how.toolset and not how.dry_run:  # last of all: an import that was cut short is done again on the same terms
            await self._store.put(imported, how.toolset, how.imported)
        owned = tuple(replace(version, owner=self._tenant) for version in versions)
        return Added(owned, tuple(step.change for step in (*steps, *gone)))

    async def resolve(self, reference: str) -> ToolVersion:
        wanted = parse_reference(reference)
        seen = self._lookup.recent(self._tenant, wanted.name) or await self._one(wanted)
        return await self._lookup.version(seen, _entry(seen).choose(wanted).version)

    async def inspect(self, reference: str) -> Listed:
        wanted = parse_reference(reference)
        seen = await self._one(wanted)
        revision = _entry(seen).look_up(wanted)
        return Listed(await self._lookup.version(seen, revision.version), revision.state, seen.owner != self._tenant)

    async def move(
        self, reference: str, state: VersionState, reason: str, *, by: Act | None = None, permit: Permit | None = None
    ) -> tuple[Revision, ...]:
        wanted = parse_reference(reference)
        while True:
            found = await self._find([wanted.name])
            found.require_owned()
            seen = found.seen[wanted.name]
            entry = seen.entry or await self._missing(wanted)
            if seen.home != found.home:
                raise not_owned(wanted)
            moved = entry.moved(wanted, state, reason)
            revisions = moved_revisions(entry, moved)
            # After the entry was read: a gateway that puts something on record since changes the entry, too.
            require_permitted(entry.name, revisions, await self._acts_of(found.home, entry.name) if permit else {}, permit)
            acts = tuple(acts_of_move(entry, moved, by)) if by else ()
            if await self._put(found.home, [_Written(seen, moved, None, acts)]):
                return revisions

    async def list(self, toolset: str | None, after: str, limit: int) -> tuple[Listed, ...]:
        listed: list[Listed] = []
        while len(listed) < limit and (page := await self._page(toolset, after, min(PAGE, limit))):
            after = max(page)
            listed += await self._listed(page.values())
        return tuple(listed[:limit])

    async def current(self, names: Sequence[str]) -> tuple[Listed, ...]:
        seen = (await self._find(names)).seen if names else {}
        return tuple(await self._listed(seen[name] for name in names))

    async def revision(self) -> str:
        return await self._lookup.revision(self._tenant)

    async def _listed(self, seen: Iterable[SeenEntry]) -> Sequence[Listed]:
        """What their names alone mean, of those that may be called."""
        currents = [(one, current) for one in seen if one.entry and (current := one.entry.current)]
        versions = await self._lookup.versions([(one, current.version) for one, current in currents])
        return [
            Listed(version, current.state, one.owner != self._tenant)
            for version, (one, current) in zip(versions, currents, strict=True)
        ]

    async def entries(self, toolset: str | None, after: str, limit: int, *, owned: bool = False) -> tuple[ToolEntry, ...]:
        found: list[ToolEntry] = []
        while len(found) < limit and (page := await self._page(toolset, after, limit, owned=owned)):
            after = max(page)
            found += (shown for one in page.values() if (shown := self._shown(one)))
        return tuple(found[:limit])

    async def acts(self, names: Sequence[str]) -> Mapping[str, Mapping[str, Acts]]:
        home = (await self._find([])).home
        raw = await self._store.each_hash([acts_key(home, name) for name in names])
        return {name: _acts(one) for name, one in zip(names, raw, strict=True) if one}

    async def _page(self, toolset: str | None, after: str, limit: int, *, owned: bool = False) -> dict[str, SeenEntry]:
        names = await self._lookup.names(self._tenant, toolset, after, limit, owned=owned)
        return dict((await self._find(names)).seen) if names else {}

    def _shown(self, seen: SeenEntry) -> ToolEntry | None:
        return seen.entry if seen.entry is None or seen.owner == self._tenant else seen.entry.as_published()

    async def _require_free(self, drafts: Sequence[Draft], found: Found) -> None:
        new: dict[str, list[str]] = {}
        for draft in drafts:
            if found.own[draft.name].entry is None:
                new.setdefault(draft.toolset, []).append(draft.name)
        published, clashing = list[str](), list[str]()
        for toolset, names in new.items():
            for at in range(0, len(names), AT_ONCE):
                found_there = await self._lookup.taken(self._tenant, toolset, names[at : at + AT_ONCE])
                published += found_there[0]
                clashing += found_there[1]
        require_free(published, clashing)

    async def _add(self, drafts: Sequence[Draft], how: Import, terms: Terms) -> Sequence[Step]:
        """Plan one batch on the stored versions, and store it; again, where another import was faster."""
        while True:
            bindings = {draft.name: binding_of(draft, how.bindings) for draft in drafts}
            named = {one.known_as for name, one in bindings.items() if one.known_as not in ("", name)}
            found = await self._find([*bindings, *sorted(named - bindings.keys())])
            seen = found.own
            require_ownership(drafts, _toolsets({name: seen[name] for name in bindings}))
            steps = await self._plan(drafts, bindings, seen, terms)
            changed = [
                _Written(seen[step.entry.name], step.entry, step.version, _imported(seen[step.entry.name], step, how))
                for step in steps
                if seen[step.entry.name].entry != step.entry
            ]
            if how.dry_run or await self._put(found.home, changed):
                return steps

    async def _plan(
        self, drafts: Sequence[Draft], bindings: dict[str, Binding], seen: dict[str, SeenEntry], terms: Terms
    ) -> Sequence[Step]:
        """Off the event loop: comparing what a stranger wrote may take a while, and calls must not wait for it."""
        digests = await PLANNING.each(digest_of, drafts)
        drafted = [Drafted(draft, digest, bindings[draft.name]) for draft, digest in zip(drafts, digests, strict=True)]
        entries = {draft.name: seen[draft.name].entry for draft in drafts}
        asking = [one for one in drafted if (entry := entries[one.draft.name]) is None or asks_for_versions(one, entry)]
        names = dict.fromkeys(name for one in asking for name in (one.draft.name, one.binding.known_as))
        stored = await self._stored([one for name in names if (one := seen.get(name)) and one.entry])

        def plan(one: Drafted) -> Step:
            name = one.draft.name
            return plan_draft(one, Before(entries[name], stored.get(name), stored.get(one.binding.known_as)), terms)

        return await PLANNING.each(plan, drafted)

    async def _stored(self, seen: Sequence[SeenEntry]) -> dict[str, Stored]:
        wanted = [(one, number) for one in seen for number in needed(_entry(one))]
        read = {(_entry(one).name, number): version for (one, number), version in await self._with_versions(wanted)}
        entries = [_entry(one) for one in seen]
        return {one.name: Stored(one, {number: read[one.name, number] for number in needed(one)}) for one in entries}

    async def _with_versions(
        self, wanted: Sequence[tuple[SeenEntry, str]]
    ) -> Iterable[tuple[tuple[SeenEntry, str], ToolVersion]]:
        return zip(wanted, await self._lookup.versions(wanted), strict=True)

    async def _withdraw(self, kept: set[str], how: Import) -> Sequence[Step]:
        steps: list[Step] = []
        after = ""
        while names := await self._lookup.names(self._tenant, how.toolset, after, PAGE, owned=True):
            after = names[-1]
            found = await self._find([name for name in names if name not in kept])
            for name in found.seen:
                steps += await self._remove(name, found, how)
        return steps

    async def _remove(self, name: str, found: Found, how: Import) -> Sequence[Step]:
        while True:
            seen = found.own[name]
            if seen.entry is None or plan_removal(seen.entry, None, deprecate=how.deprecate_missing) is None:
                return []
            current = seen.entry.current
            version = await self._lookup.version(seen, current.version) if current else None
            step = plan_removal(seen.entry, version, deprecate=how.deprecate_missing)
            if step is None or how.dry_run:
                return [step] if step else []
            if await self._put(found.home, [_Written(seen, step.entry, None, _imported(seen, step, how))]):
                return [step]
            found = await self._find([name])

    async def _put(self, home: str, items: Sequence[_Written]) -> bool:
        """Whether nothing had changed since it was seen, and so all of it is written."""
        if not items:
            return True
        keys, args, on_record = [f"{home}:tools", f"{home}:names"], list[str | bytes | int]([len(items)]), list[str]()
        added = 0
        for one in items:
            keys += [names_key(home, one.entry.toolset), versions_key(home, one.entry.name)]
            new = (one.version.version, encode(one.version)) if one.version else ("", b"")
            args += [one.entry.name, one.seen.raw, orjson.dumps(plain(one.entry)), *new]
            await asyncio.sleep(0)  # others have their turn: one that was often imported takes a while to write
            added += len(new[1])
            on_record += [acts_key(home, one.entry.name)] * len(one.acts)
        args += [text for one in items for change in one.acts for text in _told(change)]
        try:
            reply = await self._quota.call("callgate_catalog_write", [*keys, *on_record], args, self._tenant, added)
            return bool(reply[0] == b"PUT")
        finally:
            self._lookup.forget(one.entry.name for one in items)

    async def _find(self, names: Sequence[str]) -> Found:
        return await self._lookup.find(self._tenant, names)

    async def _one(self, wanted: Reference) -> SeenEntry:
        seen = await self._lookup.one(self._tenant, wanted.name)
        return seen if seen.entry else await self._missing(wanted)

    async def _missing(self, wanted: Reference) -> NoReturn:
        """Of a small catalog, all names are looked at for similar ones; of a large one, those that begin as that one does."""
        names = await self._lookup.names(self._tenant, None, "", LOOKED_AT)
        if len(names) == LOOKED_AT:
            names = await self._lookup.names(self._tenant, None, wanted.name[:BEGINNING], LOOKED_AT)
        raise not_found(wanted, names)

    async def _read(self, home: str, step: Step) -> ToolVersion:
        return await self._lookup.version(SeenEntry(b"", step.entry, home, self._tenant), step.change.version)

    async def _acts_of(self, home: str, name: str) -> Mapping[str, Acts]:
        return _acts((await self._store.each_hash([acts_key(home, name)]))[0])


def _entry(seen: SeenEntry) -> ToolEntry:
    if seen.entry is None:
        raise ValueError("nothing was seen, so it has no entry")
    return seen.entry


def _toolsets(seen: Mapping[str, SeenEntry]) -> dict[str, str]:
    return {name: one.entry.toolset for name, one in seen.items() if one.entry}


def _imported(seen: SeenEntry, step: Step, how: Import) -> Sequence[ActChange]:
    return tuple(acts_of_import(seen.entry, step.entry, how.by)) if how.by else ()


def _told(change: ActChange) -> tuple[str, bytes]:
    return f"{change.version} {change.deed}", orjson.dumps(plain(change.act)) if change.act else b""


def _acts(raw: Mapping[bytes, bytes]) -> dict[str, dict[Deed, Act]]:
    """By version. What a later release has written is left out: here it means nothing."""
    acts: dict[str, dict[Deed, Act]] = {}
    for field, told in raw.items():
        version, _, deed = field.decode().partition(" ")
        if deed in set(Deed):
            acts.setdefault(version, {})[Deed(deed)] = restore(Act, orjson.loads(told))
    return acts


def _batches(drafts: Sequence[Draft]) -> Iterator[list[Draft]]:
    batch: list[Draft] = []
    size = 0
    for draft in drafts:
        written = len(orjson.dumps(plain(draft)))
        if batch and (len(batch) == BATCH or size + written > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(draft)
        size += written
    if batch:
        yield batch
