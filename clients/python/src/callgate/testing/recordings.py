"""Recordings of a fake gateway, and RecordingService over them."""
# ruff: noqa: N802 - gRPC names its methods

import threading
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from callgate.errors import RecordingNotFound
from callgate.v1 import recording_service_pb2 as pb

#: A tool's digest, that of the arguments, and the run's name.
CallKey = tuple[str, str, str]
#: The take that records. A run that replays counts in the take of its name.
RECORDING = ""


@dataclass(frozen=True, slots=True)
class PlaceInRun:
    """Of a call in a take: which of its kind it is, and the numbers of its beginning and its end; 0: it has not ended."""

    occurrence: int
    begun: int
    ended: int = 0


class FakeRecordings:
    """What was recorded, by the recording's name. A *take* is one run that records or replays: it numbers its calls."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: dict[str, dict[tuple[CallKey, int], pb.RecordingEntry]] = defaultdict(dict)
        self._takes: dict[tuple[str, str], dict[tuple[CallKey, str], PlaceInRun]] = defaultdict(dict)
        self._replayed: dict[tuple[str, str], dict[str, str]] = defaultdict(dict)

    def number(self, name: str, take: str, key: CallKey, id: str, *, ended: bool = False) -> PlaceInRun:
        """The place of an invocation. It begins when it is asked for first, and ends when it first has `ended`."""
        with self._lock:
            calls, mine = self._takes[name, take], (key, id)
            events = len(calls) + sum(one.ended > 0 for one in calls.values())
            if mine not in calls:
                events += 1
                calls[mine] = PlaceInRun(1 + sum(one == key for one, _ in calls), events)
            if ended and not calls[mine].ended:
                calls[mine] = replace(calls[mine], ended=events + 1)
            return calls[mine]

    def keep(self, name: str, entry: pb.RecordingEntry) -> None:
        with self._lock:
            key = entry.tool_digest, entry.arguments_digest, entry.run_id
            self._entries[name][key, entry.occurrence] = entry

    def find(self, name: str, key: CallKey, occurrence: int) -> pb.RecordingEntry | None:
        with self._lock:
            return self._entries[name].get((key, occurrence))

    def run_of(self, name: str, key: CallKey, take: str) -> str | None:
        """Which recorded run the run of this call replays: the one of its name, or else the first that has the call. In one
        take, a recorded run is replayed by one other at most. None where none has it."""
        *what, run = key
        with self._lock:
            replayed = self._replayed[(take, RECORDING) if take else (name, run)]
            if run not in replayed:
                runs = self._runs(name)
                taken = replayed.values() if take else ()
                others = [one for one in runs if not one or one not in taken]
                having = [one for one in sorted(others, key=bool) if ((what[0], what[1], one), 1) in self._entries[name]]
                found = [run, *having] if run in runs else having
                replayed.update((run, one) for one in found[:1])
            return replayed.get(run)

    def _runs(self, name: str) -> list[str]:
        """In the order of their first calls."""
        return list(dict.fromkeys(one.run_id for one in sorted(self._entries[name].values(), key=lambda one: one.begun)))

    def forget(self, name: str) -> None:
        with self._lock:
            self._entries.pop(name, None)
            self._takes.pop((name, RECORDING), None)
            self._replayed.pop((name, RECORDING), None)

    def ExportRecording(self, request: pb.ExportRecordingRequest, _: Any) -> Iterator[pb.ExportRecordingResponse]:
        with self._lock:
            found = list(self._entries.get(request.name, {}).values())
        if not found:
            raise RecordingNotFound(f"no recording {request.name}", cure="Record a run, or import one.")
        yield from (pb.ExportRecordingResponse(entry=one) for one in found)

    def ImportRecording(self, parts: Iterator[pb.ImportRecordingRequest], _: Any) -> pb.ImportRecordingResponse:
        first, *rest = parts
        self.forget(first.name)
        for one in rest:
            self.keep(first.name, one.entry)
        return pb.ImportRecordingResponse(entries=len(rest))

    def DeleteRecording(self, request: pb.DeleteRecordingRequest, _: Any) -> pb.DeleteRecordingResponse:
        self.forget(request.name)
        return pb.DeleteRecordingResponse()
