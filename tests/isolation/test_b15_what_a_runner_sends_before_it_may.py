"""A taken-over runner did not wait for the permission: what it sent went out, and the call counted as unsent."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from sandbox.api.job import Egress, Job
from sandbox.api.ports import Permit
from sandbox.api.result import Evidence, Faulted, Responded, Result
from sandbox.box.box import SocketBox
from sandbox.box.frames import FrameKind, encode
from tests.conftest import Authority, Until, Upstream
from tests.isolation.lying_runner import ASK, END, HEAD, LyingRunner, fault, lying_box
from tests.sandbox.permits import granted, never, refused

REQUEST = b"POST /orders HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"


@pytest.fixture
async def lying(run_dir: Path) -> AsyncIterator[tuple[SocketBox, LyingRunner]]:
    async with lying_box(run_dir) as (box, runner):
        yield box, runner


async def begin(lying: tuple[SocketBox, LyingRunner], egress: Egress, permit: Permit) -> "asyncio.Task[Result]":
    """The job has come to the runner, which has asked nothing yet."""
    box, runner = lying
    box.lease(egress)
    job = Job("POST", "http://127.0.0.1/orders", (), None, timeout=5.0, response_bytes=1000)
    running = asyncio.create_task(box.run(job, permit))
    assert await runner.heard() is FrameKind.JOB
    return running


async def send(runner: LyingRunner, upstream: Upstream) -> bytes:
    """What came back until the connection's end."""
    reader, writer = await runner.connect(f"127.0.0.1:{upstream.server_port}")
    writer.write(REQUEST)
    with suppress(ConnectionError):
        async with asyncio.timeout(5):
            return await reader.read()
    return b""


@pytest.mark.parametrize("permit", [refused, never])
async def test_a_request_before_the_permission_does_not_leave_the_box(
    lying: tuple[SocketBox, LyingRunner], upstream: Upstream, permit: Permit
) -> None:
    running = await begin(lying, upstream.egress, permit)
    assert await send(lying[1], upstream) == b""
    await lying[1].say(ASK + fault())
    if permit is refused:
        result = await running
        assert isinstance(result, Faulted)
        assert result.evidence is Evidence.NOT_SENT
        assert "not permitted" in result.usage.connections[0].verdict
    running.cancel()
    await asyncio.wait({running})
    assert upstream.requests == []


async def test_a_request_after_the_refusal_does_not_leave_the_box(
    lying: tuple[SocketBox, LyingRunner], upstream: Upstream
) -> None:
    running = await begin(lying, upstream.egress, refused)
    await lying[1].say(ASK)
    assert await lying[1].heard() is FrameKind.NO
    assert await send(lying[1], upstream) == b""
    await lying[1].say(fault())
    assert (await running).evidence is Evidence.NOT_SENT
    assert upstream.requests == []


async def test_over_tls_the_handshake_passes_before_the_permission_and_the_request_does_not(
    lying: tuple[SocketBox, LyingRunner], upstream: Upstream, authority: Authority
) -> None:
    context, trust = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context(cafile=str(authority.bundle))
    context.load_cert_chain(authority.directory / "good.pem", authority.directory / "good.key")
    upstream.socket = context.wrap_socket(upstream.socket, server_side=True)
    running = await begin(lying, Egress((replace(upstream.destination, tls=True),)), granted)
    reader, writer = await lying[1].connect_tls(f"127.0.0.1:{upstream.server_port}", trust)
    early, early_writer = await lying[1].connect_tls(f"127.0.0.1:{upstream.server_port}", trust)
    early_writer.write(REQUEST)
    with suppress(OSError):  # it is cut off without a word of TLS
        assert await early.read() == b""
    await lying[1].say(ASK)
    assert await lying[1].heard() is FrameKind.GO
    assert upstream.requests == []
    writer.write(b"GET /echo HTTP/1.1\r\n\r\n")
    assert b" 200 " in await reader.readline()
    await lying[1].say(HEAD + END)
    assert isinstance(await running, Responded)


async def test_what_is_cancelled_before_the_permission_was_not_sent_whatever_the_runner_did(
    lying: tuple[SocketBox, LyingRunner], upstream: Upstream
) -> None:
    """The gateway goes by the permission there: it has no result of the box."""
    running = await begin(lying, upstream.egress, never)
    sending = asyncio.create_task(send(lying[1], upstream))
    assert await sending == b""
    running.cancel()
    await asyncio.wait({running})
    assert upstream.requests == []


async def test_an_answer_without_a_byte_from_the_upstream_is_none(
    lying: tuple[SocketBox, LyingRunner], upstream: Upstream, until: Until
) -> None:
    """429 would have had the request sent once more."""
    running = await begin(lying, upstream.egress, granted)
    await lying[1].say(ASK)
    assert await lying[1].heard() is FrameKind.GO
    _, writer = await lying[1].connect(f"127.0.0.1:{upstream.server_port}")
    writer.write(REQUEST[:20])  # the upstream waits for the rest
    await until(lambda: lying[0]._broker.carried, 5)
    await lying[1].say(encode(FrameKind.HEAD, b'{"status": 429, "headers": []}') + END)
    result = await running
    assert isinstance(result, Faulted)
    assert (result.evidence, result.head) == (Evidence.SENT, None)
