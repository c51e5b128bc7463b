"""What the registry offers the gateway: the protocol, and a catalog in memory that keeps to it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field, replace
from typing import Protocol

from registry.catalog.acts import Act, ActChange, Acts, Deed, Permit, acts_of_import, acts_of_move
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
from registry.catalog.name_clashes import require_free, require_ownership
from registry.catalog.similar_names import similar_names
from registry.catalog.tool_entry import Revision, ToolEntry, VersionState
from registry.model.errors import ToolNotFound, ToolNotOwned
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
    secrets, and which tools wait for approval. `by` is who imports, and when; None: it is not put on record.
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
    by: Act | None = None

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
PAGE = 100


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
    """A tool version, and its state. `published`: another tenant owns it, and it is published to this one."""

    version: ToolVersion
    state: VersionState
    published: bool = False


class Catalog(Protocol):
    """One tenant's: the tools that it owns and, under names that are not its own, what is published to it.

    What adds or moves also raises CatalogUnowned.
    """

    async def add(self, drafts: Sequence[Draft], how: Import = EVERYTHING) -> Added:
        """Store each draft as a version of its tool, unless it is one already. Idempotent.

        What breaks callers, tells the model other words or opens a guard is quarantined: see `registry.catalog.import_plan`.

        Raises NameTaken, with nothing added, where names belong to other toolsets, or are those of tools published to this
        tenant, or of some published to where the drafts' toolset is published; DocumentInvalid where one comes twice.
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

    async def move(
        self, reference: str, state: VersionState, reason: str, *, by: Act | None = None, permit: Permit | None = None
    ) -> tuple[Revision, ...]:
        """Put every version that the reference means in `state`; active: the newest that is not, and, where it is a name alone,
        none but what the latest import makes. Returns those that moved, which `permit` was asked about.

        Raises ReferenceInvalid, ToolNotFound, ToolNotOwned or TransitionRefused, and what `permit` raises.
        """
        ...

    async def list(self, toolset: str | None, after: str, limit: int) -> tuple[Listed, ...]:
        """What the name alone means, for each callable tool of one toolset or of all: names after `after`, at most `limit`."""
        ...

    async def current(self, names: Sequence[str]) -> tuple[Listed, ...]:
        """What each of these names alone means, in their order, without those of no callable tool."""
        ...

    async def revision(self) -> str:
        """A text that is another one once a tool that this tenant sees has changed in any way: its entry, its publication."""
        ...

    async def entries(self, toolset: str | None, after: str, limit: int, *, owned: bool = False) -> tuple[ToolEntry, ...]:
        """The entry of each tool, callable or not, in the same order; of what is published, with the callable versions alone.

        `owned`: only of the tools that this tenant owns.
        """
        ...

    async def acts(self, names: Sequence[str]) -> Mapping[str, Mapping[str, Acts]]:
        """By tool and version: who did what to those of these tools that this tenant owns, as far as it is on record."""
        ...


class Neighbours(Protocol):
    """The catalogs of other tenants, as far as publications lead to them."""

    def published_to(self, tenant: str) -> Sequence[tuple["MemoryCatalog", str]]:
        """Whose toolsets the tenant sees, and which, in the order in which they were published."""
        ...

    def where_published(self, owner: str, toolset: str) -> Sequence["MemoryCatalog"]: ...


class NoNeighbours:
    def published_to(self, tenant: str) -> Sequence[tuple["MemoryCatalog", str]]:
        return ()

    def where_published(self, owner: str, toolset: str) -> Sequence["MemoryCatalog"]:
        return ()


class MemoryCatalog:
    """A catalog in memory, for tests and for one process that need not keep its tools."""

    def __init__(self, tenant: str = "", neighbours: Neighbours | None = None) -> None:
        self._tenant = tenant
        self._neighbours = neighbours or NoNeighbours()
        self._entries: dict[str, ToolEntry] = {}
        self._versions: dict[tuple[str, str], ToolVersion] = {}
        self._imported: dict[str, str] = {}
        self._acts: dict[str, dict[str, dict[Deed, Act]]] = {}
        self._changes = 0

    async def add(self, drafts: Sequence[Draft], how: Import = EVERYTHING) -> Added:
        require_ownership(drafts, {name: entry.toolset for name, entry in self._entries.items()})
        self._require_free(drafts)
        steps = [self._plan(draft, how) for draft in drafts]
        kept = {draft.name for draft in drafts}
        gone = [entry for entry in self._entries.values() if entry.toolset == how.toolset and entry.name not in kept]
        removals = (plan_removal(entry, self._current(entry), deprecate=how.deprecate_missing) for entry in gone)
        steps += [step for step in removals if step]
        made = (
            step.version or self._versions[draft.name, step.change.version] for step, draft in zip(steps, drafts, strict=False)
        )
        versions = tuple(replace(version, owner=self._tenant) for version in made)
        if not how.dry_run:
            self._write(steps, versions, how)
        return Added(versions, tuple(step.change for step in steps))

    async def resolve(self, reference: str) -> ToolVersion:
        wanted = parse_reference(reference)
        shelf, entry = self._find(wanted)
        return shelf._versions[entry.name, entry.choose(wanted).version]

    async def inspect(self, reference: str) -> Listed:
        wanted = parse_reference(reference)
        shelf, entry = self._find(wanted)
        revision = entry.look_up(wanted)
        return Listed(shelf._versions[wanted.name, revision.version], revision.state, shelf is not self)

    async def move(
        self, reference: str, state: VersionState, reason: str, *, by: Act | None = None, permit: Permit | None = None
    ) -> tuple[Revision, ...]:
        wanted = parse_reference(reference)
        shelf, entry = self._find(wanted)
        if shelf is not self:
            raise not_owned(wanted)
        moved = entry.moved(wanted, state, reason)
        revisions = moved_revisions(entry, moved)
        require_permitted(entry.name, revisions, self._acts.get(entry.name, {}), permit)
        self._entries[entry.name] = moved
        self._changes += 1
        if by:
            self._record(entry.name, acts_of_move(entry, moved, by))
        return revisions

    async def list(self, toolset: str | None, after: str, limit: int) -> tuple[Listed, ...]:
        shown = (self._listed(entry.name) for entry in self._entries_shown(toolset, after, owned=False))
        return tuple(listed for listed in shown if listed)[:limit]

    async def current(self, names: Sequence[str]) -> tuple[Listed, ...]:
        seen = (self._listed(name) for name in names if self.has(name))
        return tuple(listed for listed in seen if listed)

    async def revision(self) -> str:
        shelves = [(shelf._tenant, toolset, shelf._changes) for shelf, toolset in self._neighbours.published_to(self._tenant)]
        return repr((self._changes, shelves))

    async def entries(self, toolset: str | None, after: str, limit: int, *, owned: bool = False) -> tuple[ToolEntry, ...]:
        return tuple(self._entries_shown(toolset, after, owned=owned)[:limit])

    async def acts(self, names: Sequence[str]) -> Mapping[str, Mapping[str, Acts]]:
        return {name: self._acts[name] for name in names if name in self._acts}

    def names_in(self, toolset: str) -> Sequence[str]:
        return [entry.name for entry in self._entries.values() if entry.toolset == toolset]

    def owns(self, name: str) -> bool:
        return name in self._entries

    def has(self, name: str) -> bool:
        """Its own, or one that is published to it."""
        return name in self._entries or name in self._published()

    def _write(self, steps: Sequence[Step], versions: Sequence[ToolVersion], how: Import) -> None:
        if how.by:
            for step in steps:
                self._record(step.entry.name, acts_of_import(self._entries.get(step.entry.name), step.entry, how.by))
        self._changes += any(self._entries.get(step.entry.name) != step.entry for step in steps)
        self._entries |= {step.entry.name: step.entry for step in steps}
        self._versions |= {(version.name, version.version): version for version in versions}
        if how.toolset:
            self._imported[how.toolset] = how.imported

    def _record(self, name: str, changes: Iterable[ActChange]) -> None:
        for one in changes:
            kept = self._acts.setdefault(name, {}).setdefault(one.version, {})
            if one.act:
                kept[one.deed] = one.act
            else:
                kept.pop(one.deed, None)

    def _require_free(self, drafts: Sequence[Draft]) -> None:
        new = [draft for draft in drafts if draft.name not in self._entries]
        shown = self._published()
        clashing = [
            draft.name
            for draft in new
            for there in self._neighbours.where_published(self._tenant, draft.toolset)
            if draft.name in there._published() and not there.owns(draft.name)
        ]
        require_free([draft.name for draft in new if draft.name in shown], clashing)

    def _published(self) -> dict[str, tuple["MemoryCatalog", ToolEntry]]:
        """What others publish to this tenant. What was published first has its names."""
        found: dict[str, tuple[MemoryCatalog, ToolEntry]] = {}
        for shelf, toolset in self._neighbours.published_to(self._tenant):
            for name in shelf.names_in(toolset):
                found.setdefault(name, (shelf, shelf._entries[name]))
        return found

    def _listed(self, name: str) -> Listed | None:
        """What a name alone means, if it may be called."""
        shelf, entry = self._place(name)
        if entry.current is None:
            return None
        return Listed(shelf._versions[name, entry.current.version], entry.current.state, shelf is not self)

    def _place(self, name: str) -> tuple["MemoryCatalog", ToolEntry]:
        return (self, self._entries[name]) if name in self._entries else self._published()[name]

    def _entries_shown(self, toolset: str | None, after: str, *, owned: bool) -> Sequence[ToolEntry]:
        shown = {} if owned else {name: entry.as_published() for name, (_, entry) in self._published().items()}
        seen = {name: entry for name, entry in {**shown, **self._entries}.items() if entry is not None}
        found = (seen[name] for name in sorted(seen) if name > after)
        return [entry for entry in found if toolset in (None, entry.toolset)]

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

    def _find(self, wanted: Reference) -> tuple["MemoryCatalog", ToolEntry]:
        try:
            return self._place(wanted.name)
        except KeyError:
            raise not_found(wanted, [*self._entries, *self._published()]) from None


@dataclass(frozen=True, slots=True)
class Survey:
    """What an import must know of a toolset: the operations of its tools, and whether an operator has switched one off."""

    remembered: tuple[Remembered, ...]
    switched_off: bool


async def survey(catalog: Catalog, toolset: str) -> Survey:
    entries: list[ToolEntry] = []
    after = ""
    while page := await catalog.entries(toolset, after, PAGE, owned=True):
        after = page[-1].name
        entries += page
    # Where two tools perform one operation, because the operator has renamed it, the tool that imports still make comes first.
    ordered = sorted(entries, key=lambda entry: not entry.latest)
    operations = ((entry.name, entry.base.operation) for entry in ordered)
    remembered = tuple(Remembered(name, operation) for name, operation in operations if operation)
    return Survey(remembered, any(entry.off for entry in entries))


def require_permitted(name: str, moving: Sequence[Revision], acts: Mapping[str, Acts], permit: Permit | None) -> None:
    """Raises what `permit` raises of one of the versions that are to move."""
    if permit is not None:
        for one in moving:
            permit(f"{name}@{one.version}", acts.get(one.version, {}))


def not_owned(wanted: Reference) -> ToolNotOwned:
    return ToolNotOwned(f"the tool {wanted.name!r} is published to this tenant, and belongs to another one")


def moved_revisions(before: ToolEntry, after: ToolEntry) -> tuple[Revision, ...]:
    """The revisions whose state has changed."""
    return tuple(new for old, new in zip(before.revisions, after.revisions, strict=True) if old != new)


def not_found(wanted: Reference, names: Iterable[str]) -> ToolNotFound:
    """The error for a name that the catalog does not have, with up to three similar names."""
    alike = ", ".join(similar_names(wanted.name, names))
    cure = f"Did you mean {alike}?" if alike else None
    return ToolNotFound(f"there is no tool {wanted.name!r}", cure=cure)
