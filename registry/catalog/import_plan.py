"""What an import does to the catalog, decided before anything is written: `plan` shows it, `apply` writes it."""

from collections.abc import Iterable
from dataclasses import KW_ONLY, dataclass, replace
from enum import StrEnum

from registry.catalog.tool_entry import CALLABLE, Revision, ToolEntry, VersionState, next_number
from registry.diff.compare import compare, removed
from registry.model.findings import Finding, Level, level_of
from registry.model.tool import Draft, ToolVersion
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
    """`version` is the tool's after the import, `previous` the one that callers had. `held`: it waits to be promoted."""

    name: str
    fate: Fate
    version: str
    previous: str | None = None
    _: KW_ONLY
    level: Level | None = None
    held: bool = False
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Step:
    """One change, and what the catalog holds after it: an entry, and a version where there is a new one."""

    change: PlannedChange
    entry: ToolEntry
    version: ToolVersion | None = None


def base_of(entry: ToolEntry) -> Revision:
    """The revision that a new draft is compared with: what callers have, or, where they have none, the newest."""
    return entry.current or entry.revisions[-1]


def known(digest: str, entry: ToolEntry) -> Revision | None:
    """The revision that a draft of this digest is already: the current one, the newest, or one that waits."""
    return next((one for one in (entry.current, entry.revisions[-1], *_waiting(entry)) if one and one.digest == digest), None)


def plan_draft(
    draft: Draft, digest: str, entry: ToolEntry | None, base: ToolVersion | None, *, require_promotion: bool
) -> Step:
    """The step that one draft makes. `base` is the version of `base_of(entry)`; it is needed where `known` finds nothing.

    A breaking change, and words that are new to the model, are held; with `require_promotion` everything is.
    """
    if entry is None:
        return _first(draft, digest, require_promotion=require_promotion)
    if (revision := known(digest, entry)) is not None:
        return _same(revision, entry)
    if base is None:
        raise ValueError("a draft that is not known is planned against the version that callers have")
    findings = compare(base.draft, draft)
    level = level_of(findings)
    held = require_promotion or any(finding.held for finding in findings)
    number = next_number(level, base.version, (one.version for one in entry.revisions))
    version = ToolVersion(draft, number, digest)
    after = entry.with_revision(_revision(version, held=held), draft.operation.route)
    change = PlannedChange(draft.name, Fate.CHANGED, number, base.version, level=level, held=held, findings=findings)
    return Step(change, after, version)


def plan_removal(entry: ToolEntry, version: ToolVersion | None) -> Step | None:
    """The step that deprecates a tool which the import no longer makes: callers keep it. None where it is not active."""
    if entry.current is None or entry.current.state is not VersionState.ACTIVE:
        return None
    revisions = (
        replace(one, state=VersionState.DEPRECATED, reason=GONE) if one.state is VersionState.ACTIVE else one
        for one in entry.revisions
    )
    current = entry.current.version
    findings = (removed(version.draft),) if version else ()
    change = PlannedChange(entry.name, Fate.REMOVED, current, current, level=Level.MAJOR, findings=findings)
    return Step(change, replace(entry, revisions=tuple(revisions)))


def counts(changes: Iterable[PlannedChange]) -> tuple[int, int]:
    """How many changes make a new version, and how many make none."""
    fates = [change.fate for change in changes]
    return sum(fate in (Fate.ADDED, Fate.CHANGED) for fate in fates), fates.count(Fate.UNCHANGED)


def _first(draft: Draft, digest: str, *, require_promotion: bool) -> Step:
    version = ToolVersion(draft, FIRST, digest)
    entry = ToolEntry(draft.name, draft.toolset, (_revision(version, held=require_promotion),), draft.operation.route)
    return Step(PlannedChange(draft.name, Fate.ADDED, FIRST, held=require_promotion), entry, version)


def _same(revision: Revision, entry: ToolEntry) -> Step:
    """A tool that an import has deprecated becomes active again when an import makes it as it was."""
    back = replace(revision, state=VersionState.ACTIVE, reason="") if revision.reason == GONE else revision
    revisions = tuple(back if one is revision else one for one in entry.revisions)
    held = revision.state not in CALLABLE
    return Step(
        PlannedChange(entry.name, Fate.UNCHANGED, revision.version, revision.version, held=held),
        replace(entry, revisions=revisions),
    )


def _waiting(entry: ToolEntry) -> list[Revision]:
    return [one for one in entry.revisions if one.state is VersionState.QUARANTINED]


def _revision(version: ToolVersion, *, held: bool) -> Revision:
    return Revision(version.version, version.digest, VersionState.QUARANTINED if held else VersionState.ACTIVE)
