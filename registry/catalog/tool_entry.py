"""What a catalog holds under one name: the tool's revisions, which of them may be called, and which one a reference means.

Pure: the catalogs keep entries, and decide nothing.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import KW_ONLY, dataclass, replace
from enum import StrEnum

from registry.model.errors import ToolDisabled, ToolNotFound, ToolQuarantined, ToolRetired, TransitionRefused
from registry.model.findings import Level
from registry.model.operation_key import OperationKey
from registry.model.versions import Reference


class VersionState(StrEnum):
    """Whether a revision may be called. Only RETIRED is for good."""

    ACTIVE = "ACTIVE"
    QUARANTINED = "QUARANTINED"  # an operator has yet to review what it changes
    DEPRECATED = "DEPRECATED"  # callable, but not what a new caller should take
    DISABLED = "DISABLED"
    RETIRED = "RETIRED"


#: The states in which a revision may be called, the preferred one first.
CALLABLE = (VersionState.ACTIVE, VersionState.DEPRECATED)
#: From which states an operator may move a revision, by the state to which.
MOVES = {
    VersionState.ACTIVE: frozenset((VersionState.QUARANTINED, VersionState.DEPRECATED, VersionState.DISABLED)),
    VersionState.DEPRECATED: frozenset((VersionState.ACTIVE,)),
    VersionState.DISABLED: frozenset((VersionState.ACTIVE, VersionState.DEPRECATED, VersionState.QUARANTINED)),
    VersionState.RETIRED: frozenset(VersionState) - {VersionState.RETIRED},
    VersionState.QUARANTINED: frozenset[VersionState](),
}
#: The states by which an operator switches a revision off.
SWITCHED_OFF = frozenset((VersionState.DISABLED, VersionState.RETIRED))
_ASK_FOR_REVIEW = "Let the operator see what it changes (`callgate toolset plan`) and promote it"
_ASK_FOR_REASON = "Ask the operator for the reason; where it is gone, the operator switches the version on again"


@dataclass(frozen=True, slots=True)
class Revision:
    """One version of a tool as its entry knows it. `reason`: why it was put in its state.

    `by_import`: an import put it there, and not an operator. `operation` is what this version performs, and what that was
    called when the operator last spoke of it. `carries`, of one that waits, is what its successors take over: the changes of
    which nothing but a promotion makes an end (`registry/catalog/handed_on.py`). None: unknown. `word`: which of the
    operator's moves of the tool, counted from 1, has put it in its state last; 0: none, or one of before they were counted.
    """

    version: str
    digest: str
    state: VersionState = VersionState.ACTIVE
    reason: str = ""
    _: KW_ONLY
    by_import: bool = False
    operation: OperationKey | None = None
    carries: tuple[str, ...] | None = None
    word: int = 0

    @property
    def superseded(self) -> bool:
        """Whether a later import has withdrawn it, before it was ever promoted."""
        return self.by_import and self.state is VersionState.RETIRED

    @property
    def number(self) -> tuple[int, ...]:
        return tuple(map(int, self.version.split(".")))


@dataclass(frozen=True, slots=True)
class Wait:
    """A guard that waits to be promoted (`registry/catalog/guard_waits.py`). `guard` is its pointer, such as `/credential`,
    `value` the SHA-256 of what it waits as, and `was` of what callers had before. `beside`: a digest of what the operator had
    said then of guards beside the operations. None: unknown, or more than one.
    """

    guard: str
    value: str
    was: str
    beside: str | None = None

    def is_decided(self, now: str, *, said: bool) -> bool:
        """Whether a promoted version with this value of the guard decides of it. `said`: the value is not the document's."""
        return now == self.value or not (said or now == self.was)


@dataclass(frozen=True, slots=True)
class ToolEntry:
    """All revisions of one tool, by number. `latest` is the one that the latest import makes; empty: it makes none.

    `made` is the one that an import has made last, though the latest may make none. Where an operator's manifest alone has put
    another in the place of one that waits, `made` stays that one: its document is still what is imported. `waits` are the
    guards that wait, be they hidden by the manifest's word or not.
    """

    name: str
    toolset: str
    revisions: tuple[Revision, ...]
    latest: str = ""
    made: str = ""
    waits: tuple[Wait, ...] = ()

    def matching(self, wanted: Reference) -> Iterator[Revision]:
        """Newest first. `name@1.4` means every 1.4.x."""
        prefix = wanted.version.split(".") if wanted.version else []
        for revision in reversed(self.revisions):
            if wanted.digest in (None, revision.digest) and revision.version.split(".")[: len(prefix)] == prefix:
                yield revision

    def choose(self, wanted: Reference) -> Revision:
        """The newest revision that may be called, one that is not deprecated first.

        Raises ToolNotFound where none matches, ToolQuarantined, ToolDisabled or ToolRetired where none may be called.
        """
        found = self.look_up(wanted)
        if found.state in CALLABLE:
            return found
        said = f": {found.reason}" if found.reason else ""
        raise _not_callable(found.state, f"{self.name}@{found.version}", said)

    def look_up(self, wanted: Reference) -> Revision:
        """What `choose` returns; where none may be called, the newest. Raises ToolNotFound."""
        matching = list(self.matching(wanted))
        if not matching:
            raise _no_such_version(self.name)
        return _preferred(matching) or matching[0]

    @property
    def current(self) -> Revision | None:
        """What the name alone means."""
        return _preferred(self.revisions[::-1])

    @property
    def base(self) -> Revision:
        """What a draft is compared with: what callers have, or, where they have none, the newest that is not superseded."""
        return self.current or next((one for one in reversed(self.revisions) if not one.superseded), self.revisions[-1])

    @property
    def off(self) -> Revision | None:
        """The revision by which an operator has switched the tool off: none may be called, and this one says why."""
        decided = (one for one in reversed(self.revisions) if one.state in SWITCHED_OFF and not one.by_import)
        return None if self.current else next(decided, None)

    @property
    def doubted(self) -> Revision | None:
        """What imports have made last, where it may not be called: what it changes, its successors must not open."""
        made = (one for one in self.revisions if one.version == (self.made or self.latest))
        return next((one for one in made if one.state not in CALLABLE), None)

    def as_published(self) -> "ToolEntry | None":
        """What another tenant sees of it: the versions that may be called. None where it sees nothing."""
        shown = tuple(one for one in self.revisions if one.state in CALLABLE)
        return ToolEntry(self.name, self.toolset, shown) if shown else None

    def saying(self, latest: str, *, settled: bool = True) -> "ToolEntry":
        """With `latest` as what the latest import makes. It supersedes what waits in quarantine beside it.

        Not `settled`: what is doubted stays so.
        """
        said = f"superseded by {latest}" if latest else "superseded: the latest import does not make it"
        kept = (
            replace(one, state=VersionState.RETIRED, reason=said, by_import=True)
            if one.state is VersionState.QUARANTINED and one.version != latest
            else one
            for one in self.revisions
        )
        stays = not latest or (self.doubted is not None and not settled)
        made = (self.made or self.latest) if stays else latest
        return replace(self, revisions=tuple(kept), latest=latest, made=made)

    def with_revision(self, added: Revision, *, settled: bool = True) -> "ToolEntry":
        """With one more revision, which the latest import makes."""
        revisions = sorted((*self.revisions, added), key=lambda one: one.number)
        return replace(self, revisions=tuple(revisions)).saying(added.version, settled=settled)

    def with_changed(self, changed: Revision) -> "ToolEntry":
        """With this revision in the place of the one of its number."""
        return replace(self, revisions=tuple(changed if one.version == changed.version else one for one in self.revisions))

    def moved(self, wanted: Reference, state: VersionState, reason: str) -> "ToolEntry":
        """With every matching revision that may be moved in `state`; to be active, only the newest of them.

        The name alone makes no revision active that the latest import does not make: a person must name that by its number.
        What the revision carries then waits no longer; a guard that it only hides does.

        Raises ToolNotFound where none matches, TransitionRefused where none may be moved.
        """
        matching = list(self.matching(wanted))
        movable = [one for one in matching if one.state in MOVES[state]]
        if not matching:
            raise _no_such_version(self.name)
        if state is VersionState.ACTIVE:
            movable = [one for one in movable if one.version == self.latest or wanted != Reference(self.name)][:1]
        if not movable:
            raise self._refusal(matching, state)
        word = 1 + max(one.word for one in self.revisions)
        moved = {one.version: replace(one, state=state, reason=reason, by_import=False, word=word) for one in movable}
        promoted = movable[0].carries or () if state is VersionState.ACTIVE else ()
        waits = tuple(wait for wait in self.waits if wait.guard not in promoted)
        return replace(self, revisions=tuple(moved.get(one.version, one) for one in self.revisions), waits=waits)

    def _refusal(self, matching: Sequence[Revision], state: VersionState) -> TransitionRefused:
        states = ", ".join(
            f"{one.version} is {one.state.lower()}{f' ({one.reason})' if one.reason else ''}" for one in matching
        )
        said = f"the latest import makes {self.name}@{self.latest}" if self.latest else "the latest import makes none of them"
        cure = None
        if state is VersionState.ACTIVE and any(
            one.version == self.latest and one.state in MOVES[state] for one in self.revisions
        ):
            cure = f"Promote {self.name}@{self.latest}, which the latest import makes."
        return TransitionRefused(f"no version of {self.name!r} can become {state.lower()}: {states}; {said}", cure=cure)


def _preferred(newest_first: Sequence[Revision]) -> Revision | None:
    """The newest that may be called, one that is not deprecated first."""
    return next((one for state in CALLABLE for one in newest_first if one.state is state), None)


def _not_callable(state: VersionState, reference: str, said: str) -> ToolQuarantined | ToolDisabled | ToolRetired:
    """Why a version is not called. The cure names it: the operator often is the one who calls."""
    told, promote = f"{reference} is {state.lower()}{said}", f"`callgate toolset promote {reference}`"
    if state is VersionState.QUARANTINED:
        return ToolQuarantined(told, cure=f"{_ASK_FOR_REVIEW}: {promote}. Or call an older version.")
    if state is VersionState.DISABLED:
        return ToolDisabled(told, cure=f"{_ASK_FOR_REASON}: {promote}. Or call another version.")
    return ToolRetired(told)


def _no_such_version(name: str) -> ToolNotFound:
    return ToolNotFound(f"the tool {name!r} has no such version", cure="Call it by name alone for the newest version.")


def next_number(level: Level, base: str, taken: Iterable[str]) -> str:
    """The first free number for a change of `level` from `base`: 1.4.2 → 2.0.0, 1.5.0 or 1.4.3; later where that is taken."""
    numbers = [tuple(map(int, one.split("."))) for one in taken]
    major, minor, _ = map(int, base.split("."))
    if level is Level.MAJOR:
        return f"{max(one[0] for one in numbers) + 1}.0.0"
    if level is Level.MINOR:
        return f"{major}.{max(one[1] for one in numbers if one[0] == major) + 1}.0"
    return f"{major}.{minor}.{max(one[2] for one in numbers if one[:2] == (major, minor)) + 1}"
