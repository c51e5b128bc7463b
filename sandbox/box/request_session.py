"""One job, told to a runner: what is said, in which order, and what each ending proves.

    gateway JOB → box ASK → gateway GO | NO → box HEAD, BODY…, END        or, at any point, box FAULT
    gateway JOB → box HEAD, BODY…, END                                    where it may send unasked

The permission is asked for there, too, but only where the answer takes its time: what comes at once is told of with its end.
The evidence is the host's own where the box cannot give it: without a GO on the line, or a job that needs none, nothing was
sent; after it anything may have been.
"""

import asyncio
from contextlib import suppress
from dataclasses import dataclass

import orjson

from sandbox.api.fault_code import FaultCode
from sandbox.api.job import Job
from sandbox.api.ports import Permit
from sandbox.api.result import Faulted, Responded, Result, Usage
from sandbox.box import frames
from sandbox.box.frames import LONGEST_PAYLOAD, FrameKind, Nonsense
from sandbox.box.runner_connection import RunnerConnection
from sandbox.box.session_limits import SessionLimits, read_fault, read_phases

AT_ONCE = 0.02
"""Seconds. Whoever waits longer than that for an answer has the time to ask for the permission, and more to lose."""


@dataclass(slots=True)
class _Head:
    status: int
    headers: tuple[tuple[str, str], ...]


class RequestSession:
    """Used once. `exchange` answers what became of the job; the caller adds what the broker saw."""

    def __init__(self, line: RunnerConnection, job: Job, permit: Permit, *, at_once: float = AT_ONCE) -> None:
        self._line = line
        self._job = job
        self._permit = permit
        self._at_once = at_once
        self._permitted = False
        self._head: _Head | None = None
        self._body = bytearray()
        self._guard = SessionLimits(job.timeout, lambda: self._permitted)

    async def exchange(self) -> Result:
        """Raises only what the permit raises."""
        try:
            message = frames.job_frames(self._job)
        except (TypeError, ValueError):
            return self._guard.fault(FaultCode.JOB_INVALID, "the job cannot be written down")
        if len(self._job.body or b"") > LONGEST_PAYLOAD:
            return self._guard.fault(FaultCode.JOB_INVALID, f"the body is longer than {LONGEST_PAYLOAD} bytes")
        if self._job.send_within is not None:
            return await self._exchange_unasked(message)
        send_within = await self._guard.step(self._until_asked(message)) or await self._ask()
        if isinstance(send_within, Faulted):
            return send_within
        return await self._guard.step(self._after_answer(send_within))

    async def _exchange_unasked(self, message: bytes) -> Result:
        """The box sends as soon as it can. The permission is what its answer needs, to count, unless that comes at once."""
        self._permitted = not self._line.ended
        with suppress(TimeoutError):
            return await self._guard.soon(self._tell(message), asyncio.get_running_loop().time() + self._at_once)
        permitted = await self._ask()
        if isinstance(permitted, Faulted):
            return permitted
        if permitted is None:
            return self._guard.fault(
                FaultCode.PERMISSION_REFUSED, "the gateway did not permit the request, which was on its way"
            )
        return await self._guard.step(self._collect())

    async def _tell(self, message: bytes) -> Result:
        await self._line.send(message)
        return await self._collect()

    async def _ask(self) -> float | Faulted | None:
        """Outside of the guard: what the permit raises is the caller's own, and no fault of the box."""
        try:
            async with asyncio.timeout_at(self._guard.deadline) as clock:
                return await self._permit()
        except TimeoutError:
            if not clock.expired():
                raise
            return self._guard.fault(FaultCode.TIMED_OUT, "the job's time ended before the permission to send came")

    async def _until_asked(self, message: bytes) -> Faulted | None:
        await self._line.send(message)
        kind, payload = await self._line.receive()
        if kind is FrameKind.FAULT:
            return read_fault(payload)
        if kind is not FrameKind.ASK:
            raise Nonsense(f"{kind.name} before the permission")
        return None

    async def _after_answer(self, send_within: float | None) -> Result:
        if send_within is None:
            await self._line.send(frames.encode(FrameKind.NO))
        elif not self._line.ended:
            # From here on nobody can prove that nothing was sent, except the runner itself.
            self._permitted = True
            await self._line.send(frames.go(send_within))
        return await self._collect()

    async def _collect(self) -> Result:
        """May be cancelled, and called again: it goes on where it was."""
        # The runner keeps to the bound; a redaction may lengthen what it passes on, at most to two and a half times.
        longest = 3 * self._job.response_bytes
        while True:
            kind, payload = await self._line.receive()
            if kind is FrameKind.FAULT:
                return read_fault(payload)
            if kind is FrameKind.HEAD and self._head is None and self._permitted:
                self._head = _head(payload)
            elif kind is FrameKind.BODY and self._head is not None and len(self._body) + len(payload) <= longest:
                self._body += payload
            elif kind is FrameKind.END and self._head is not None:
                usage = Usage(phases=read_phases(payload))
                return Responded(self._head.status, self._head.headers, bytes(self._body), usage)
            else:
                raise Nonsense(f"{kind.name} out of turn, or too much of it")


def _head(payload: bytes) -> _Head:
    try:
        document = orjson.loads(payload)
        return _Head(int(document["status"]), tuple((str(name), str(value)) for name, value in document["headers"]))
    except (ValueError, TypeError, KeyError):
        raise Nonsense("a head that is none") from None
