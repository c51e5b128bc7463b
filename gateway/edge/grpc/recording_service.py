"""RecordingService: message in, recordings, message out. No decisions."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from callgate.v1 import recording_service_pb2 as pb
from callgate.v1.recording_service_pb2_grpc import RecordingServiceServicer
from gateway.decisions.policy import Policy
from gateway.edge.grpc import recording_wire as wire
from gateway.edge.grpc.authentication import Authentication
from gateway.edge.grpc.context import Context
from gateway.edge.grpc.invocation_wire import recording_name
from gateway.model.errors import RecordingNotFound, RequestInvalid
from gateway.pipeline.recording_keys import recording_key_of
from gateway.records.recordings.protocol import RecordedCall, RecordingKey, Recordings

MOST_ENTRIES = 10_000
MOST_BYTES = 64 << 20


@dataclass(frozen=True, slots=True)
class RecordingEdge(RecordingServiceServicer):
    authentication: Authentication
    recordings: Recordings
    policy: Policy

    async def ExportRecording(
        self, request: pb.ExportRecordingRequest, context: Context
    ) -> AsyncIterator[pb.ExportRecordingResponse]:
        found = False
        async for entry in self.recordings.entries(self._key(request.name, context)):
            found = True
            yield pb.ExportRecordingResponse(entry=wire.entry(entry))
        if not found:
            raise RecordingNotFound(f"no recording {request.name}")

    async def ImportRecording(
        self, request_iterator: AsyncIterator[pb.ImportRecordingRequest], context: Context
    ) -> pb.ImportRecordingResponse:
        self.policy.require_record(self.authentication.caller(context))
        name, entries = await _receive(request_iterator)
        await self.recordings.replace(self._key(name, context), entries)
        return pb.ImportRecordingResponse(entries=len(entries))

    async def DeleteRecording(self, request: pb.DeleteRecordingRequest, context: Context) -> pb.DeleteRecordingResponse:
        await self.recordings.forget(self._key(request.name, context))
        return pb.DeleteRecordingResponse()

    def _key(self, name: str, context: Context) -> RecordingKey:
        principal = self.authentication.caller(context).principal
        return recording_key_of(principal, recording_name(name))


async def _receive(messages: AsyncIterator[pb.ImportRecordingRequest]) -> tuple[str, list[RecordedCall]]:
    name, size, entries = "", 0, list[RecordedCall]()
    async for message in messages:
        size += message.ByteSize()
        if size > MOST_BYTES or len(entries) >= MOST_ENTRIES:
            raise RequestInvalid(f"a recording has at most {MOST_ENTRIES:,} entries and {MOST_BYTES:,} bytes")
        if message.HasField("name") == bool(name):
            raise RequestInvalid("the first message must carry the name, and every later one an entry")
        if name:
            entries.append(wire.entry_from(message.entry))
        name = name or recording_name(message.name)
    if not name:
        raise RequestInvalid("no name was sent")
    return name, entries
