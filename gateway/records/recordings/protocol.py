"""Recordings of runs: how each call of a run ended, to be answered again without making it. The protocol, and the fake.

An entry is found by what was called (the tool version's digest), with what (the arguments' digest), and how often before in the
same run. A *take* is one run that records or replays a tape; each counts its calls for itself.
"""

from collections import defaultdict
from dataclasses import dataclass
from typing import Protocol

from gateway.model.invocation import Outcome


@dataclass(frozen=True, slots=True)
class Tape:
    """A recording's name, and whose it is: nobody hears another's."""

    tenant: str
    owner: str
    name: str


@dataclass(frozen=True, slots=True)
class Sort:
    """What makes two calls the same one, made twice."""

    tool_digest: str
    arguments_digest: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One call of a run. `occurrence` counts from 1 those of its sort."""

    tool: str
    sort: Sort
    occurrence: int
    outcome: Outcome


class Recordings(Protocol):
    """Every method raises StoreUnavailable where the store does not answer."""

    async def number(self, tape: Tape, take: str, sort: Sort, id: str) -> int:
        """Which one of its sort this invocation is in a take, from 1. Asked again, the answer is the same."""
        ...

    async def keep(self, tape: Tape, entry: Entry) -> None:
        """Keep an entry, in place of the one of the same sort and occurrence."""
        ...

    async def find(self, tape: Tape, sort: Sort, occurrence: int) -> Entry | None: ...

    async def entries(self, tape: Tape) -> list[Entry]:
        """All of a tape, by sort and occurrence."""
        ...

    async def forget(self, tape: Tape) -> None:
        """Erase a tape, and the numbers of the take that recorded it."""
        ...


class MemoryRecordings:
    def __init__(self) -> None:
        self._entries: dict[Tape, dict[tuple[Sort, int], Entry]] = defaultdict(dict)
        self._numbers: dict[tuple[Tape, str], dict[Sort, list[str]]] = defaultdict(lambda: defaultdict(list))

    async def number(self, tape: Tape, take: str, sort: Sort, id: str) -> int:
        known = self._numbers[tape, take][sort]
        if id not in known:
            known.append(id)
        return known.index(id) + 1

    async def keep(self, tape: Tape, entry: Entry) -> None:
        self._entries[tape][entry.sort, entry.occurrence] = entry

    async def find(self, tape: Tape, sort: Sort, occurrence: int) -> Entry | None:
        return self._entries[tape].get((sort, occurrence))

    async def entries(self, tape: Tape) -> list[Entry]:
        return sorted(self._entries[tape].values(), key=order)

    async def forget(self, tape: Tape) -> None:
        self._entries.pop(tape, None)
        self._numbers.pop((tape, RECORDING), None)


RECORDING = ""
#: The take that records; those that replay have the names of their runs.


def order(entry: Entry) -> tuple[str, str, str, int]:
    return entry.tool, entry.sort.tool_digest, entry.sort.arguments_digest, entry.occurrence
