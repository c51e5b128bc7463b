"""What a tenant's catalog reads of the store: entries by the names that the tenant sees, and versions. `catalog.lua` tells the
keys.

An entry is kept for half a second, a version for as long as there is room: it never changes.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
from urllib.parse import quote, unquote

import orjson

from gateway.records.redis.client import Store, Value
from gateway.records.redis.entry_cache import EntryCache
from gateway.records.redis.version_cache import KEPT_BYTES, VersionCache
from registry.catalog.tool_entry import ToolEntry
from registry.model.errors import CatalogUnowned
from registry.model.tool import ToolVersion
from registry.model.value_codec import restore

#: The home, the owner and the entry of a tool.
Triple = tuple[bytes, bytes, bytes]

ROOT = "cg:{catalog}"
OWNER = f"{ROOT}:owner"
#: Names that one lookup has at most: Redis does nothing else meanwhile.
AT_ONCE = 200
#: Bytes of entries that are read before others have their turn: a millisecond or two. A tool with many versions has a long one.
BYTES_AT_ONCE = 8_192


def encoded(tenant: str) -> str:
    """A tenant's name as it stands in keys: without a colon."""
    return quote(tenant, safe="")


def decoded(text: bytes) -> str:
    return unquote(text.decode())


@dataclass(frozen=True, slots=True)
class SeenEntry:
    """An entry, and the bytes in which it was read: what the next transition must still find. `home` and `owner` say where it
    lies and whose it is; empty: there is none."""

    raw: bytes = b""
    entry: ToolEntry | None = None
    home: str = ""
    owner: str = ""


NOTHING = SeenEntry()


@dataclass(frozen=True, slots=True)
class Found:
    """What a tenant sees by each name. `home` is where its own tools lie. `owned`: it is said whose the tools of before are."""

    home: str
    owned: bool
    seen: Mapping[str, SeenEntry]

    @property
    def own(self) -> dict[str, SeenEntry]:
        """The same without what belongs to others."""
        return {name: one if one.home == self.home else NOTHING for name, one in self.seen.items()}

    def require_owned(self) -> None:
        """Raises CatalogUnowned."""
        if not self.owned:
            raise CatalogUnowned("toolsets were imported before they had owners, and it is not said which tenant owns them")


class CatalogLookup:
    """`owner`: the tenant that is to own what was imported before toolsets had owners, if this gateway can say so."""

    def __init__(self, store: Store, owner: str | None, kept_bytes: int = KEPT_BYTES, clock: Callable[[], float] = monotonic):
        self.store = store
        self._owner = owner
        self.owner_of_before: str | None = None
        self._kept = VersionCache(kept_bytes)
        self._recent: EntryCache[tuple[str, str], SeenEntry] = EntryCache(clock)

    async def find(self, tenant: str, names: Sequence[str]) -> Found:
        """In one round trip for each two hundred names."""
        pages = [names[at : at + AT_ONCE] for at in range(0, len(names), AT_ONCE)] or [()]
        found: dict[str, SeenEntry] = {}
        for page in pages:
            state, home, *rest = await self._ask("callgate_catalog_find", tenant, *page)
            triples = zip(rest[0::3], rest[1::3], rest[2::3], strict=True)
            found |= {name: one async for name, one in _each_understood(page, triples)}
            if home == ROOT.encode():  # another gateway may have said it meanwhile
                self.owner_of_before = tenant
        return Found(home.decode(), state == b"FOUND", found)

    async def one(self, tenant: str, name: str) -> SeenEntry:
        """As `find`, and remembered for a moment."""
        seen = (await self.find(tenant, [name])).seen[name]
        if seen.entry:
            self._recent.keep((tenant, name), seen)
        return seen

    def recent(self, tenant: str, name: str) -> SeenEntry | None:
        return self._recent.get((tenant, name))

    def forget(self, names: Iterable[str]) -> None:
        """In every tenant's view: they may be published."""
        gone = set(names)
        self._recent.forget(key for key in self._recent.known() if key[1] in gone)

    def forget_all(self) -> None:
        self._recent.clear()

    async def names(self, tenant: str, toolset: str | None, after: str, limit: int, *, owned: bool = False) -> Sequence[str]:
        """Of what the tenant sees, or only of what it owns; in the order of their bytes."""
        lowest = f"({after}" if after else "-"
        _, *names = await self._ask("callgate_catalog_names", tenant, toolset or "", lowest, limit, "owned" if owned else "")
        return sorted({name.decode() for name in names})[:limit]

    async def revision(self, tenant: str) -> str:
        """Of what the tenant sees: another one once anything of it has changed."""
        _, *counts = await self._ask("callgate_catalog_revision", tenant)
        return " ".join(one.decode() for one in counts)

    async def taken(self, tenant: str, toolset: str, names: Sequence[str]) -> tuple[Sequence[str], Sequence[str]]:
        """Of names that the tenant would give to tools of its own: those of tools that are published to it, and those that
        a tenant to which the toolset is published has from another publication."""
        published, clashing = await self.store.call("callgate_catalog_taken", [OWNER], [encoded(tenant), toolset, *names])
        return [name.decode() for name in published], [name.decode() for name in clashing]

    async def owner_now(self) -> str | None:
        """As `settle`, without writing anything down. Raises CatalogUnowned."""
        owner = await self.store.value(OWNER)
        if owner is None and await self.store.names_after(f"{ROOT}:names", "", 1):
            Found("", owned=False, seen={}).require_owned()
        return decoded(owner[1:]) if owner and owner.startswith(b"=") else None

    async def settle(self) -> str | None:
        """The tenant that owns what was imported before toolsets had owners. None: no tenant does. Raises CatalogUnowned."""
        (owner,) = await self.store.call("callgate_catalog_settle", [OWNER], [self._said])
        if owner == b"UNOWNED":
            Found("", owned=False, seen={}).require_owned()
        self.owner_of_before = decoded(owner[1:]) if owner.startswith(b"=") else None
        return self.owner_of_before

    async def version(self, seen: SeenEntry, number: str) -> ToolVersion:
        return (await self.versions([(seen, number)]))[0]

    async def versions(self, wanted: Sequence[tuple[SeenEntry, str]]) -> Sequence[ToolVersion]:
        """Versions of these entries. Raises VersionUnreadable."""
        keys = [(one.home, one.owner, one.entry.name if one.entry else "", number) for one, number in wanted]
        found = {key: version for key in keys if (version := self._kept.get(key))}
        missing = [key for key in dict.fromkeys(keys) if key not in found]
        raw = await self.store.each_hash_value([(versions_key(home, name), number) for home, _, name, number in missing])
        found |= {key: self._kept.keep(key, one, owner=key[1]) for key, one in zip(missing, raw, strict=True)}
        return [found[key] for key in keys]

    async def _ask(self, function: str, tenant: str, *args: Value) -> list[bytes]:
        while True:
            reply = await self.store.call(function, [OWNER], [encoded(tenant), self._said, *args])
            if reply[0] != b"UNSETTLED":
                return reply
            await self.settle()

    @property
    def _said(self) -> str:
        return "" if self._owner is None else encoded(self._owner)


def names_key(home: str, toolset: str) -> str:
    return f"{home}:names:{toolset}"


def versions_key(home: str, name: str) -> str:
    return f"{home}:versions:{name}"


def acts_key(home: str, name: str) -> str:
    return f"{home}:acts:{name}"


async def _each_understood(names: Sequence[str], triples: Iterable[Triple]) -> AsyncIterator[tuple[str, SeenEntry]]:
    size = 0
    for name, triple in zip(names, triples, strict=True):
        yield name, _understood(*triple)
        size += len(triple[2])
        if size > BYTES_AT_ONCE:
            size = 0
            await asyncio.sleep(0)


def _understood(home: bytes, owner: bytes, raw: bytes) -> SeenEntry:
    return SeenEntry(raw, restore(ToolEntry, orjson.loads(raw)), home.decode(), decoded(owner)) if raw else NOTHING
