"""What the registry offers the gateway: the protocol, and a catalog in memory that keeps to it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from difflib import get_close_matches
from typing import Protocol

from registry.catalog.guard_waits import Drafted, Stored, needed
from registry.catalog.holding import Terms
from registry.catalog.import_plan import (
    Before,
    PlannedChange,
    Step,
    asks_for_versions,
    binding_of,
    counts,
    plan_draft,
    plan_removal,
)
from registry.catalog.tool_entry import Revision, ToolEntry, VersionState
from registry.model.errors import DocumentInvalid, ToolNotFound
from registry.model.operation_key import Binding, Remembered
from registry.model.tool import Draft, ToolVersion
from registry.model.versions import Reference, digest_of, parse_reference


@dataclass(frozen=True, slots=True)
class Import:
    """How a catalog adds drafts. `require_promotion`: no new version may be called before an operator promotes it.

    `toolset`: what waits in it and has no draft is superseded; with `deprecate_missing`, what has no draft is deprecated too.
    `dry_run`: nothing is written. `document` is a digest of what was read, `manifest` one of what the operator says of it: an
    import of another document than the last is its vendor's word, and opens nothing that is `guarded`. `bindings` are those of
    the drafts, by their names. `beside` is a digest of what the operator says of guards beside the operations: the places of
    secrets, and which tools wait for approval. `tenant`: for whom it is stored and counted; empty: it is not counted.
    """

    toolset: str = ""
    _: KW_ONLY
    require_promotion: bool = False
    deprecate_missing: bool = False
    dry_run: bool = False
    guarded: bool = False
    document: str = ""
    manifest: str = ""
    beside: str = ""
    bindings: Mapping[str, Binding] = field(default_factory=dict)
    tenant: str = ""

    @property
    def imported(self) -> str:
        """What the catalog keeps of it for the next import."""
        return f"{self.document} {self.manifest}"

    def terms(self, last: str) -> Terms:
        """What it may open. `last` is what the catalog keeps of the toolset's last import; empty: this is the first."""
        document, _, manifest = last.partition(" ")
        refreshed = bool(last) and document != self.document
        return Terms(self.require_promotion, refreshed, manifest != self.manifest, self.guarded, self.beside)


#: Adds every draft, and touches no other tool.
EVERYTHING = Import()
#: Entries that `survey` reads at once.
PAGE = 1_000


@dataclass(frozen=True, slots=True)
class Added:
    """`versions` are what the drafts have become, in the order of the drafts.

    `changes` says what the import does to each tool, those that it deprecates included.
    """

    versions: tuple[ToolVersion, ...]
    changes: tuple[PlannedChange, ...] = ()

    @property
    def added(self) -> int:
        return counts(self.changes)[0]

    @property
    def unchanged(self) -> int:
        return counts(self.changes)[1]


@dataclass(frozen=True, slots=True)
class Listed:
    """A tool version, and its state."""

    version: ToolVersion
    state: VersionState


class Catalog(Protocol):
    async def add(self, drafts: Sequence[Draft], how: Import = EVERYTHING) -> Added:
        """Store each draft as a version of its tool, unless it is one already. Idempotent.

        What breaks callers, tells the model other words or opens a guard is quarantined: see `registry.catalog.import_plan`.

        Raises DocumentInvalid, with nothing added, where a name belongs to another toolset or comes twice.
        """
        ...

    async def resolve(self, reference: str) -> ToolVersion:
        """The newest version that the reference means and that may be called.

        Raises ReferenceInvalid, ToolNotFound, which suggests similar names, ToolQuarantined, ToolDisabled or ToolRetired.
        """
        ...

    async def inspect(self, reference: str) -> Listed:
        """What `resolve` would resolve to; where none may be called, the newest, for the operator who decides about it.

        Raises ReferenceInvalid or ToolNotFound.
        """
        ...

    async def move(self, reference: str, state: VersionState, reason: str) -> tuple[Revision, ...]:
        """Put every version that the reference means in `state`; active: the newest that is not, and, where it is a name alone,
        none but what the latest import makes. Returns those that moved.

        Raises ReferenceInvalid, ToolNotFound or TransitionRefused.
        """
        ...

    async def list(self, toolset: str | None, after: str, limit: int) -> tuple[Listed, ...]:
        """What the name alone means, for each callable tool of one toolset or of all: names after `after`, at most `limit`."""
        ...

    async def entries(self, toolset: str | None, after: str, limit: int) -> tuple[ToolEntry, ...]:
        """The entry of each tool, callable or not, in the same order."""
        ...


class MemoryCatalog:
    """A catalog in memory, for tests and for one process that need not keep its tools."""

    def __init__(self) -> None:
        self._entries: dict[str, ToolEntry] = {}
        self._versions: dict[tuple[str, str], ToolVersion] = {}
        self._imported: dict[str, str] = {}

    async def add(self, drafts: Sequence[Draft], how: Import = EVERYTHING) -> Added:
        require_ownership(drafts, {name: entry.toolset for name, entry in self._entries.items()})
        steps = [self._plan(draft, how) for draft in drafts]
        kept = {draft.name for draft in drafts}
        gone = [entry for entry in self._entries.values() if entry.toolset == how.toolset and entry.name not in kept]
        removals = (plan_removal(entry, self._current(entry), deprecate=how.deprecate_missing) for entry in gone)
        steps += [step for step in removals if step]
        versions = tuple(
            step.version or self._versions[draft.name, step.change.version] for step, draft in zip(steps, drafts, strict=False)
        )
        if not how.dry_run:
            self._entries |= {step.entry.name: step.entry for step in steps}
            self._versions |= {(version.name, version.version): version for version in versions}
            if how.toolset:
                self._imported[how.toolset] = how.imported
        return Added(versions, tuple(step.change for step in steps))

    async def resolve(self, reference: str) -> ToolVersion:
        wanted = parse_reference(reference)
        entry = self._entry(wanted)
        return self._versions[entry.name, entry.choose(wanted).version]

    async def inspect(self, reference: str) -> Listed:
        wanted = parse_reference(reference)
        revision = self._entry(wanted).look_up(wanted)
        return Listed(self._versions[wanted.name, revision.version], revision.state)

    async def move(self, reference: str, state: VersionState, reason: str) -> tuple[Revision, ...]:
        wanted = parse_reference(reference)
        entry = self._entry(wanted)
        self._entries[entry.name] = moved = entry.moved(wanted, state, reason)
        return moved_revisions(entry, moved)

    async def list(self, toolset: str | None, after: str, limit: int) -> tuple[Listed, ...]:
        found = await self.entries(toolset, after, len(self._entries))
        currents = ((entry.name, entry.current) for entry in found)
        listed = [Listed(self._versions[name, one.version], one.state) for name, one in currents if one is not None]
        return tuple(listed[:limit])

    async def entries(self, toolset: str | None, after: str, limit: int) -> tuple[ToolEntry, ...]:
        found = (self._entries[name] for name in sorted(self._entries) if name > after)
        return tuple(entry for entry in found if toolset in (None, entry.toolset))[:limit]

    def _plan(self, draft: Draft, how: Import) -> Step:
        drafted = Drafted(draft, digest_of(draft), binding_of(draft, how.bindings))
        entry = self._entries.get(draft.name)
        stored = self._stored(entry) if entry and asks_for_versions(drafted, entry) else None
        renamed = self._entries.get(drafted.binding.known_as)
        before = Before(entry, stored, self._stored(renamed) if renamed else None)
        return plan_draft(drafted, before, how.terms(self._imported.get(how.toolset, "")))

    def _stored(self, entry: ToolEntry) -> Stored:
        return Stored(entry, {number: self._versions[entry.name, number] for number in needed(entry)})

    def _current(self, entry: ToolEntry) -> ToolVersion | None:
        return self._versions[entry.name, entry.current.version] if entry.current else None

    def _entry(self, wanted: Reference) -> ToolEntry:
        if (entry := self._entries.get(wanted.name)) is None:
            raise not_found(wanted, self._entries)
        return entry


@dataclass(frozen=True, slots=True)
class Survey:
    """What an import must know of a toolset: the operations of its tools, and whether an operator has switched one off."""

    remembered: tuple[Remembered, ...]
    switched_off: bool


async def survey(catalog: Catalog, toolset: str) -> Survey:
    entries: list[ToolEntry] = []
    after = ""
    while page := await catalog.entries(toolset, after, PAGE):
        after = page[-1].name
        entries += page
    # Where two tools perform one operation, because the operator has renamed it, the tool that imports still make comes first.
    ordered = sorted(entries, key=lambda entry: not entry.latest)
    operations = ((entry.name, entry.base.operation) for entry in ordered)
    remembered = tuple(Remembered(name, operation) for name, operation in operations if operation)
    return Survey(remembered, any(entry.off for entry in entries))


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


def moved_revisions(before: ToolEntry, after: ToolEntry) -> tuple[Revision, ...]:
    """The revisions whose state has changed."""
    return tuple(new for old, new in zip(before.revisions, after.revisions, strict=True) if old != new)


def not_found(wanted: Reference, names: Iterable[str]) -> ToolNotFound:
    """The error for a name that the catalog does not have, with up to three similar names."""
    alike = ", ".join(get_close_matches(wanted.name, list(names), n=3))
    cure = f"Did you mean {alike}?" if alike else None
    return ToolNotFound(f"there is no tool {wanted.name!r}", cure=cure)
