"""Recordings of runs: how each call of a run ended, to be answered again without making it. The protocol, and the fake.

An entry is found by its run, by what was called (the tool version's digest), with what (the arguments' digest), and how often
before in the same run. A *take* is what makes a recording or replays one; each counts its calls for itself.

For those who compare two runs, a call has its place in its own, too: when it began and when it ended.
"""

from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import KW_ONLY, dataclass, field, replace
from typing import Protocol

from gateway.model.invocation import Outcome
from gateway.model.quotas import Quotas, QuotaUse, exceeded


@dataclass(frozen=True, slots=True)
class RecordingKey:
    """A recording's name, and whose it is: no caller reads another's."""

    tenant: str
    owner: str
    name: str


@dataclass(frozen=True, slots=True)
class CallKey:
    """What makes two calls the same one, made twice. `run`: as its caller named it; empty where an older release recorded it,
    and such a call answers any run that the recording does not name."""

    tool_digest: str
    arguments_digest: str
    run: str = ""


@dataclass(frozen=True, slots=True)
class Numbered:
    """A call's place in a take. `occurrence` counts from 1 the calls with its key; `begun` and `ended` count the beginnings and
    ends of all calls together, from 1: 0 where it has not ended, or an older release has numbered it."""

    occurrence: int
    begun: int = 0
    ended: int = 0


@dataclass(frozen=True, slots=True)
class RecordedCall:
    """One call of a run, and its `Numbered`. `outcome` is None where it was refused: `refusal` says so, as the edge writes it.

    `arguments`: as JSON, for people; what is secret was replaced. `step`: as the caller named it.
    """

    tool: str
    call_key: CallKey
    occurrence: int
    outcome: Outcome | None
    _: KW_ONLY
    arguments: bytes = field(default=b"", repr=False)
    step: str = ""
    begun: int = 0
    ended: int = 0
    refusal: bytes = field(default=b"", repr=False)


class Recordings(Protocol):
    """Every method raises StoreUnavailable where the store does not answer.

    Those that store raise QuotaExceeded where the tenant has as much as it may, and have stored nothing then.
    """

    async def number(
        self, recording_key: RecordingKey, take: str, call_key: CallKey, id: str, *, ended: bool = False
    ) -> Numbered:
        """The place of this invocation in a take, which begins there with the first time that it is asked for, and ends there
        with the first time that it has `ended`. Repeating it answers the same."""
        ...

    async def keep(self, recording_key: RecordingKey, entry: RecordedCall) -> None:
        """Keep an entry, in the place of the one of the same call key and occurrence."""
        ...

    async def require_room(self, recording_key: RecordingKey) -> None:
        """Raise QuotaExceeded where the next entry would find none."""
        ...

    async def replace(self, recording_key: RecordingKey, entries: Sequence[RecordedCall]) -> None:
        """Keep these in the place of the whole recording. Where there is no room for them, that stays as it is."""
        ...

    async def find(self, recording_key: RecordingKey, call_key: CallKey, occurrence: int) -> RecordedCall | None: ...

    async def run_of(self, recording_key: RecordingKey, call_key: CallKey, take: RecordingKey | None) -> str | None:
        """Which of the recorded runs the run of this call replays: the one of its name; or else the first, in the order of
        their first calls, that has the call. None where none has it; the next call asks again. Repeating it answers the same.

        `take`: what the replay is written into. In one take, a recorded run is replayed by one other run at most.
        """
        ...

    def entries(self, recording_key: RecordingKey) -> AsyncIterator[RecordedCall]:
        """All of a recording, by call key and occurrence, a few at a time: it may be larger than the gateway's memory bears."""
        ...

    async def forget(self, recording_key: RecordingKey) -> None:
        """Erase a recording, and the numbers of the take that recorded it."""
        ...


#: Bytes that an entry takes beside the answer that it has, about.
_ENTRY = 300


class MemoryRecordings:
    """Counts sizes about as Redis does."""

    def __init__(self, quotas: Quotas | None = None) -> None:
        self._quotas = quotas or Quotas()
        self._entries: dict[RecordingKey, dict[tuple[CallKey, int], RecordedCall]] = defaultdict(dict)
        self._takes: dict[tuple[RecordingKey, str], dict[tuple[CallKey, str], Numbered]] = defaultdict(dict)
        self._runs: dict[RecordingKey, list[str]] = defaultdict(list)
        self._replayed: dict[tuple[RecordingKey, str], dict[str, str]] = defaultdict(dict)

    async def number(
        self, recording_key: RecordingKey, take: str, call_key: CallKey, id: str, *, ended: bool = False
    ) -> Numbered:
        calls, mine = self._takes[recording_key, take], (call_key, id)
        events = len(calls) + sum(one.ended > 0 for one in calls.values())
        if take == RECORDING:
            self._enlist(recording_key, call_key)
        if mine not in calls:
            events += 1
            calls[mine] = Numbered(1 + sum(one == call_key for one, _ in calls), events)
        if ended and not calls[mine].ended:
            calls[mine] = replace(calls[mine], ended=events + 1)
        return calls[mine]

    async def keep(self, recording_key: RecordingKey, entry: RecordedCall) -> None:
        kept, place = self._entries[recording_key], (entry.call_key, entry.occurrence)
        self._require(recording_key, _size([entry]) - _size([kept[place]] if place in kept else []))
        kept[place] = entry

    async def require_room(self, recording_key: RecordingKey) -> None:
        self._require(recording_key, 1)

    async def replace(self, recording_key: RecordingKey, entries: Sequence[RecordedCall]) -> None:
        self._require(recording_key, _size(entries) - _size(self._entries.get(recording_key, {}).values()))
        self._entries[recording_key] = {(entry.call_key, entry.occurrence): entry for entry in entries}
        self._runs.pop(recording_key, None)
        for entry in sorted(entries, key=lambda entry: entry.begun):
            self._enlist(recording_key, entry.call_key)

    def _enlist(self, recording_key: RecordingKey, call_key: CallKey) -> None:
        if call_key.run and call_key.run not in self._runs[recording_key]:
            self._runs[recording_key].append(call_key.run)

    def _require(self, recording_key: RecordingKey, size: int) -> None:
        of_tenant = {key: kept.values() for key, kept in self._entries.items() if key.tenant == recording_key.tenant and kept}
        used = sum(map(_size, of_tenant.values()))
        if used + size > self._quotas.recordings_bytes:
            raise exceeded(QuotaUse("recordings_bytes", used, self._quotas.recordings_bytes))
        if recording_key not in of_tenant and len(of_tenant) >= self._quotas.recordings:
            raise exceeded(QuotaUse("recordings", len(of_tenant), self._quotas.recordings))

    async def find(self, recording_key: RecordingKey, call_key: CallKey, occurrence: int) -> RecordedCall | None:
        return self._entries[recording_key].get((call_key, occurrence))

    async def run_of(self, recording_key: RecordingKey, call_key: CallKey, take: RecordingKey | None) -> str | None:
        replayed = self._replayed[(take, RECORDING) if take else (recording_key, call_key.run)]
        taken = replayed.values() if take else ()
        if call_key.run not in replayed:
            named = [call_key.run] if call_key.run in self._runs[recording_key] else []
            others = ["", *(run for run in self._runs[recording_key] if run not in taken)]
            having = (run for run in others if (replace(call_key, run=run), 1) in self._entries[recording_key])
            replayed.update((call_key.run, run) for run in [*named, *having][:1])
        return replayed.get(call_key.run)

    async def entries(self, recording_key: RecordingKey) -> AsyncIterator[RecordedCall]:
        for entry in sorted(self._entries[recording_key].values(), key=order):
            yield entry

    async def forget(self, recording_key: RecordingKey) -> None:
        self._entries.pop(recording_key, None)
        self._takes.pop((recording_key, RECORDING), None)
        self._runs.pop(recording_key, None)
        self._replayed.pop((recording_key, RECORDING), None)


def _size(entries: Iterable[RecordedCall]) -> int:
    return sum(_ENTRY + len(entry.arguments) + len(entry.refusal) + _size_of_answer(entry.outcome) for entry in entries)


def _size_of_answer(outcome: Outcome | None) -> int:
    return len(outcome.answer.body) if outcome and outcome.answer else 0


#: The take that records. A run that replays counts in the take of its name.
RECORDING = ""


def order(entry: RecordedCall) -> tuple[str, str, str, int]:
    return entry.call_key.tool_digest, entry.call_key.arguments_digest, entry.call_key.run, entry.occurrence
