"""Recordings of runs: how each call of a run ended, to be answered again without making it. The protocol, and the fake.

An entry is found by what was called (the tool version's digest), with what (the arguments' digest), and how often before in the
same run. A *take* is one run that makes a recording or replays one; each counts its calls for itself.
"""

from collections import defaultdict
from dataclasses import dataclass
from typing import Protocol

from gateway.model.invocation import Outcome


@dataclass(frozen=True, slots=True)
class RecordingKey:
    """A recording's name, and whose it is: no caller reads another's."""

    tenant: str
    owner: str
    name: str


@dataclass(frozen=True, slots=True)
class CallKey:
    """What makes two calls the same one, made twice."""

    tool_digest: str
    arguments_digest: str


@dataclass(frozen=True, slots=True)
class RecordedCall:
    """One call of a run. `occurrence` counts from 1 the calls with its key."""

    tool: str
    call_key: CallKey
    occurrence: int
    outcome: Outcome


class Recordings(Protocol):
    """Every method raises StoreUnavailable where the store does not answer."""

    async def number(self, recording_key: RecordingKey, take: str, call_key: CallKey, id: str) -> int:
        """The number of this invocation, from 1, among the calls with its key in a take. Repeating it answers the same."""
        ...

    async def keep(self, recording_key: RecordingKey, entry: RecordedCall) -> None:
        """Keep an entry, in the place of the one of the same call key and occurrence."""
        ...

    async def find(self, recording_key: RecordingKey, call_key: CallKey, occurrence: int) -> RecordedCall | None: ...

    async def entries(self, recording_key: RecordingKey) -> list[RecordedCall]:
        """All of a recording, by call key and occurrence."""
        ...

    async def forget(self, recording_key: RecordingKey) -> None:
        """Erase a recording, and the numbers of the take that recorded it."""
        ...


class MemoryRecordings:
    def __init__(self) -> None:
        self._entries: dict[RecordingKey, dict[tuple[CallKey, int], RecordedCall]] = defaultdict(dict)
        self._numbers: dict[tuple[RecordingKey, str], dict[CallKey, list[str]]] = defaultdict(lambda: defaultdict(list))

    async def number(self, recording_key: RecordingKey, take: str, call_key: CallKey, id: str) -> int:
        known = self._numbers[recording_key, take][call_key]
        if id not in known:
            known.append(id)
        return known.index(id) + 1

    async def keep(self, recording_key: RecordingKey, entry: RecordedCall) -> None:
        self._entries[recording_key][entry.call_key, entry.occurrence] = entry

    async def find(self, recording_key: RecordingKey, call_key: CallKey, occurrence: int) -> RecordedCall | None:
        return self._entries[recording_key].get((call_key, occurrence))

    async def entries(self, recording_key: RecordingKey) -> list[RecordedCall]:
        return sorted(self._entries[recording_key].values(), key=order)

    async def forget(self, recording_key: RecordingKey) -> None:
        self._entries.pop(recording_key, None)
        self._numbers.pop((recording_key, RECORDING), None)


#: The take that records; those that replay have the names of their runs.
RECORDING = ""


def order(entry: RecordedCall) -> tuple[str, str, str, int]:
    return entry.tool, entry.call_key.tool_digest, entry.call_key.arguments_digest, entry.occurrence
