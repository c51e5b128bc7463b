"""Who has no valid token has nothing read of what it sends, and what it tries is told once a minute."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest
from structlog.testing import capture_logs

from gateway.edge.grpc.failed_logins import PEERS, FailedLogins
from gateway.edge.grpc.server import FILES
from tests.gateway.edge.grpc.serving import Serve, Served

METHODS = [
    (f"/{service.full_name}/{method.name}", method)
    for file in FILES
    for service in file.services_by_name.values()
    for method in service.methods
]


@pytest.mark.parametrize("method", [method for _, method in METHODS], ids=[name for name, _ in METHODS])
@pytest.mark.parametrize("metadata", [(), (("authorization", "Bearer wrong"),)], ids=["no token", "a wrong one"])
async def test_every_method_is_refused_before_its_first_message(serve: Serve, method: Any, metadata: tuple[Any, ...]) -> None:
    """A message that could not even be read makes no difference."""
    served = await serve()
    path = f"/{method.containing_service.full_name}/{method.name}"
    refused = await status_of(served, path, b"\xff" * 1000, metadata)
    assert refused is grpc.StatusCode.UNAUTHENTICATED


async def status_of(served: Served, path: str, message: bytes, metadata: tuple[Any, ...]) -> grpc.StatusCode:
    call: Any = served.channel.unary_unary(path)
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await call(message, metadata=metadata)
    return refused.value.code()


async def test_a_stream_of_a_stranger_is_refused_while_it_goes_on(serve: Serve) -> None:
    served = await serve()

    async def without_end() -> AsyncIterator[bytes]:
        await asyncio.Event().wait()
        yield b""

    call: Any = served.channel.stream_unary("/callgate.v1.RecordingService/ImportRecording")
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        async with asyncio.timeout(10):
            await call(without_end())
    assert refused.value.code() is grpc.StatusCode.UNAUTHENTICATED


async def test_health_and_what_is_not_ours_need_no_token(serve: Serve) -> None:
    served = await serve()
    assert await status_of(served, "/other.Service/Method", b"", ()) is grpc.StatusCode.UNIMPLEMENTED


def test_failures_of_a_peer_are_told_at_once_and_then_once_a_minute() -> None:
    now = 0.0
    failed = FailedLogins(lambda: now)
    with capture_logs() as told:
        for moment, times in ((0.0, 5), (59.0, 5), (60.0, 1)):
            now = moment
            for port in range(times):
                failed.count(f"ipv4:192.0.2.1:{50_000 + port}")
        failed.count("ipv6:[2001:db8::1]:1")
    assert [(one["peer"], one["times"]) for one in told] == [("192.0.2.1", 1), ("192.0.2.1", 10), ("[2001:db8::1]", 1)]


def test_however_many_peers_there_are_the_log_and_the_memory_are_bounded() -> None:
    now = 0.0
    failed = FailedLogins(lambda: now)
    with capture_logs() as told:
        for number in range(3 * PEERS):
            failed.count(f"ipv4:192.0.2.{number}:1")
        assert len(told) == PEERS + 1
        now = 61.0
        failed.count("ipv4:198.51.100.1:1")
    assert len(failed._since) <= 2
    assert told[-2]["times"] == 2 * PEERS - 1
