"""Recording and replaying runs: what a client does with its calls. `callgate.recorded` has a recording as a file."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from callgate import checks
from callgate.errors import RequestInvalid
from callgate.v1 import recording_service_pb2 as pb


class Mode(StrEnum):
    """RECORD: the gateway makes calls and records how they end. REPLAY_STRICT: the gateway answers calls from the recording; a
    call that the recording does not have raises ReplayMissed. REPLAY_OR_LIVE: the gateway makes such a call."""

    RECORD = "RECORD"
    REPLAY_STRICT = "REPLAY_STRICT"
    REPLAY_OR_LIVE = "REPLAY_OR_LIVE"


@dataclass(frozen=True, slots=True)
class Recording:
    """Whether a client's calls are recorded or replayed, and the recording's name.

    `take`: where they are replayed, the name of a recording of what is asked and how it is answered, so that the two can be
    compared (`callgate.recorded.compare`); empty: none is made.
    """

    name: str
    mode: Mode
    take: str = ""

    def __post_init__(self) -> None:
        """Raises RequestInvalid."""
        checks.text("recording's name", self.name)
        checks.text("take's name", self.take)
        object.__setattr__(self, "mode", checks.member(Mode, "mode of a recording", self.mode))

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Self | None:
        """As CALLGATE_RUN_MODE, CALLGATE_RECORDING and CALLGATE_TAKE say; None without a mode. Raises RequestInvalid."""
        mode, name = environ.get("CALLGATE_RUN_MODE"), environ.get("CALLGATE_RECORDING", "")
        if not mode:
            return None
        if mode not in Mode.__members__ or not name:
            told = "CALLGATE_RUN_MODE is unknown, or CALLGATE_RECORDING is missing"
            cure = f"Set CALLGATE_RUN_MODE to one of {', '.join(Mode)}, and CALLGATE_RECORDING to a name."
            raise RequestInvalid(told, cure=cure, reason="REQUEST_INVALID")
        return cls(name, Mode(mode), environ.get("CALLGATE_TAKE", ""))


def ordered(entries: Iterable[pb.RecordingEntry]) -> list[pb.RecordingEntry]:
    """Each once, by tool, arguments, run and occurrence: a gateway sends them in no order, and may send one twice."""
    places = {(one.tool, one.tool_digest, one.arguments_digest, one.run_id, one.occurrence): one for one in entries}
    return [places[place] for place in sorted(places)]


def import_requests(name: str, entries: Iterable[pb.RecordingEntry]) -> Iterator[pb.ImportRecordingRequest]:
    yield pb.ImportRecordingRequest(name=name)
    for entry in entries:
        yield pb.ImportRecordingRequest(entry=entry)


def checked_name(given: str) -> str:
    """Raises RequestInvalid."""
    return checks.required("recording's name", given)
