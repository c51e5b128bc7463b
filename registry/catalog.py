"""What the registry offers the gateway: the protocol, and a catalog in memory that keeps to it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Protocol

from registry.errors import DocumentInvalid, ToolNotFound
from registry.tool import Draft, ToolVersion
from registry.versions import Reference, parse_reference, succeed


@dataclass(frozen=True, slots=True)
class Added:
    """`versions` are those that the drafts now are, in the drafts' order; `added` and `unchanged` count them."""

    versions: tuple[ToolVersion, ...]
    added: int
    unchanged: int


class Catalog(Protocol):
    async def add(self, drafts: Sequence[Draft]) -> Added:
        """Shelve each draft as the next version of its tool, unless it equals the newest one. Idempotent.

        Raises DocumentInvalid, with nothing added, where a name belongs to another toolset or comes twice.
        """
        ...

    async def resolve(self, reference: str) -> ToolVersion:
        """One version: of a bare name the newest. Raises ReferenceInvalid, or ToolNotFound, which suggests names alike."""
        ...

    async def list(self, toolset: str | None, after: str, limit: int) -> tuple[ToolVersion, ...]:
        """The newest version of each tool (of one toolset, or all) with a name after `after`: by name, at most `limit`."""
        ...


class MemoryCatalog:
    """The catalog for tests, and for one process that need not remember."""

    def __init__(self) -> None:
        self._shelf: dict[str, list[ToolVersion]] = {}

    async def add(self, drafts: Sequence[Draft]) -> Added:
        require_ownership(drafts, {name: versions[-1].draft.toolset for name, versions in self._shelf.items()})
        versions, added = [], 0
        for draft in drafts:
            shelved = self._shelf.setdefault(draft.name, [])
            version = succeed(draft, shelved[-1] if shelved else None)
            if not shelved or version is not shelved[-1]:
                shelved.append(version)
                added += 1
            versions.append(version)
        return Added(tuple(versions), added, len(versions) - added)

    async def resolve(self, reference: str) -> ToolVersion:
        wanted = parse_reference(reference)
        for version in reversed(self._shelf.get(wanted.name, ())):
            if wanted.version in (None, version.version) and wanted.digest in (None, version.digest):
                return version
        raise not_found(wanted, self._shelf)

    async def list(self, toolset: str | None, after: str, limit: int) -> tuple[ToolVersion, ...]:
        newest = (self._shelf[name][-1] for name in sorted(self._shelf) if name > after)
        return tuple(version for version in newest if toolset in (None, version.draft.toolset))[:limit]


def require_ownership(drafts: Sequence[Draft], owners: dict[str, str]) -> None:
    """Raises DocumentInvalid where a name comes twice, or belongs to another toolset (`owners`: tool name → toolset)."""
    seen: set[str] = set()
    for draft in drafts:
        owner = owners.get(draft.name, draft.toolset)
        if owner != draft.toolset:
            raise DocumentInvalid(
                f"the tool name {draft.name!r} of toolset {draft.toolset!r} belongs to toolset {owner!r} already",
                cure="Give the operation another operationId, or import it into the toolset that has the name.",
            )
        if draft.name in seen:
            raise DocumentInvalid(f"the tool name {draft.name!r} comes twice")
        seen.add(draft.name)


def not_found(wanted: Reference, names: Iterable[str]) -> ToolNotFound:
    """The error for a reference that resolves to nothing, with up to three names alike."""
    known = list(names)
    if wanted.name in known:
        return ToolNotFound(
            f"the tool {wanted.name!r} has no such version", cure="Call it by name alone for the newest version."
        )
    alike = ", ".join(get_close_matches(wanted.name, known, n=3))
    cure = f"Did you mean {alike}?" if alike else None
    return ToolNotFound(f"there is no tool {wanted.name!r}", cure=cure)
