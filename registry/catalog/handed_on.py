"""What a version that waits hands on to those after it.

An import may be about something else than what waits. So what a document has opened stays held in every later version that
still differs in it from what callers have, until a person promotes one, or an operator's word says it another way.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from typing import Any

from registry.catalog.tool_entry import SWITCHED_OFF, Revision, ToolEntry, VersionState
from registry.diff.compare import compare
from registry.model.findings import Finding
from registry.model.operation_key import Binding
from registry.model.tool import Draft, ToolVersion

OPENS = "the document has changed, and with it what guards the tool"
NONE_CALLABLE = "no version of the tool may be called"
WAITS = "it makes changes that have yet to be promoted"
#: In a revision's `carries`: whatever it changes.
EVERYTHING = "*"
#: So many changes are kept one by one; of more, the guards are, and the rest is everything.
MOST = 32


@dataclass(frozen=True, slots=True)
class Drafted:
    """A draft, its digest, and which operation it is of."""

    draft: Draft
    digest: str
    binding: Binding


@dataclass(frozen=True, slots=True)
class Stored:
    """A tool as the catalog has it: the versions of `entry.base` and of `entry.doubted`."""

    entry: ToolEntry
    base: ToolVersion
    doubted: ToolVersion | None = None


@dataclass(frozen=True, slots=True)
class Hold:
    """Why a version waits; false: it does not. `carries` is for the revision: what its successors take over while it waits.

    A guard is carried as a pointer, such as `/credential` or `/limits/timeout`, other changes as a finding's id and pointer.
    """

    reasons: tuple[str, ...] = ()
    carries: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.reasons)

    def __add__(self, other: "Hold") -> "Hold":
        carries = _distinct(self.carries + other.carries)
        if len(carries) > MOST:
            carries = (*(key for key in carries if key.startswith("/")), EVERYTHING)
        return Hold(_distinct(self.reasons + other.reasons), carries)

    @property
    def reason(self) -> str:
        return "; ".join(self.reasons)


def hidden(entry: ToolEntry, binding: Binding) -> tuple[str, ...]:
    """The guards that wait, and of which the manifest says another word now: without it, they would wait again."""
    carried = _carried(entry.doubted) if entry.doubted else ()
    return tuple(key for key in carried if _said_of(key, binding))


class Changes:
    """What a draft changes of what callers have, each guard and each limit by itself, and what of that waits already."""

    def __init__(self, drafted: Drafted, stored: Stored, findings: Iterable[Finding]) -> None:
        self._binding = drafted.binding
        self._doubted = stored.entry.doubted
        self._uncallable = stored.entry.current is None
        self._waiting = changed_by(stored)
        self._base, self._now = _guards(stored.base.draft), _guards(drafted.draft)
        self._waits = _guards((stored.doubted or stored.base).draft)
        opened = {finding.pointer for finding in findings if finding.opens}
        self._guards = tuple(key for key, value in self._now.items() if _field(key) in opened and self._base.get(key) != value)
        self._others = tuple(key_of_finding(finding) for finding in findings if not finding.opens)

    @property
    def keys(self) -> tuple[str, ...]:
        return self._guards + self._others

    def hold(self, *, refreshed: bool) -> Hold:
        """Why it waits. `refreshed`: the document has changed, so guards that it opens wait, too."""
        opened = tuple(key for key in self._guards if not self._said_before(key)) if refreshed else ()
        return (Hold((OPENS,), opened) if opened else Hold()) + self._taken_over()

    def _taken_over(self) -> Hold:
        """What waits in the version that is doubted, and is in this one, too."""
        if (doubted := self._doubted) is None:
            return Hold()
        carried = _carried(doubted)
        if self._uncallable:  # there is nothing from which to differ
            return Hold(_said(doubted), carried)
        guards = tuple(key for key in self._guards if key in carried and not self._decided(key))
        left = tuple(key for key in self._shared() if key not in guards and {key, EVERYTHING} & {*carried})
        taken = Hold((OPENS,), guards) if guards else Hold()
        if doubted.state in SWITCHED_OFF and not doubted.by_import and (shared := tuple(self._shared())):
            return taken + Hold((f"it changes what {doubted.version} changed, which is {doubted.state.lower()}",), shared)
        return taken + (Hold((WAITS,), left) if left else Hold())

    def _shared(self) -> Iterator[str]:
        """What the doubted version changes, too, but for guards that the manifest says in another way."""
        waiting = {key for key, value in self._waits.items() if self._base.get(key) != value}
        yield from (key for key in self._guards if key in waiting and not self._decided(key))
        yield from (key for key in self._others if key in self._waiting)

    def _decided(self, key: str) -> bool:
        """Whether the manifest itself says the guard in another way than it waits in."""
        return _said_of(key, self._binding) and self._now.get(key) != self._waits.get(key)

    def _said_before(self, key: str) -> bool:
        """Whether the guard is as in the version that is doubted, where the operator's word alone had made it so."""
        if self._doubted is None or {key, EVERYTHING} & {*_carried(self._doubted)}:
            return False
        return self._now.get(key) == self._waits.get(key)


def changed_by(stored: Stored) -> frozenset[str]:
    """What the doubted version changes of what callers have."""
    findings = compare(stored.base.draft, stored.doubted.draft) if stored.doubted else ()
    return frozenset(map(key_of_finding, findings))


def key_of_finding(finding: Finding) -> str:
    return f"{finding.id} {finding.pointer}"


def _guards(draft: Draft) -> dict[str, Any]:
    """The guards of a draft, by their pointers."""
    limits = {f"/limits/{limit.name}": getattr(draft.limits, limit.name) for limit in fields(draft.limits)}
    return {f"/{name}": getattr(draft, name) for name in ("requires_approval", "effect", "credential")} | limits


def _said_of(key: str, binding: Binding) -> bool:
    return _field(key).removeprefix("/") in binding.said


def _field(key: str) -> str:
    """The pointer of the draft's field: limits are said one by one, and compared as a whole."""
    return "/limits" if key.startswith("/limits/") else key


def _carried(doubted: Revision) -> tuple[str, ...]:
    """Everything, where the catalog does not know what waits: an earlier release made it, or it was callable once."""
    return (EVERYTHING,) if doubted.carries is None else doubted.carries


def _said(doubted: Revision) -> tuple[str, ...]:
    reasons = doubted.reason.split("; ") if doubted.state is VersionState.QUARANTINED else ()
    return tuple(reason for reason in reasons if reason and reason != NONE_CALLABLE)


def _distinct(words: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(words))
