"""Each recording on its way in took up to 64 MB of the gateway, as many as a caller sent; one on its way out came in one piece,
which held up Redis and every call."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest

from callgate.v1.recording_service_pb2 import ExportRecordingRequest, ImportRecordingRequest
from callgate.v1.recording_service_pb2_grpc import RecordingServiceStub
from gateway.edge.grpc.shares import RECORDINGS
from gateway.model.invocation import Answer, Outcome, Verdict
from gateway.records.recordings.protocol import CallKey, RecordedCall, RecordingKey
from gateway.records.redis.recordings import RedisRecordings
from tests.conftest import StartRedis
from tests.gateway.edge.grpc.serving import OTHER_TOKEN, TOKEN, Serve, fail
from tests.gateway.records.stores import opened
from tests.isolation.lag import measured_lag

Importing = grpc.aio.StreamUnaryCall[Any, Any]

ENTRIES, BYTES = 200, 200_000


def bearer(token: str) -> tuple[tuple[str, str], ...]:
    return (("authorization", f"Bearer {token}"),)


async def test_a_caller_has_so_many_recordings_under_way_and_another_has_its_own(serve: Serve) -> None:
    recordings, sending = RecordingServiceStub((await serve(fail)).channel), asyncio.Event()

    async def slowly(name: str) -> AsyncIterator[ImportRecordingRequest]:
        yield ImportRecordingRequest(name=name)
        await sending.wait()

    calls = [recordings.ImportRecording(slowly(f"r{number}"), metadata=bearer(TOKEN)) for number in range(RECORDINGS + 3)]
    refused = [one async for one in ended(calls, 3)]
    assert [await one.code() for one in refused] == [grpc.StatusCode.RESOURCE_EXHAUSTED] * 3
    with pytest.raises(grpc.aio.AioRpcError, match="recordings of this caller"):
        async for _ in recordings.ExportRecording(ExportRecordingRequest(name="r0"), metadata=bearer(TOKEN)):
            pass
    with pytest.raises(grpc.aio.AioRpcError, match="no recording"):
        async for _ in recordings.ExportRecording(ExportRecordingRequest(name="r0"), metadata=bearer(OTHER_TOKEN)):
            pass
    sending.set()
    assert [(await call).entries for call in calls if call not in refused] == [0] * RECORDINGS
    assert (await recordings.ImportRecording(slowly("again"), metadata=bearer(TOKEN))).entries == 0


async def ended(calls: list[Importing], number: int) -> AsyncIterator[Importing]:
    """Those of the calls that end first."""
    waiting = {asyncio.create_task(call.code()): call for call in calls}
    for _ in range(number):
        done, _ = await asyncio.wait(waiting, timeout=10, return_when=asyncio.FIRST_COMPLETED)
        yield waiting.pop(done.pop())
    for task in waiting:
        task.cancel()


def entry(occurrence: int) -> RecordedCall:
    outcome = Outcome(Verdict.SUCCEEDED, Answer(200, "text/plain", b"x" * BYTES))
    return RecordedCall("charge@1.0.0", CallKey("sha256:" + "a" * 64, "b" * 64), occurrence, outcome)


async def test_a_large_recording_comes_in_and_goes_out_without_holding_up_a_call(start_redis: StartRedis) -> None:
    key = RecordingKey("acme", "planner/ada", "large")
    async with opened(start_redis()) as store, measured_lag() as lag:
        recordings = RedisRecordings(store)
        await recordings.replace(key, [entry(number) for number in range(1, ENTRIES + 1)])
        found = [one.occurrence async for one in recordings.entries(key)]
    assert found == list(range(1, ENTRIES + 1))
    assert lag.worst < 0.05
