"""One HTTP exchange, made by a runner: which frames are exchanged, in which order, and what each ending proves.

    gateway JOB → box ASK → gateway GO | NO → box HEAD, BODY…, END        or, at any point, box FAULT
    gateway JOB → box HEAD, BODY…, END                                    where the runner may send unasked

Where it may send unasked, the gateway is asked for its permission all the same, unless the answer comes at once: the gateway
then learns with the end that the request was sent. The evidence is the host's own where the box cannot give it: without a GO to
the runner, or a job that needs none, nothing was sent; after it, the request may have been; with a HEAD, it was answered,
whatever becomes of the body.
"""

import asyncio
from contextlib import suppress
from dataclasses import replace

from sandbox.api.fault_code import FaultCode
from sandbox.api.job import Job
from sandbox.api.ports import Hear, Permit
from sandbox.api.result import Evidence, Faulted, Head, Responded, Result
from sandbox.api.streams import StreamRefused
from sandbox.box import frames
from sandbox.box.answer_body import AnswerBody
from sandbox.box.frames import LONGEST_PAYLOAD, FrameKind, ProtocolViolation
from sandbox.box.reports import read_end, read_fault, read_head
from sandbox.box.request_body import RequestBody
from sandbox.box.runner_connection import RunnerConnection
from sandbox.box.session_limits import SessionLimits

#: Seconds. A call that waits longer than that for its answer has the time to ask for the permission, and more to lose.
AT_ONCE = 0.02

#: Seconds for the spill to take what came of a body that broke off.
REST = 1.0


class RequestSession:
    """Used once. `exchange` returns what became of the job; the box adds what the broker saw."""

    def __init__(
        self,
        connection: RunnerConnection,
        job: Job,
        permit: Permit,
        hear: Hear | None = None,
        *,
        at_once: float = AT_ONCE,
    ) -> None:
        self._connection = connection
        self._job = job
        self._permit = permit
        self._hear = hear
        self._untold = bytearray()  # of the body
        self._counts = job.send_within is None  # else only with the permission, or once all of it has come
        self._at_once = at_once
        self._permitted = False
        self._head: Head | None = None
        self._body = AnswerBody(job)
        self._end: bytes | None = None
        self._sent_body = RequestBody(connection, job.source)
        self._limits = SessionLimits(job.timeout, lambda: self._permitted)

    @property
    def violated(self) -> bool:
        """Whether the box broke the protocol, so that its word counts for nothing."""
        return self._limits.violated

    @property
    def permitted(self) -> bool:
        """Whether a part of the request may leave the box by now."""
        return self._permitted

    async def exchange(self) -> Result:
        """Raises only what the permit raises."""
        try:
            result = await self._exchange()
        finally:
            await self._sent_body.end()
        if isinstance(result, Faulted) and not await self._pass_on_rest():
            result = replace(result, message=f"{result.message}; the last of what came was not kept in time")
        if (refusal := self._sent_body.refusal) is not None and isinstance(result, Faulted):
            return replace(result, fault=refusal.fault, message=str(refusal))
        return result

    async def _pass_on_rest(self) -> bool:
        """Of a body that has not come to its end: what came of it may be worth keeping. Whether there was time for that."""
        if self._head is None or self._limits.violated:
            return True
        try:
            with suppress(StreamRefused):
                async with asyncio.timeout(REST):
                    await self._body.finish(self._head)
        except TimeoutError:
            return False
        return True

    async def _exchange(self) -> Result:
        try:
            message = frames.job_frames(self._job)
        except (TypeError, ValueError):
            return self._limits.fault(FaultCode.JOB_INVALID, "the job cannot be encoded")
        if len(self._job.body or b"") > LONGEST_PAYLOAD:
            return self._limits.fault(FaultCode.JOB_INVALID, f"the body is longer than {LONGEST_PAYLOAD} bytes")
        if self._job.send_within is not None:
            return await self._exchange_unasked(message)
        send_within = await self._limits.step(self._until_asked(message)) or await self._ask()
        if isinstance(send_within, Faulted):
            return send_within
        return self._with_head(await self._limits.step(self._after_answer(send_within)))

    async def _exchange_unasked(self, message: bytes) -> Result:
        """The box sends as soon as it can. Its answer counts only with the permission, unless it comes at once."""
        self._permitted = not self._connection.ended
        with suppress(TimeoutError):
            return self._with_head(
                await self._limits.soon(self._tell(message), asyncio.get_running_loop().time() + self._at_once)
            )
        permitted = await self._ask()
        if isinstance(permitted, Faulted):
            return permitted
        if permitted is None:
            return self._limits.fault(
                FaultCode.PERMISSION_REFUSED, "the gateway did not permit the request, which may have been sent"
            )
        self._counts = True
        self._tell_of_it()
        return self._with_head(await self._limits.step(self._collect()))

    def _with_head(self, result: Result) -> Result:
        """A fault, with how the answer had begun: unless the box broke the protocol, for then its word counts for nothing."""
        if not self._limits.violated:
            self._tell_of_it()
        if not isinstance(result, Faulted) or self._head is None or self._limits.violated:
            return result
        return replace(result, evidence=Evidence.RESPONDED, head=self._head, body=self._body.beginning)

    async def _tell(self, message: bytes) -> Result:
        self._sent_body.begin()  # behind the job, which is written first; and also where the wait for room is given up
        await self._connection.send(message)
        return await self._collect()

    async def _ask(self) -> float | Faulted | None:
        """Outside of the session's limits: what the permit raises is the gateway's own, and no fault of the box."""
        try:
            async with asyncio.timeout_at(self._limits.deadline) as clock:
                return await self._permit()
        except TimeoutError:
            if not clock.expired():
                raise
            return self._limits.fault(FaultCode.TIMED_OUT, "the job's time ended before the permission to send came")

    async def _until_asked(self, message: bytes) -> Faulted | None:
        await self._connection.send(message)
        kind, payload = await self._connection.receive()
        if kind is FrameKind.FAULT:
            return read_fault(payload)
        if kind is not FrameKind.ASK:
            raise ProtocolViolation(f"{kind.name} before the permission")
        return None

    async def _after_answer(self, send_within: float | None) -> Result:
        if send_within is None:
            await self._connection.send(frames.encode(FrameKind.NO))
        elif not self._connection.ended:
            # From here on, only the runner can prove that nothing was sent.
            self._permitted = True
            await self._connection.send(frames.go(send_within))
            self._sent_body.begin()
        return await self._collect()

    async def _collect(self) -> Result:
        """May be cancelled and called again: it goes on where it was."""
        while True:
            if self._head is not None:
                await self._body.pass_on(self._head)
            kind, payload = (FrameKind.END, self._end) if self._end is not None else await self._connection.receive()
            if kind is FrameKind.FAULT:
                return read_fault(payload)
            if kind is FrameKind.HEAD and self._head is None and self._permitted:
                self._head = read_head(payload)
            elif kind is FrameKind.BODY and self._head is not None and self._body.has_room(len(payload)):
                self._body.add(payload)
                self._hear_of(payload)
            elif kind is FrameKind.END and self._head is not None:
                self._end = payload
                await self._body.finish(self._head)
                return _responded(self._head, self._body, payload)
            else:
                raise ProtocolViolation(f"{kind.name} out of turn, or beyond the bound")

    def _hear_of(self, piece: bytes) -> None:
        if self._hear is not None:
            self._untold += piece
            if self._counts:
                self._tell_of_it()

    def _tell_of_it(self) -> None:
        """Of what has come, and was not told yet."""
        if self._hear is not None and self._head is not None and self._untold:
            piece, self._untold = bytes(self._untold), bytearray()
            self._hear(self._head, piece)


def _responded(head: Head, body: AnswerBody, end: bytes) -> Responded:
    ended = read_end(end)
    return Responded(
        head.status,
        head.headers,
        body.beginning,
        ended.usage,
        url=head.url,
        unfollowed=head.unfollowed,
        pages=ended.pages,
        spilled=body.spilled,
        counts=ended.counts,
    )
