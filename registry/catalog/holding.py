"""Why a new version waits for an operator: what it changes, and what it takes over from a version that waits already.

An import may be about something else than what waits. So what a document has opened stays held in every later version that
still differs in it from what callers have, until a person promotes one, or an operator's word says it another way.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, replace
from typing import Any

from registry.catalog.tool_entry import SWITCHED_OFF, Revision, ToolEntry, VersionState
from registry.diff.compare import compare
from registry.model.findings import Finding
from registry.model.operation_key import Binding
from registry.model.tool import Draft, Limits, ToolVersion

NEW = "its operation is new, and tools of this toolset are guarded or switched off"
BREAKS = "it breaks callers, or tells the model other words"
OPENS = "the document has changed, and with it what guards the tool"
NONE_CALLABLE = "no version of the tool may be called"
ASKED = "every new version waits for promotion"
#: In a revision's `carries`: whatever it changes waits, and not one guard alone.
EVERYTHING = "*"


@dataclass(frozen=True, slots=True)
class Terms:
    """What an import may make callable by itself. `require_promotion`: nothing.

    `refreshed`: the document is another than at the last import, so what differs is its vendor's word. `restated`: so is the
    manifest; then what an entry of its own names is the operator's word. `guarded`: the operator has said how calls of the
    toolset are to be guarded, or has switched tools off.
    """

    require_promotion: bool = False
    refreshed: bool = False
    restated: bool = False
    guarded: bool = False

    def strange(self, binding: Binding) -> bool:
        """Whether the operation is new beside guards, and no word of the operator's is for it."""
        named = binding.entry_by_path or (bool(binding.entry) and self.restated)
        return self.refreshed and self.guarded and not binding.known_as and not named


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
    """Why a version waits; false: it does not. `carries` is for the revision: what its successors take over while it waits."""

    reasons: tuple[str, ...] = ()
    carries: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.reasons)

    def __add__(self, other: "Hold") -> "Hold":
        return Hold(_distinct(self.reasons + other.reasons), _distinct(self.carries + other.carries))

    @property
    def reason(self) -> str:
        return "; ".join(self.reasons)


def hold_first(drafted: Drafted, renamed: Stored | None, terms: Terms) -> Hold:
    """Of a tool's first version. `renamed`: the tool that performs the operation so far, under another name."""
    return _renamed(drafted, renamed, terms) + Hold(tuple(_why_first(drafted.binding, terms))) + _asked(terms)


def hold_next(drafted: Drafted, stored: Stored, renamed: Stored | None, findings: tuple[Finding, ...], terms: Terms) -> Hold:
    """Of a version beside others. `findings` are what it changes of `stored.base`."""
    why = Hold(tuple(_why_next(drafted.binding, stored.entry, findings, terms)))
    taken = _taken_over(drafted, stored, findings)
    return why + _opened(drafted, stored, findings, terms) + taken + _renamed(drafted, renamed, terms) + _asked(terms)


def _renamed(drafted: Drafted, renamed: Stored | None, terms: Terms) -> Hold:
    """What a tool takes over from the one that has performed its operation under another name.

    An operator who gives a tool another name decides nothing else: what waits, and what the document changes with it, waits.
    """
    if renamed is None or renamed.entry.name == drafted.draft.name:
        return Hold()
    findings = compare(replace(renamed.base.draft, name=drafted.draft.name), drafted.draft)
    breaks = terms.refreshed and any(finding.held for finding in findings)
    why = Hold((*_uncallable(renamed.entry), *((BREAKS,) if breaks else ())))
    return why + _opened(drafted, renamed, findings, terms) + _taken_over(drafted, renamed, findings)


def _uncallable(entry: ToolEntry) -> Iterator[str]:
    if entry.current is None:
        said = entry.off or entry.base
        yield f"its operation is that of {entry.name}@{said.version}, which is {said.state.lower()}"


def _why_first(binding: Binding, terms: Terms) -> Iterator[str]:
    if terms.refreshed:
        yield from binding.doubts
    if terms.strange(binding):
        yield NEW


def _why_next(binding: Binding, entry: ToolEntry, findings: Iterable[Finding], terms: Terms) -> Iterator[str]:
    if any(finding.held for finding in findings):
        yield BREAKS
    if entry.current is None:
        yield NONE_CALLABLE
    if terms.refreshed or entry.doubted:
        yield from binding.doubts


def _asked(terms: Terms) -> Hold:
    return Hold((ASKED,), (EVERYTHING,)) if terms.require_promotion else Hold()


def _opened(drafted: Drafted, stored: Stored, findings: Iterable[Finding], terms: Terms) -> Hold:
    """The guards that a changed document opens."""
    findings = (finding for finding in findings if not _said_before(finding, drafted, stored))
    guards = _guards(findings) if terms.refreshed else ()
    return Hold((OPENS,), guards) if guards else Hold()


def _taken_over(drafted: Drafted, stored: Stored, findings: Iterable[Finding]) -> Hold:
    """What waits in the version that is doubted, and is in this one, too."""
    doubted = stored.entry.doubted
    if doubted is None or stored.doubted is None:
        return Hold()
    if stored.entry.current is None:  # there is nothing from which to differ
        return Hold(_said(doubted), _carried(doubted))
    known = {(finding.id, finding.pointer) for finding in compare(stored.base.draft, stored.doubted.draft)}
    shared = [finding for finding in findings if (finding.id, finding.pointer) in known]
    left = [finding for finding in shared if not _decided(finding, drafted, stored)]
    guards = tuple(name for name in _guards(left) if name in _carried(doubted))
    taken = Hold((OPENS,), guards) if guards else Hold()
    if left and doubted.state in SWITCHED_OFF and not doubted.by_import:
        taken += Hold((f"it changes what {doubted.version} changed, which is {doubted.state.lower()}",), (EVERYTHING,))
    elif left and EVERYTHING in _carried(doubted):
        taken += Hold((ASKED,), (EVERYTHING,))
    return taken


def _said_before(finding: Finding, drafted: Drafted, stored: Stored) -> bool:
    """Whether the guard is as in the version that is doubted, where the operator's word alone had made it so."""
    doubted = stored.entry.doubted
    if doubted is None or not finding.opens or {EVERYTHING, _guard(finding)} & {*_carried(doubted)}:
        return False
    base, waits, now = _three(finding, drafted, stored)
    return all(waits.get(part) == value for part, value in now.items() if base.get(part) != value)


def _decided(finding: Finding, drafted: Drafted, stored: Stored) -> bool:
    """Whether the manifest itself says the guard in another way than it waits in."""
    if not finding.opens or _guard(finding) not in drafted.binding.said:
        return False
    base, waits, now = _three(finding, drafted, stored)
    return not any(now.get(part) == value for part, value in waits.items() if base.get(part) != value)


def _three(finding: Finding, drafted: Drafted, stored: Stored) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """A guard as callers have it, as it waits, and as it is now."""
    waits = (stored.doubted or stored.base).draft
    base, waiting, now = (_parts(getattr(draft, _guard(finding))) for draft in (stored.base.draft, waits, drafted.draft))
    return base, waiting, now


def _parts(guard: Any) -> dict[str, Any]:
    """Limits are set one by one, and every other guard as a whole."""
    return {part.name: getattr(guard, part.name) for part in fields(guard)} if isinstance(guard, Limits) else {"": guard}


def _carried(doubted: Revision) -> tuple[str, ...]:
    """Everything, where the catalog does not know what waits: an earlier release made it, or it was callable once."""
    return (EVERYTHING,) if doubted.carries is None else doubted.carries


def _guards(findings: Iterable[Finding]) -> tuple[str, ...]:
    return tuple(_guard(finding) for finding in findings if finding.opens)


def _guard(finding: Finding) -> str:
    """The field of the draft that is the guard."""
    return finding.pointer.removeprefix("/")


def _said(doubted: Revision) -> tuple[str, ...]:
    reasons = doubted.reason.split("; ") if doubted.state is VersionState.QUARANTINED else ()
    return tuple(reason for reason in reasons if reason and reason != NONE_CALLABLE)


def _distinct(words: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(words))
