"""Which guards of a tool wait, and what makes an end of that.

An entry keeps each guard that a held version has opened, in which value, and on which terms. It makes no difference to that
whether a version hides the guard, because the manifest says it in another way, or the tool gets another name. A promotion ends
the wait, where the promoted version has opened the guard (`ToolEntry.moved`); so does a document that takes the change back.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace

import orjson

from registry.catalog.tool_entry import SWITCHED_OFF, Revision, ToolEntry, Wait
from registry.model.operation_key import Binding
from registry.model.tool import Draft, ToolVersion
from registry.model.value_codec import plain

#: In a revision's `carries`: whatever it changes.
EVERYTHING = "*"
#: Guards that the operator says beside the operations, too, as by a place of a secret for each security scheme.
BESIDE = frozenset(("/credential", "/requires_approval"))
#: With so many versions that an operator has switched off is a draft compared: the newest ones.
REFUSED = 32


@dataclass(frozen=True, slots=True)
class Drafted:
    """A draft, its digest, and which operation it is of."""

    draft: Draft
    digest: str
    binding: Binding


@dataclass(frozen=True, slots=True)
class Stored:
    """A tool as the catalog has it, and those of its versions that `needed` names."""

    entry: ToolEntry
    versions: dict[str, ToolVersion]

    @property
    def base(self) -> ToolVersion:
        return self.versions[self.entry.base.version]

    @property
    def doubted(self) -> ToolVersion | None:
        return self.versions[self.entry.doubted.version] if self.entry.doubted else None


def needed(entry: ToolEntry) -> tuple[str, ...]:
    """The numbers of the versions that a tool's `Stored` has: of its base, of what is doubted, of what is switched off."""
    ones = (entry.base, *((entry.doubted,) if entry.doubted else ()), *refused(entry)[:REFUSED])
    return tuple(dict.fromkeys(one.version for one in ones))


def refused(entry: ToolEntry) -> list[Revision]:
    """What an operator has switched off, newest first."""
    return [one for one in reversed(entry.revisions) if one.state in SWITCHED_OFF and not one.by_import]


def waiting(stored: Stored) -> dict[str, Wait]:
    """The guards that wait, by their pointers. Of a doubted version of which the catalog does not know it: all that differ."""
    known = {wait.guard: wait for wait in stored.entry.waits}
    if stored.doubted is None or stored.entry.doubted is None:
        return known
    carried = carried_by(stored.entry.doubted)
    base, doubted = guards_of(stored.base.draft), guards_of(stored.doubted.draft)
    differ = (key for key, value in doubted.items() if key in carried or (EVERYTHING in carried and base[key] != value))
    return {key: Wait(key, doubted[key], base[key]) for key in differ} | known


def gathered(stored: Stored, renamed: Stored | None) -> Stored:
    """`stored`, whose entry has every guard that waits, also under another name that the tool had (`renamed`).

    Of a version of which the entry has known nothing, the guards are told apart: so a promotion of it ends the wait.
    """
    waits, entry, doubted = waiting(stored), stored.entry, stored.entry.doubted
    if stored.doubted is not None and doubted is not None and doubted.carries is None:
        theirs = guards_of(stored.doubted.draft)
        own = (key for key, wait in waits.items() if theirs[key] == wait.value)
        entry = entry.with_changed(replace(doubted, carries=(*own, EVERYTHING)))
    if renamed is not None and renamed.entry.name != entry.name:
        waits = waits | {key: _on_terms(wait, waits.get(key)) for key, wait in waiting(renamed).items()}
    return replace(stored, entry=replace(entry, waits=tuple(waits.values())))


def waits_after(
    drafted: Drafted, stored: Stored | None, carries: Iterable[str], *, refreshed: bool, beside: str
) -> tuple[Wait, ...]:
    """The guards that wait once the draft is the tool's. `carries` is of the version that it is, where that waits.

    `refreshed`: the document is another; what it has taken back waits no longer.
    """
    waits = _still(drafted, stored, refreshed, beside) if stored else {}
    now = guards_of(drafted.draft)
    base = guards_of(stored.base.draft) if stored else now
    was = base | {key: wait.was for key, wait in waits.items()}
    held = {key: _on_terms(Wait(key, now[key], was[key], beside), waits.get(key)) for key in carries if key in now}
    return tuple((waits | held).values())


def _on_terms(wait: Wait, before: Wait | None) -> Wait:
    """One that has waited on other terms before is not settled on these alone."""
    return wait if before is None or before.beside == wait.beside else replace(wait, beside=None)


def _still(drafted: Drafted, stored: Stored, refreshed: bool, beside: str) -> dict[str, Wait]:
    base, now = guards_of(stored.base.draft), guards_of(drafted.draft)

    def taken_back(wait: Wait) -> bool:
        same_terms = wait.guard not in BESIDE or wait.beside == beside
        return same_terms and not is_said(wait.guard, drafted.binding) and now[wait.guard] == base[wait.guard]

    ends = refreshed and stored.entry.current is not None  # without a callable version there is nothing to go back to
    return {key: wait for key, wait in waiting(stored).items() if not (ends and taken_back(wait))}


def guards_of(draft: Draft) -> dict[str, str]:
    """The guards of a draft, by their pointers: the SHA-256 of each one's JSON."""
    guards = {"/requires_approval": draft.requires_approval, "/effect": draft.effect, "/credential": draft.credential}
    if draft.further_credentials:
        guards["/credential"] = draft.credentials
    limits = {f"/limits/{limit.name}": getattr(draft.limits, limit.name) for limit in fields(draft.limits)}
    return {key: _digest(plain(value)) for key, value in (guards | limits).items()}


def is_said(key: str, binding: Binding) -> bool:
    return field_of(key).removeprefix("/") in binding.said


def field_of(key: str) -> str:
    """The pointer of the draft's field: limits are said one by one, and compared as a whole."""
    return "/limits" if key.startswith("/limits/") else key


def carried_by(doubted: Revision) -> tuple[str, ...]:
    """Everything, where the catalog does not know what waits: an earlier release made it, or it was callable once."""
    return (EVERYTHING,) if doubted.carries is None else doubted.carries


def _digest(value: object) -> str:
    return hashlib.sha256(orjson.dumps(value, option=orjson.OPT_SORT_KEYS)).hexdigest()
