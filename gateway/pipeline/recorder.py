"""Writes down the calls of a run: of one that records, and of one that replays, where its caller wants to compare the two.

A call is numbered when it begins, so that a reader knows which calls of a message were under way together. A refusal that may
not last is written in the call's own place: its end takes that, where the same call is taken after all.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace

import orjson
import structlog

from gateway.model.errors import QuotaExceeded, StoreUnavailable
from gateway.model.invocation import Outcome
from gateway.model.principal import Principal
from gateway.pipeline.call import Call, invocation_id
from gateway.pipeline.execution import Execution
from gateway.pipeline.recording_keys import call_key_of, recording_key_of, refused_key
from gateway.records.recordings.protocol import RECORDING, RecordedCall, RecordingKey, Recordings
from registry.calling.arguments import read
from registry.calling.redaction import redact_secrets
from registry.model.errors import ArgumentsInvalid
from registry.model.tool import JsonObject

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class WrittenCall:
    """A call that is to be written down. `execution` is None until it is known which version's call it is."""

    principal: Principal
    call: Call
    execution: Execution | None = None

    @property
    def id(self) -> str:
        return invocation_id(self.principal, self.call.key)

    @property
    def recording_key(self) -> RecordingKey:
        return recording_key_of(self.principal, self.call.recorded_as)


@dataclass(frozen=True, slots=True)
class Recorder:
    """`describe` writes a refusal as the edge can say it again."""

    recordings: Recordings
    describe: Callable[[Exception], bytes]

    async def begin(self, execution: Execution, written: WrittenCall) -> None:
        """Before the call is made. Raises QuotaExceeded where its end could not be recorded."""
        await self.recordings.require_room(written.recording_key)
        written.execution = execution
        await self.recordings.number(written.recording_key, RECORDING, call_key_of(execution), written.id)

    async def end(self, execution: Execution, id: str, outcome: Outcome) -> None:
        if not execution.origin.recording:
            return
        recording_key = recording_key_of(execution.principal, execution.origin.recording)
        await self._keep(recording_key, id, replace(await _asked(execution), outcome=outcome))

    async def refused(self, written: WrittenCall, refusal: Exception, schema: JsonObject) -> None:
        """`schema`: the tool's, as far as there is one. What cannot be stored is logged."""
        entry = await (_asked(written.execution) if written.execution else _asked_of_none(written.call, schema))
        entry = replace(entry, refusal=self.describe(refusal))
        try:
            if entry.refusal and not await self._has_ended(written, entry):
                await self._keep(written.recording_key, written.id, entry)
        except (StoreUnavailable, QuotaExceeded) as error:
            log.warning("not_kept", invocation=written.id, error=str(error), cure=error.cure)

    async def _has_ended(self, written: WrittenCall, entry: RecordedCall) -> bool:
        """Whether another call of this key has: the refusal is of its reuse, and must not take the place of that end."""
        place = await self.recordings.number(written.recording_key, RECORDING, entry.call_key, written.id)
        known = await self.recordings.find(written.recording_key, entry.call_key, place.occurrence)
        return known is not None and known.outcome is not None

    async def _keep(self, recording_key: RecordingKey, id: str, entry: RecordedCall) -> None:
        await self.recordings.number(recording_key, RECORDING, entry.call_key, id)  # it may begin with its end
        place = await self.recordings.number(recording_key, RECORDING, entry.call_key, id, ended=True)
        placed = replace(entry, occurrence=place.occurrence, begun=place.begun, ended=place.ended)
        await self.recordings.keep(recording_key, placed)


async def _asked(execution: Execution) -> RecordedCall:
    """Without its end, and its place."""
    arguments = await _shown(execution.arguments.value, execution.version.draft.input_schema)
    reference, step = execution.version.reference, execution.origin.step
    return RecordedCall(reference, call_key_of(execution), 0, None, arguments=arguments, step=step)


async def _asked_of_none(call: Call, schema: JsonObject) -> RecordedCall:
    """The same of a call of which no version is known."""
    arguments = await asyncio.to_thread(_sent, call.args_json)
    shown = b"" if arguments is None else await _shown(arguments, schema)
    call_key = await asyncio.to_thread(refused_key, call)
    return RecordedCall(call.tool, call_key, 0, None, arguments=shown, step=call.place.step)


def _sent(args_json: bytes) -> JsonObject | None:
    """None for what is no JSON object."""
    try:
        return read(args_json).value
    except ArgumentsInvalid:
        return None


async def _shown(arguments: JsonObject, schema: JsonObject) -> bytes:
    return orjson.dumps(await asyncio.to_thread(redact_secrets, arguments, schema))
