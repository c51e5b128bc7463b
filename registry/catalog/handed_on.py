"""What a version that waits hands on to those after it.

An import may be about something else than what waits. So what a document has opened stays held in every later version that
still differs in it from what callers have, until a person promotes one, or an operator's word says it another way.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from registry.catalog.guard_waits import (
    EVERYTHING,
    Drafted,
    Stored,
    carried_by,
    field_of,
    guards_of,
    is_said,
    needed,
    refused,
    waiting,
)
from registry.catalog.tool_entry import CALLABLE, Revision, VersionState
from registry.diff.compare import compare
from registry.model.findings import Finding

OPENS = "the document has changed, and with it what guards the tool"
NONE_CALLABLE = "no version of the tool may be called"
WAITS = "it makes changes that have yet to be promoted"
#: So many changes are kept one by one; of more, the guards are, and the rest is everything.
MOST = 32


@dataclass(frozen=True, slots=True)
class Hold:
    """Why a version waits; false: it does not. `carries` is for the revision: of what its promotion decides, and what, while it
    waits, its successors take over.

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


class Changes:
    """What a draft changes of what callers have, each guard and each limit by itself, and what of that waits already."""

    def __init__(self, drafted: Drafted, stored: Stored, findings: Iterable[Finding]) -> None:
        self._drafted, self._stored = drafted, stored
        self._doubted = stored.entry.doubted
        self._uncallable = stored.entry.current is None
        self._waits = waiting(stored)
        self._base, self._now = guards_of(stored.base.draft), guards_of(drafted.draft)
        opened = {finding.pointer for finding in findings if finding.opens}
        self._guards = tuple(key for key, value in self._now.items() if field_of(key) in opened and self._base[key] != value)
        self._others = tuple(key_of_finding(finding) for finding in findings if not finding.opens)

    @property
    def keys(self) -> tuple[str, ...]:
        return (*self._had(self._guards), *self._others)

    def hold(self, *, refreshed: bool) -> Hold:
        """Why it waits. `refreshed`: the document has changed, so guards that it opens wait, too."""
        opened = tuple(key for key in self._guards if not self._said_before(key)) if refreshed else ()
        return (Hold((OPENS,), self._had(opened)) if opened else Hold()) + self._taken_over()

    def _taken_over(self) -> Hold:
        """What waits already, or is switched off, and is in this version, too."""
        carried = carried_by(self._doubted) if self._doubted else ()
        if self._uncallable:  # there is nothing from which to differ
            others = tuple(key for key in carried if key not in self._now)
            return Hold(_said(self._doubted), others + self._had(self._waits))
        guards = tuple(key for key in self._guards if key in self._waits and not self._hides(key))
        shared = changed_by(self._stored)
        left = tuple(key for key in self._others if key in shared and {key, EVERYTHING} & {*carried})
        off = self._switched_off()
        return (Hold((OPENS,), self._had(guards)) if guards else Hold()) + (off or (Hold((WAITS,), left) if left else Hold()))

    def _switched_off(self) -> Hold:
        """What an operator has switched off, and this version would bring back under its own number."""
        for one in refused(self._stored.entry):
            again = one.digest == self._drafted.digest
            decided = set[str]() if again else self._promoted_since(one)
            changes = self._guards + self._others if again else self._shared(one)
            shared = tuple(key for key in changes if key not in decided)
            if shared:
                carries = (key for key in shared if key not in self._guards or self._had((key,)))
                return Hold((f"it changes what {one.version} changed, which is {one.state.lower()}",), tuple(carries))
        return Hold()

    def _promoted_since(self, off: Revision) -> set[str]:
        """What a person has promoted after that, in a version that is still callable."""
        later = (one for one in self._stored.entry.revisions if one.state in CALLABLE and one.word > off.word)
        return {key for one in later for key in one.carries or ()}

    def _shared(self, off: Revision) -> Iterator[str]:
        """What a version that is switched off changes, too: to the same, or, where it was made last, to anything."""
        if off.version not in needed(self._stored.entry):
            return
        draft, name = self._stored.versions[off.version].draft, self._drafted.draft.name
        theirs, last = guards_of(draft), off == self._doubted
        same = (key for key in self._guards if theirs[key] != self._base[key] and self._now[key] == theirs[key])
        loose = (key for key in self._guards if theirs[key] != self._base[key] and not self._is_said(key))
        yield from dict.fromkeys((*same, *(loose if last else ())))
        changed = {*map(key_of_finding, compare(self._stored.base.draft, replace(draft, name=self._stored.base.name)))}
        unlike = {*map(key_of_finding, compare(replace(draft, name=name), self._drafted.draft))} if not last else set[str]()
        yield from (key for key in self._others if key in changed - unlike)

    def _had(self, keys: Iterable[str]) -> tuple[str, ...]:
        """The guards of which a promotion of this version decides. Not what waits in another value, where the manifest says the
        guard, the guard is as it was, or no version of the tool may be called."""
        return tuple(key for key in keys if key not in self._waits or self._is_decided(key))

    def _is_decided(self, key: str) -> bool:
        return self._waits[key].is_decided(self._now[key], said=self._uncallable or self._is_said(key))

    def _hides(self, key: str) -> bool:
        """Whether the manifest says the guard in another way than it waits in."""
        return self._is_said(key) and self._waits[key].value != self._now[key]

    def _is_said(self, key: str) -> bool:
        return is_said(key, self._drafted.binding)

    def _said_before(self, key: str) -> bool:
        """Whether the guard is as in the version that is doubted, where the operator's word alone had made it so."""
        if self._stored.doubted is None or key in self._waits:
            return False
        return self._now[key] == guards_of(self._stored.doubted.draft)[key]


def changed_by(stored: Stored) -> frozenset[str]:
    """What the doubted version changes of what callers have."""
    findings = compare(stored.base.draft, stored.doubted.draft) if stored.doubted else ()
    return frozenset(map(key_of_finding, findings))


def key_of_finding(finding: Finding) -> str:
    return f"{finding.id} {finding.pointer}"


def _said(doubted: Revision | None) -> tuple[str, ...]:
    reasons = doubted.reason.split("; ") if doubted and doubted.state is VersionState.QUARANTINED else ()
    return tuple(reason for reason in reasons if reason and reason != NONE_CALLABLE)


def _distinct(words: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(words))
