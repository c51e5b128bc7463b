"""What a call has to do with recordings: where its run replays, it is answered from one; where it records, it goes into one.

The rules are those of RunMode, in invocation_service.proto.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NoReturn

from callgate import convert
from callgate.errors import ReplayMissed
from callgate.recorded.entries import digest_of, refused_digest
from callgate.testing import wire
from callgate.testing.calls import FakeCall, id_of
from callgate.testing.endings import state_of
from callgate.testing.recordings import RECORDING, CallKey, FakeRecordings
from callgate.testing.refusals import BARE, RecordedRefusal, Refusal, detail_of
from callgate.v1 import invocation_pb2
from callgate.v1 import invocation_service_pb2 as invocations
from callgate.v1.recording_service_pb2 import RecordingEntry
from callgate.visible import visible

RECORD, STRICT = invocations.RUN_MODE_RECORD, invocations.RUN_MODE_REPLAY_STRICT
REPLAYS = (STRICT, invocations.RUN_MODE_REPLAY_OR_LIVE)
#: Characters of arguments that a message repeats.
LONGEST = 200
CURE = "Record the run again, or mend the agent: the tool, its arguments or the number of such calls differ."


@dataclass(slots=True)
class WrittenCall:
    """`call` is None until it is known which tool's call it is."""

    recordings: FakeRecordings
    request: invocations.InvokeRequest
    call: FakeCall | None = None

    @property
    def replays(self) -> bool:
        return self.request.mode in REPLAYS

    @property
    def name(self) -> str:
        return self.request.recording or self.request.run_id

    @property
    def into(self) -> str:
        """The recording that the call goes into; empty: none."""
        recorded = self.name if self.request.mode == RECORD else ""
        return self.request.take if self.replays else recorded

    @property
    def key(self) -> CallKey:
        """Without a tool, as with a gateway: that of the tool as its caller wrote it."""
        if self.call is not None:
            return self.call.tool.described.digest, digest_of(dict(self.call.arguments)), self.request.run_id
        sent = _object(self.request.args_json)
        arguments = digest_of(json.loads(sent)) if sent else refused_digest(repr(sent))
        return refused_digest(self.request.tool), arguments, self.request.run_id

    def begin(self, call: FakeCall) -> None:
        self.call = call
        if self.into:
            self.recordings.number(self.into, RECORDING, self.key, call.id)

    def replayed(self, call: FakeCall) -> invocation_pb2.Invocation | None:
        """The recorded end; None where it is to be made. Raises ReplayMissed, and what the recorded call was refused with."""
        entry = self._recorded() or WrittenCall(self.recordings, self.request)._recorded()
        if entry is not None and entry.HasField("refusal"):
            raise RecordedRefusal(entry.refusal)
        if entry is None:
            return self.missed() if self.request.mode == STRICT else None
        self._keep(RecordingEntry(tool=entry.tool, outcome=entry.outcome))
        return self._as_recorded(call, entry)

    def unknown(self) -> None:
        """The tool is not there. Raises ReplayMissed, unless the recorded call was refused."""
        entry = self._recorded()
        if entry is not None:
            raise RecordedRefusal(entry.refusal)
        if self.request.mode == STRICT:
            self.missed()

    def missed(self) -> NoReturn:
        arguments = visible(self._arguments.decode(errors="replace"))
        shown = arguments if len(arguments) <= LONGEST else f"{arguments[:LONGEST]}… ({len(arguments):,} characters)"
        told = f"the recording {self.name} has no such call of {self._tool} in the run {self.request.run_id}: {shown}"
        raise ReplayMissed(told, cure=CURE)

    def ended(self, call: FakeCall) -> None:
        if call.outcome is not None:
            self._keep(RecordingEntry(tool=call.tool.described.reference, outcome=wire.outcome(call.outcome)))

    def refused(self, error: Refusal) -> None:
        if self.into and type(error) not in BARE and not self._has_ended:
            self._keep(RecordingEntry(tool=self._tool, refusal=detail_of(error)))

    @property
    def _has_ended(self) -> bool:
        """Whether another call of this key has: the refusal is of its reuse."""
        place = self.recordings.number(self.into, RECORDING, self.key, id_of(self.request.idempotency_key))
        known = self.recordings.find(self.into, self.key, place.occurrence)
        return known is not None and known.HasField("outcome")

    @property
    def _tool(self) -> str:
        return self.call.tool.described.reference if self.call else self.request.tool

    def _keep(self, told: RecordingEntry) -> None:
        """`told` has the tool, and how the call ended."""
        if not self.into:
            return
        id = id_of(self.request.idempotency_key)
        self.recordings.number(self.into, RECORDING, self.key, id)
        place = self.recordings.number(self.into, RECORDING, self.key, id, ended=True)
        told.tool_digest, told.arguments_digest, told.run_id = self.key
        told.arguments_json, told.step = self._arguments, self.request.step
        told.occurrence, told.begun, told.ended = place.occurrence, place.begun, place.ended
        self.recordings.keep(self.into, told)

    @property
    def _arguments(self) -> bytes:
        return json.dumps(dict(self.call.arguments)).encode() if self.call else _object(self.request.args_json)

    def _recorded(self) -> RecordingEntry | None:
        place = self.recordings.number(self.name, f"run {self.request.run_id}", self.key, id_of(self.request.idempotency_key))
        run = self.recordings.run_of(self.name, self.key, self.request.take)
        return None if run is None else self.recordings.find(self.name, (*self.key[:2], run), place.occurrence)

    def _as_recorded(self, call: FakeCall, entry: RecordingEntry) -> invocation_pb2.Invocation:
        call.outcome = convert.outcome(entry.outcome)
        call.state, call.ended = state_of(call.outcome), datetime.now(UTC)
        message = wire.invocation(call, from_record=True)
        message.outcome.CopyFrom(entry.outcome)
        message.outcome_source = f"recording:{self.name}"
        return message


def _object(args_json: bytes) -> bytes:
    """The JSON object that was sent; empty for what is none."""
    try:
        return args_json if isinstance(json.loads(args_json), dict) else b""
    except (ValueError, RecursionError):
        return b""
