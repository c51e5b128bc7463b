"""The catalog in Redis: several gateways share it, and it outlives them. The keys are told in `catalog.lua`.

A version never changes, so what was read once is kept; which version is the newest is asked every time.
"""

from collections.abc import Sequence

from gateway.records.store import Store
from registry.catalog import Added, not_found, require_ownership
from registry.errors import DocumentInvalid
from registry.tool import Draft, ToolVersion
from registry.versions import decode, encode, parse_reference, succeed

PREFIX = "cg:{catalog}"
NEWEST, OWNERS = f"{PREFIX}:newest", f"{PREFIX}:owners"

KEPT = 4096
#: Versions kept in memory; when there are more, all are read afresh.


class RedisCatalog:
    """See `registry.catalog.Catalog` for the promises. Every method raises StoreUnavailable, too."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._kept: dict[tuple[str, str], ToolVersion] = {}

    async def add(self, drafts: Sequence[Draft]) -> Added:
        owners = await self._store.hash(OWNERS)
        require_ownership(drafts, {name.decode(): toolset.decode() for name, toolset in owners.items()})
        shelved = [await self._add(draft) for draft in drafts]
        added = sum(new for _, new in shelved)
        return Added(tuple(version for version, _ in shelved), added, len(shelved) - added)

    async def resolve(self, reference: str) -> ToolVersion:
        wanted = parse_reference(reference)
        number: str | None = wanted.version
        if wanted.digest:
            number = await self._value(f"{PREFIX}:digests:{wanted.name}", wanted.digest)
        elif number is None:
            number = await self._value(NEWEST, wanted.name)
        version = await self._read(wanted.name, number) if number else None
        if version is None:
            raise not_found(wanted, [name.decode() for name in await self._store.hash(NEWEST)])
        return version

    async def list(self, toolset: str | None, after: str, limit: int) -> tuple[ToolVersion, ...]:
        newest, owners = await self._store.hash(NEWEST), await self._store.hash(OWNERS)
        wanted = (name for name in sorted(newest) if name.decode() > after)
        of_toolset = [name for name in wanted if toolset is None or owners.get(name) == toolset.encode()]
        found = [await self._read(name.decode(), newest[name].decode()) for name in of_toolset[:limit]]
        return tuple(version for version in found if version is not None)

    async def _add(self, draft: Draft) -> tuple[ToolVersion, bool]:
        """The version that the draft now is, and whether it is a new one."""
        while True:
            number = await self._value(NEWEST, draft.name)
            newest = await self._read(draft.name, number) if number else None
            version = succeed(draft, newest)
            if version is newest:
                return version, False
            reply = await self._store.call("callgate_catalog_add", self._keys(draft.name), self._entry(version, number or ""))
            if reply[0] == b"OWNED":
                raise DocumentInvalid(f"the tool name {draft.name!r} was taken by toolset {reply[1].decode()!r} just now")
            if reply[0] == b"ADDED":
                return version, True

    async def _read(self, name: str, number: str) -> ToolVersion | None:
        known = self._kept.get((name, number))
        if known is None:
            (encoded,) = await self._store.hash_values(f"{PREFIX}:versions:{name}", [number])
            if encoded is None:
                return None
            if len(self._kept) >= KEPT:
                self._kept.clear()
            known = self._kept[(name, number)] = decode(encoded)
        return known

    async def _value(self, key: str, field: str) -> str | None:
        (value,) = await self._store.hash_values(key, [field])
        return value.decode() if value is not None else None

    @staticmethod
    def _entry(version: ToolVersion, seen: str) -> Sequence[str | bytes]:
        return [version.name, version.draft.toolset, seen, version.version, version.digest, encode(version)]

    @staticmethod
    def _keys(name: str) -> Sequence[str]:
        return [NEWEST, OWNERS, f"{PREFIX}:digests:{name}", f"{PREFIX}:versions:{name}"]
