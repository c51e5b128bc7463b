"""A body that is read while it is sent: where it cannot be read, and where its box is slow to take it."""

import asyncio
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

from sandbox.api.fault_code import FaultCode
from sandbox.api.job import Job
from sandbox.api.result import Faulted, Responded, Result
from sandbox.box.frames import FrameKind, encode
from sandbox.box.request_session import RequestSession
from sandbox.box.runner_connection import RunnerConnection
from tests.sandbox.box.test_request_session import END

EARLY = encode(FrameKind.HEAD, b'{"status": 413, "headers": []}') + END
SENT = b"the body"


@dataclass(frozen=True, slots=True)
class Source:
    """Fails after its first piece, where it is told to."""

    error: Exception | None = None

    @property
    def size(self) -> int:
        return len(SENT)

    async def pieces(self) -> AsyncIterator[bytes]:
        yield SENT[:3]
        if self.error is not None:
            raise self.error
        yield SENT[3:]


JOB = Job("PUT", "http://api.example/", (), None, timeout=5.0, response_bytes=10, source=Source())


class Runner:
    """The box's end of the connection. It reads nothing before it is asked to."""

    def __init__(self) -> None:
        self._ours, self._socket = socket.socketpair()
        self._socket.setblocking(False)
        self.permitted = asyncio.Event()

    async def exchange(self, job: Job) -> Result:
        _, line = await asyncio.get_running_loop().create_connection(lambda: RunnerConnection(lambda _: None), sock=self._ours)

        async def permit() -> float | None:
            self.permitted.set()
            return 1.0

        try:
            return await RequestSession(line, job, permit).exchange()
        finally:
            line.close()
            self._socket.close()

    async def say(self, message: bytes) -> None:
        await asyncio.get_running_loop().sock_sendall(self._socket, message)

    async def read_until(self, wanted: bytes) -> None:
        """Raises EOFError where it does not come."""
        read = b""
        while wanted not in read:
            if not (more := await asyncio.get_running_loop().sock_recv(self._socket, 1 << 16)):
                raise EOFError
            read = read[-len(wanted) :] + more


async def test_a_body_that_a_defect_ends_is_no_reason_to_wait() -> None:
    runner = Runner()
    exchange = asyncio.create_task(runner.exchange(replace(JOB, source=Source(RuntimeError("a defect")))))
    await runner.say(encode(FrameKind.ASK))
    result = await asyncio.wait_for(exchange, 2)
    assert isinstance(result, Faulted)
    assert result.fault is FaultCode.INTERNAL


async def test_an_answer_that_came_before_the_defect_counts() -> None:
    runner = Runner()
    exchange = asyncio.create_task(runner.exchange(replace(JOB, source=Source(RuntimeError("a defect")))))
    await runner.say(encode(FrameKind.ASK) + EARLY)
    result = await asyncio.wait_for(exchange, 2)
    assert isinstance(result, Responded), result
    assert result.status == 413


async def test_a_body_follows_a_large_job_that_its_box_is_slow_to_take() -> None:
    runner = Runner()
    job = replace(JOB, authorities="a" * (4 << 20), send_within=1.0)
    exchange = asyncio.create_task(runner.exchange(job))
    await asyncio.wait_for(runner.permitted.wait(), 2)  # the time in which it may be sent unasked is over
    await asyncio.wait_for(runner.read_until(encode(FrameKind.BODY, SENT[3:])), 2)
    await runner.say(EARLY)
    assert isinstance(await asyncio.wait_for(exchange, 2), Responded)
