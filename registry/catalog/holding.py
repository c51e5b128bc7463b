"""Why a new version waits for an operator: what it changes, and what it takes over from a version that waits already."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from registry.catalog.guard_waits import EVERYTHING, Drafted, Stored
from registry.catalog.handed_on import NONE_CALLABLE, Changes, Hold, changed_by, key_of_finding
from registry.catalog.tool_entry import ToolEntry
from registry.diff.compare import compare
from registry.model.findings import Finding
from registry.model.operation_key import Binding

NEW = "its operation is new, and tools of this toolset are guarded or switched off"
BREAKS = "it breaks callers, or tells the model other words"
ASKED = "every new version waits for promotion"


@dataclass(frozen=True, slots=True)
class Terms:
    """What an import may make callable by itself. `require_promotion`: nothing.

    `refreshed`: the document is another than at the last import, so what differs is its vendor's word. `restated`: so is the
    manifest; then what an entry of its own names is the operator's word. `guarded`: the operator has said how calls of the
    toolset are to be guarded, or has switched tools off. `beside`: a digest of what the operator says of guards beside the
    operations.
    """

    require_promotion: bool = False
    refreshed: bool = False
    restated: bool = False
    guarded: bool = False
    beside: str = ""

    def strange(self, binding: Binding) -> bool:
        """Whether the operation is new beside guards, and no word of the operator's is for it."""
        named = binding.entry_by_path or (bool(binding.entry) and self.restated)
        return self.refreshed and self.guarded and not binding.known_as and not named


def hold_first(drafted: Drafted, renamed: Stored | None, terms: Terms) -> Hold:
    """Of a tool's first version. `renamed`: the tool that performs the operation so far, under another name."""
    why = Hold(tuple(_why_first(drafted.binding, terms)))
    return _renamed(drafted, renamed, terms) + why + (Hold((ASKED,), (EVERYTHING,)) if terms.require_promotion else Hold())


def hold_next(drafted: Drafted, stored: Stored, renamed: Stored | None, findings: tuple[Finding, ...], terms: Terms) -> Hold:
    """Of a version beside others. `findings` are what it changes of `stored.base`."""
    why = Hold(tuple(_why_next(drafted.binding, stored.entry, findings, terms)))
    changes = Changes(drafted, stored, findings)
    asked = Hold((ASKED,), changes.keys) if terms.require_promotion else Hold()
    return why + changes.hold(refreshed=terms.refreshed) + _renamed(drafted, renamed, terms) + asked


def _renamed(drafted: Drafted, renamed: Stored | None, terms: Terms) -> Hold:
    """What a tool takes over from the one that has performed its operation under another name.

    An operator who gives a tool another name decides nothing else: what waits, and what the document changes with it, waits.
    """
    if renamed is None or renamed.entry.name == drafted.draft.name:
        return Hold()
    findings = compare(replace(renamed.base.draft, name=drafted.draft.name), drafted.draft)
    waiting = changed_by(renamed)
    breaks = any(finding.held and (terms.refreshed or key_of_finding(finding) in waiting) for finding in findings)
    why = Hold((*_uncallable(renamed.entry), *((BREAKS,) if breaks else ())))
    return why + Changes(drafted, renamed, findings).hold(refreshed=terms.refreshed)


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
