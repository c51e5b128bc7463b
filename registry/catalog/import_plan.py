"""What an import does to the catalog, decided before anything is written: `plan` shows it, `apply` writes it."""

from collections.abc import Iterable, Mapping
from dataclasses import KW_ONLY, dataclass, replace
from enum import StrEnum

from registry.catalog.guard_waits import Drafted, Stored, gathered, guards_of, refused, waits_after
from registry.catalog.handed_on import Hold
from registry.catalog.holding import Terms, hold_first, hold_next
from registry.catalog.tool_entry import CALLABLE, Revision, ToolEntry, VersionState, Wait, next_number
from registry.diff.compare import compare, removed
from registry.model.findings import Finding, Level, level_of
from registry.model.operation_key import Binding, OperationKey
from registry.model.tool import Draft, Operation, ToolVersion
from registry.model.versions import FIRST

#: The reason of a tool that an import has deprecated.
GONE = "its operation is no longer in the document, or no longer selected"


class Fate(StrEnum):
    """What becomes of one tool."""

    ADDED = "ADDED"
    UNCHANGED = "UNCHANGED"
    CHANGED = "CHANGED"
    REMOVED = "REMOVED"


@dataclass(frozen=True, slots=True)
class PlannedChange:
    """`version` is the tool's after the import, `previous` the one that callers had. `held`: it waits to be promoted.

    `reason` says why it waits, or what has become of a version that waited.
    """

    name: str
    fate: Fate
    version: str
    previous: str | None = None
    _: KW_ONLY
    level: Level | None = None
    held: bool = False
    findings: tuple[Finding, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One change, and what the catalog holds after it: an entry, and a version where there is a new one."""

    change: PlannedChange
    entry: ToolEntry
    version: ToolVersion | None = None


@dataclass(frozen=True, slots=True)
class Before:
    """What the catalog has of a draft's tool. `stored` and `renamed` are needed where `asks_for_versions` says so.

    `renamed`: the tool that performs the operation so far, where the operator has given it another name.
    """

    entry: ToolEntry | None = None
    stored: Stored | None = None
    renamed: Stored | None = None


def binding_of(draft: Draft, bindings: Mapping[str, Binding]) -> Binding:
    """The draft's binding; for one that no document has made, that of an operation of its own name."""
    return bindings.get(draft.name) or Binding(key_of(draft.operation, draft.name), draft.name)


def key_of(operation: Operation, name: str) -> OperationKey:
    return OperationKey(operation.method, operation.path, name=name, server=operation.server)


def known(digest: str, entry: ToolEntry) -> Revision | None:
    """The revision that a draft of this digest is already: the current one, the newest, one that waits, or one after what
    callers have that an operator has disabled."""
    disabled = (one for one in refused(entry) if one.state is VersionState.DISABLED and one.number > entry.base.number)
    candidates = (entry.current, entry.base, *disabled, *_waiting(entry))
    return next((one for one in candidates if one and one.digest == digest and not one.superseded), None)


def asks_for_versions(drafted: Drafted, entry: ToolEntry) -> bool:
    """Whether a step from this entry needs its `Stored`, and that of the tool whose operation it has."""
    waits = bool(entry.doubted or entry.waits) or drafted.binding.known_as not in ("", entry.name)
    return waits or known(drafted.digest, entry) is None


def plan_draft(drafted: Drafted, before: Before, terms: Terms) -> Step:
    """The step that one draft makes.

    A breaking change, and words that are new to the model, are held; with `require_promotion` everything is. So is what a
    vendor's word would open: an operation that is new beside guards, a guard of a document that has changed, and a new version
    of what an operator has switched off. What waits is taken over: see `registry.catalog.holding`.
    """
    if before.entry is None:
        return _first(drafted, before.renamed, terms)
    stored = gathered(before.stored, before.renamed) if before.stored else None
    if (revision := known(drafted.digest, before.entry)) is not None:
        return _same(revision.version, drafted, replace(before, stored=stored), terms)
    if stored is None:
        raise ValueError("a draft that is not known is planned against the version that callers have")
    return _next(drafted, stored, before.renamed, terms)


def plan_removal(entry: ToolEntry, version: ToolVersion | None, *, deprecate: bool) -> Step | None:
    """The step for a tool which the import does not make. None where it changes nothing.

    A version that waits is superseded: what nothing makes any more is not to be promoted. What callers have is deprecated where
    the import is so asked, and they keep it.
    """
    after = entry.saying("")
    if deprecate and entry.current is not None and entry.current.state is VersionState.ACTIVE:
        revisions = (
            replace(one, state=VersionState.DEPRECATED, reason=GONE, by_import=True)
            if one.state is VersionState.ACTIVE
            else one
            for one in after.revisions
        )
        current = entry.current.version
        findings = (removed(version.draft),) if version else ()
        change = PlannedChange(entry.name, Fate.REMOVED, current, current, level=Level.MAJOR, findings=findings, reason=GONE)
        return Step(change, replace(after, revisions=tuple(revisions)))
    if after == entry:
        return None
    base = entry.base.version
    change = PlannedChange(entry.name, Fate.UNCHANGED, base, base, reason=_told(entry, after))
    return Step(change, after)


def counts(changes: Iterable[PlannedChange]) -> tuple[int, int]:
    """How many changes make a new version, and how many make none."""
    fates = [change.fate for change in changes]
    return sum(fate in (Fate.ADDED, Fate.CHANGED) for fate in fates), fates.count(Fate.UNCHANGED)


def _first(drafted: Drafted, renamed: Stored | None, terms: Terms) -> Step:
    draft = drafted.draft
    hold = hold_first(drafted, renamed, terms)
    version = ToolVersion(draft, FIRST, drafted.digest)
    entry = ToolEntry(draft.name, draft.toolset, (_revision(version, drafted.binding.key, hold),), FIRST, FIRST)
    entry = replace(entry, waits=_waits(drafted, renamed, hold.carries, terms))
    return Step(PlannedChange(draft.name, Fate.ADDED, FIRST, held=bool(hold), reason=hold.reason), entry, version)


def _next(drafted: Drafted, stored: Stored, renamed: Stored | None, terms: Terms) -> Step:
    entry, base = stored.entry, stored.base
    findings = compare(base.draft, drafted.draft)
    level = level_of(findings)
    hold = hold_next(drafted, stored, renamed, findings, terms)
    number = next_number(level, base.version, (one.version for one in entry.revisions))
    version = ToolVersion(drafted.draft, number, drafted.digest)
    revision = _revision(version, drafted.binding.key, hold)
    if not hold and entry.current and not entry.current.by_import:  # what an operator advises against stays so
        revision = replace(revision, state=entry.current.state, reason=entry.current.reason)
    change = PlannedChange(
        entry.name, Fate.CHANGED, number, base.version, level=level, held=bool(hold), findings=findings, reason=hold.reason
    )
    after = entry.with_revision(revision, settled=bool(hold) or terms.refreshed)
    return Step(change, replace(after, waits=_waits(drafted, stored, hold.carries, terms)), version)


def _same(number: str, drafted: Drafted, before: Before, terms: Terms) -> Step:
    """A tool that an import has deprecated becomes active again when an import makes it as it was."""
    entry = before.stored.entry if before.stored else before.entry
    if entry is None:
        raise ValueError("a draft that is known has an entry")
    revision = next(one for one in entry.revisions if one.version == number)
    held = revision.state not in CALLABLE
    back = replace(revision, operation=drafted.binding.key)
    if held:
        back = replace(back, carries=_carries(revision, entry, drafted))
    if revision.state is VersionState.DEPRECATED and revision.by_import:
        back = replace(back, state=VersionState.ACTIVE, reason="", by_import=False)
    after = entry.with_changed(back).saying(number, settled=held or terms.refreshed)
    if before.stored:
        after = replace(after, waits=_waits(drafted, before.stored, back.carries or () if held else (), terms))
    reason = revision.reason if held else _told(entry, after)
    change = PlannedChange(entry.name, Fate.UNCHANGED, number, number, held=held, reason=reason)
    return Step(change, after)


def _carries(revision: Revision, entry: ToolEntry, drafted: Drafted) -> tuple[str, ...] | None:
    """But for guards that wait in another value by now: this version's promotion would not be about them."""
    now = guards_of(drafted.draft)
    others = {wait.guard for wait in entry.waits if not wait.is_decided(now.get(wait.guard, ""), said=True)}
    return None if revision.carries is None else tuple(key for key in revision.carries if key not in others)


def _waits(drafted: Drafted, stored: Stored | None, carries: Iterable[str], terms: Terms) -> tuple[Wait, ...]:
    return waits_after(drafted, stored, carries, refreshed=terms.refreshed, beside=terms.beside)


def _told(before: ToolEntry, after: ToolEntry) -> str:
    """What has become of versions that waited."""
    pairs = zip(before.revisions, after.revisions, strict=True)
    return "; ".join(f"{new.version} {new.reason}" for old, new in pairs if new.superseded and not old.superseded)


def _waiting(entry: ToolEntry) -> list[Revision]:
    return [one for one in entry.revisions if one.state is VersionState.QUARANTINED]


def _revision(version: ToolVersion, operation: OperationKey, hold: Hold) -> Revision:
    """One that waits, for the reasons that there are, or else may be called."""
    state = VersionState.QUARANTINED if hold else VersionState.ACTIVE
    kept = Revision(version.version, version.digest, state, hold.reason, by_import=bool(hold), operation=operation)
    return replace(kept, carries=hold.carries if hold else None)
