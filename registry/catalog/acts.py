"""Who did what to a version of a tool, and when: who imported it, who let it be called, who switched it off.

A catalog keeps it beside the entries, and not in them: gateways of the release before read the entries, too.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeAlias

from registry.catalog.tool_entry import ToolEntry, VersionState


class Deed(StrEnum):
    """What was done. Of each, a catalog keeps the last one."""

    IMPORTED = "imported"
    PROMOTED = "promoted"
    DEPRECATED = "deprecated"
    DISABLED = "disabled"
    RETIRED = "retired"


_DEEDS = {
    VersionState.ACTIVE: Deed.PROMOTED,
    VersionState.DEPRECATED: Deed.DEPRECATED,
    VersionState.DISABLED: Deed.DISABLED,
    VersionState.RETIRED: Deed.RETIRED,
}


@dataclass(frozen=True, slots=True)
class Act:
    """`agent`, for `subject`, did it, `at` seconds after 1970 began. `held`: what was imported waits to be promoted."""

    agent: str
    subject: str
    at: float
    held: bool = False


#: What was done to one version.
Acts: TypeAlias = Mapping[Deed, Act]

#: Raises where this person may not make the version active. It gets the version's reference and what was done to it.
Permit: TypeAlias = Callable[[str, Acts], None]


@dataclass(frozen=True, slots=True)
class ActChange:
    """What is to be kept of one deed to one version. None: nothing is, any more."""

    version: str
    deed: Deed
    act: Act | None


def acts_of_import(before: ToolEntry | None, after: ToolEntry, by: Act) -> Iterator[ActChange]:
    """A version that an import makes, or makes wait again, is its author's; no promotion of before counts for it."""
    states = _states(before)
    for one in after.revisions:
        held = one.state is VersionState.QUARANTINED
        if one.version not in states or (held and states[one.version] is not one.state):
            yield ActChange(one.version, Deed.IMPORTED, replace(by, held=held))
            if one.version in states:
                yield ActChange(one.version, Deed.PROMOTED, None)
        elif states[one.version] is not one.state and one.state is not VersionState.ACTIVE:
            yield ActChange(one.version, _DEEDS[one.state], by)


def acts_of_move(before: ToolEntry, after: ToolEntry, by: Act) -> Iterator[ActChange]:
    states = _states(before)
    return (ActChange(one.version, _DEEDS[one.state], by) for one in after.revisions if states[one.version] is not one.state)


def _states(entry: ToolEntry | None) -> dict[str, VersionState]:
    return {one.version: one.state for one in entry.revisions} if entry else {}
