"""The catalog in Redis: several gateways share it, and it outlives them. The keys are told in `catalog.lua`.

Which versions there are, and which of them may be called, is kept for half a second: so late does one gateway see what another
promotes or disables. A version itself never changes, so what was read once is kept. Nothing is read before it is needed, so a
gateway starts as fast with 20,000 tools as with none.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import NoReturn

import orjson

from gateway.model.quotas import Quotas
from gateway.records.redis.catalog_quota import CatalogQuota
from gateway.records.redis.client import Store
from gateway.records.redis.entry_cache import EntryCache
from gateway.records.redis.version_cache import KEPT_BYTES, VersionCache
from registry.catalog.catalog import EVERYTHING, Added, Import, Listed, moved_revisions, not_found, require_ownership
from registry.catalog.guard_waits import Drafted, Stored, needed
from registry.catalog.holding import Terms
from registry.catalog.import_plan import Before, Step, asks_for_versions, binding_of, plan_draft, plan_removal
from registry.catalog.tool_entry import Revision, ToolEntry, VersionState
from registry.model.operation_key import Binding
from registry.model.tool import Draft, ToolVersion
from registry.model.value_codec import plain, restore
from registry.model.versions import Reference, digest_of, encode, parse_reference

PREFIX = "cg:{catalog}"
TOOLS, NAMES, IMPORTED = f"{PREFIX}:tools", f"{PREFIX}:names", f"{PREFIX}:imported"

# One transition takes at most so many tools, or so much of their text: Redis does nothing else meanwhile.
BATCH = 64
BATCH_BYTES = 1 << 20
PAGE = 500


@dataclass(frozen=True, slots=True)
class _Seen:
    """An entry, and the bytes in which it was read: what the next transition must still find."""

    raw: bytes
    entry: ToolEntry | None


class RedisCatalog:
    """See `registry.catalog.catalog.Catalog` for the promises. Every method also raises StoreUnavailable, VersionUnreadable."""

    def __init__(
        self,
        store: Store,
        *,
        kept_bytes: int = KEPT_BYTES,
        clock: Callable[[], float] = monotonic,
        quotas: Quotas | None = None,
    ) -> None:
        self._store = store
        self._quota = CatalogQuota(store, quotas)
        self._kept = VersionCache(kept_bytes)
        self._recent = EntryCache(clock)

    async def add(self, drafts: Sequence[Draft], how: Import = EVERYTHING) -> Added:
        seen = await self._seen([draft.name for draft in drafts])
        require_ownership(drafts, {name: one.entry.toolset for name, one in seen.items() if one.entry})
        last = (await self._store.hash_values(IMPORTED, [how.toolset]))[0] or b""
        terms = how.terms(last.decode())
        steps = [step for batch in _batches(drafts) for step in await self._add(batch, how, terms)]
        versions = [step.version or await self._read(step.entry.name, step.change.version) for step in steps]
        gone = await self._withdraw({draft.name for draft in drafts}, how) if how.toolset else []
        if how.toolset and not how.dry_run:  # last of all: an import that was cut short is done again on the same terms
            await self._store.put(IMPORTED, how.toolset, how.imported)
        return Added(tuple(versions), tuple(step.change for step in (*steps, *gone)))

    async def resolve(self, reference: str) -> ToolVersion:
        wanted = parse_reference(reference)
        entry = self._recent.get(wanted.name) or (await self._entry(wanted)).entry or await self._missing(wanted)
        return await self._read(wanted.name, entry.choose(wanted).version)

    async def inspect(self, reference: str) -> Listed:
        wanted = parse_reference(reference)
        entry = (await self._entry(wanted)).entry or await self._missing(wanted)
        revision = entry.look_up(wanted)
        return Listed(await self._read(wanted.name, revision.version), revision.state)

    async def move(self, reference: str, state: VersionState, reason: str) -> tuple[Revision, ...]:
        wanted = parse_reference(reference)
        while True:
            seen = await self._entry(wanted)
            entry = seen.entry or await self._missing(wanted)
            moved = entry.moved(wanted, state, reason)
            if await self._put([(seen, moved, None)]):
                return moved_revisions(entry, moved)

    async def list(self, toolset: str | None, after: str, limit: int) -> tuple[Listed, ...]:
        listed: list[Listed] = []
        while len(listed) < limit and (page := await self.entries(toolset, after, min(PAGE, limit))):
            after = page[-1].name
            currents = [(entry.name, entry.current) for entry in page if entry.current]
            versions = await self._read_all([(name, one.version) for name, one in currents if one])
            listed += [Listed(version, one.state) for version, (_, one) in zip(versions, currents, strict=True) if one]
        return tuple(listed[:limit])

    async def entries(self, toolset: str | None, after: str, limit: int) -> tuple[ToolEntry, ...]:
        names = await self._store.names_after(_names(toolset) if toolset else NAMES, after, limit)
        return tuple(one.entry for one in (await self._seen(names)).values() if one.entry)

    async def _add(self, drafts: Sequence[Draft], how: Import, terms: Terms) -> Sequence[Step]:
        """Plan one batch on the stored versions, and store it; again, where another import was faster."""
        while True:
            bindings = {draft.name: binding_of(draft, how.bindings) for draft in drafts}
            seen = await self._seen([draft.name for draft in drafts])
            require_ownership(drafts, {name: one.entry.toolset for name, one in seen.items() if one.entry})
            renamed = await self._seen([one.known_as for name, one in bindings.items() if one.known_as not in ("", name)])
            steps = await self._plan(drafts, bindings, seen | renamed, terms)
            changed = [(seen[step.entry.name], step.entry, step.version) for step in steps]
            changed = [one for one in changed if one[0].entry != one[1]]
            if how.dry_run or await self._put(changed, how.tenant):
                return steps

    async def _plan(
        self, drafts: Sequence[Draft], bindings: dict[str, Binding], seen: dict[str, _Seen], terms: Terms
    ) -> Sequence[Step]:
        """Off the event loop: comparing what a stranger wrote may take a while, and calls must not wait for it."""
        digests = await asyncio.to_thread(lambda: {draft.name: digest_of(draft) for draft in drafts})
        drafted = [Drafted(draft, digests[draft.name], bindings[draft.name]) for draft in drafts]
        entries = {draft.name: seen[draft.name].entry for draft in drafts}
        asking = [one for one in drafted if (entry := entries[one.draft.name]) is None or asks_for_versions(one, entry)]
        names = dict.fromkeys(name for one in asking for name in (one.draft.name, one.binding.known_as))
        stored = await self._stored([one.entry for name in names if (one := seen.get(name)) and one.entry])

        def plan(one: Drafted) -> Step:
            name = one.draft.name
            return plan_draft(one, Before(entries[name], stored.get(name), stored.get(one.binding.known_as)), terms)

        return await asyncio.to_thread(lambda: [plan(one) for one in drafted])

    async def _stored(self, entries: Sequence[ToolEntry]) -> dict[str, Stored]:
        wanted = [(entry.name, number) for entry in entries for number in needed(entry)]
        read = dict(zip(wanted, await self._read_all(wanted), strict=True))
        return {one.name: Stored(one, {number: read[one.name, number] for number in needed(one)}) for one in entries}

    async def _withdraw(self, kept: set[str], how: Import) -> Sequence[Step]:
        steps: list[Step] = []
        after = ""
        while names := await self._store.names_after(_names(how.toolset), after, PAGE):
            after = names[-1]
            seen = await self._seen([name for name in names if name not in kept])
            steps += [step for name, one in seen.items() for step in await self._remove(name, one, how)]
        return steps

    async def _remove(self, name: str, seen: _Seen, how: Import) -> Sequence[Step]:
        while True:
            if seen.entry is None or plan_removal(seen.entry, None, deprecate=how.deprecate_missing) is None:
                return []
            current = seen.entry.current
            version = await self._read(name, current.version) if current else None
            step = plan_removal(seen.entry, version, deprecate=how.deprecate_missing)
            if step is None or how.dry_run or await self._put([(seen, step.entry, None)]):
                return [step] if step else []
            seen = (await self._seen([name]))[name]

    async def _put(self, items: Sequence[tuple[_Seen, ToolEntry, ToolVersion | None]], tenant: str = "") -> bool:
        """Whether nothing had changed since it was seen, and so all of it is written."""
        if not items:
            return True
        keys, args, added = [TOOLS, NAMES], list[str | bytes](), 0
        for seen, entry, version in items:
            keys += [_names(entry.toolset), _versions(entry.name)]
            new = (version.version, encode(version)) if version else ("", b"")
            args += [entry.name, seen.raw, orjson.dumps(plain(entry)), *new]
            added += len(new[1])
        try:
            return bool((await self._quota.call("callgate_catalog_put", keys, args, tenant, added))[0] == b"PUT")
        finally:
            self._recent.forget(entry.name for _, entry, _ in items)

    async def _entry(self, wanted: Reference) -> _Seen:
        seen = (await self._seen([wanted.name]))[wanted.name]
        if seen.entry:
            self._recent.keep(seen.entry)
        return seen

    async def _seen(self, names: Sequence[str]) -> dict[str, _Seen]:
        raw = await self._store.hash_values(TOOLS, names) if names else []
        return {name: _understood(one) for name, one in zip(names, raw, strict=True)}

    async def _missing(self, wanted: Reference) -> NoReturn:
        raise not_found(wanted, await self._store.names_after(NAMES, "", 50_000))

    async def _read(self, name: str, number: str) -> ToolVersion:
        return (await self._read_all([(name, number)]))[0]

    async def _read_all(self, wanted: Sequence[tuple[str, str]]) -> Sequence[ToolVersion]:
        found = {one: version for one in wanted if (version := self._kept.get(one))}
        missing = [one for one in wanted if one not in found]
        encoded = await self._store.each_hash_value([(_versions(name), number) for name, number in missing])
        found |= {one: self._kept.keep(one, raw) for one, raw in zip(missing, encoded, strict=True)}
        return [found[one] for one in wanted]


def _understood(raw: bytes | None) -> _Seen:
    return _Seen(raw or b"", restore(ToolEntry, orjson.loads(raw)) if raw else None)


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


def _names(toolset: str) -> str:
    return f"{NAMES}:{toolset}"


def _versions(name: str) -> str:
    return f"{PREFIX}:versions:{name}"
