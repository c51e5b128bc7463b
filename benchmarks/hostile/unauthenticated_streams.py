"""Streams without a token, which send all that they may: recordings of 64 MB, documents of 50."""

from collections.abc import AsyncIterator
from typing import Any

from benchmarks.hostile.repeating import repeat
from benchmarks.hostile.target import Target
from callgate.channel import connect_aio
from callgate.endpoint import Endpoint
from callgate.v1 import catalog_service_pb2, invocation_pb2, recording_service_pb2
from callgate.v1.catalog_service_pb2_grpc import CatalogServiceStub
from callgate.v1.recording_service_pb2_grpc import RecordingServiceStub

STREAMS = 24
CONNECTIONS = 4


async def attack(target: Target, seconds: float) -> int:
    channels = [connect_aio(Endpoint(target.gateway)) for _ in range(CONNECTIONS)]
    try:
        return await repeat(seconds, STREAMS, lambda number: _send(channels[number % CONNECTIONS], number))
    finally:
        for channel in channels:
            await channel.close()


async def _send(channel: Any, number: int) -> None:
    if number % 2:
        await RecordingServiceStub(channel).ImportRecording(_recording(), timeout=20.0)
    else:
        async for _ in CatalogServiceStub(channel).ImportToolset(_document(), timeout=20.0):
            pass


async def _recording() -> AsyncIterator[recording_service_pb2.ImportRecordingRequest]:
    yield recording_service_pb2.ImportRecordingRequest(name="stolen")
    result = invocation_pb2.ToolResult(body=b"x" * (1 << 20))
    outcome = invocation_pb2.Outcome(succeeded=invocation_pb2.Succeeded(result=result))
    entry = recording_service_pb2.RecordingEntry(tool_digest="0" * 64, outcome=outcome)
    for _ in range(60):
        yield recording_service_pb2.ImportRecordingRequest(entry=entry)


async def _document() -> AsyncIterator[catalog_service_pb2.ImportToolsetRequest]:
    yield catalog_service_pb2.ImportToolsetRequest(header=catalog_service_pb2.ImportHeader(toolset="stolen"))
    for _ in range(48):
        yield catalog_service_pb2.ImportToolsetRequest(chunk=b" " * (1 << 20))
