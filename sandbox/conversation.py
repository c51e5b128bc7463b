"""One job, told to a runner: what is said, in which order, and what each ending proves.

    gateway JOB → box ASK → gateway GO | NO → box HEAD, BODY…, END        or, at any point, box FAULT

The evidence is the host's own where the box cannot give it: without a GO on the line nothing was sent, after it anything
may have been.
"""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import TypeVar

import orjson

from sandbox import frames
from sandbox.frames import LONGEST_PAYLOAD, Kind, Nonsense
from sandbox.job import Job
from sandbox.lease import Permit
from sandbox.line import Line
from sandbox.result import Evidence, Fault, Faulted, Phase, Responded, Result, Usage

GRACE = 0.5
"""Seconds past the job's timeout that the runner has to report it with its phases. Then the host ends the box."""

_T = TypeVar("_T")


@dataclass(slots=True)
class _Head:
    status: int
    headers: tuple[tuple[str, str], ...]


class Conversation:
    """Used once. `hold` answers what became of the job; the caller adds what the broker saw."""

    def __init__(self, line: Line, job: Job, permit: Permit) -> None:
        self._line = line
        self._job = job
        self._permit = permit
        self._permitted = False
        self._deadline = asyncio.get_running_loop().time() + job.timeout + GRACE

    async def hold(self) -> Result:
        """Raises only what the permit raises."""
        try:
            message = frames.job_frames(self._job)
        except (TypeError, ValueError):
            return self._fault(Fault.JOB_INVALID, "the job cannot be written down")
        if len(self._job.body or b"") > LONGEST_PAYLOAD:
            return self._fault(Fault.JOB_INVALID, f"the body is longer than {LONGEST_PAYLOAD} bytes")
        early = await self._guard(self._until_asked(message))
        if early is not None:
            return early
        send_within = await self._ask()
        if isinstance(send_within, Faulted):
            return send_within
        return await self._guard(self._after_answer(send_within))

    async def _ask(self) -> float | Faulted | None:
        """Outside of the guard: what the permit raises is the caller's own, and no fault of the box."""
        try:
            async with asyncio.timeout_at(self._deadline) as clock:
                return await self._permit()
        except TimeoutError:
            if not clock.expired():
                raise
            return self._fault(Fault.TIMED_OUT, "the job's time ended before the permission to send came")

    async def _guard(self, step: Awaitable[_T]) -> _T | Faulted:
        """Bound a step in time, and turn a broken line into a fault."""
        try:
            async with asyncio.timeout_at(self._deadline):
                return await step
        except TimeoutError:
            return self._fault(Fault.TIMED_OUT, "the box did not keep to the job's time")
        except (EOFError, ConnectionError):
            return self._fault(Fault.BOX_DIED, "the box ended without a result")
        except Nonsense as nonsense:
            return _suspect(str(nonsense))

    async def _until_asked(self, message: bytes) -> Faulted | None:
        await self._line.send(message)
        kind, payload = await self._line.receive()
        if kind is Kind.FAULT:
            return _faulted(payload)
        if kind is not Kind.ASK:
            raise Nonsense(f"{kind.name} before the permission")
        return None

    async def _after_answer(self, send_within: float | None) -> Result:
        if send_within is None:
            await self._line.send(frames.encode(Kind.NO))
        elif not self._line.ended:
            # From here on nobody can prove that nothing was sent, except the runner itself.
            self._permitted = True
            await self._line.send(frames.go(send_within))
        return await self._collect()

    async def _collect(self) -> Result:
        head, body = None, bytearray()
        # The runner keeps to the bound; a redaction may lengthen what it passes on, at most to two and a half times.
        longest = 3 * self._job.response_bytes
        while True:
            kind, payload = await self._line.receive()
            if kind is Kind.FAULT:
                return _faulted(payload)
            if kind is Kind.HEAD and head is None and self._permitted:
                head = _head(payload)
            elif kind is Kind.BODY and head is not None and len(body) + len(payload) <= longest:
                body += payload
            elif kind is Kind.END and head is not None:
                return Responded(head.status, head.headers, bytes(body), Usage(phases=_phases(payload)))
            else:
                raise Nonsense(f"{kind.name} out of turn, or too much of it")

    def _fault(self, fault: Fault, message: str) -> Faulted:
        return Faulted(fault, Evidence.SENT if self._permitted else Evidence.NOT_SENT, message, Usage())


def _suspect(reason: str) -> Faulted:
    """A box that does not speak as a runner does may have done anything."""
    return Faulted(Fault.BOX_DIED, Evidence.SENT, f"the box spoke nonsense: {reason}", Usage())


def _head(payload: bytes) -> _Head:
    try:
        document = orjson.loads(payload)
        return _Head(int(document["status"]), tuple((str(name), str(value)) for name, value in document["headers"]))
    except (ValueError, TypeError, KeyError):
        raise Nonsense("a head that is none") from None


def _faulted(payload: bytes) -> Faulted:
    try:
        document = orjson.loads(payload)
        fault, evidence, message = Fault(document["fault"]), Evidence(document["evidence"]), str(document["message"])
    except (ValueError, TypeError, KeyError):
        raise Nonsense("a fault that is none") from None
    if evidence is Evidence.RESPONDED:
        raise Nonsense("a fault in spite of an answer")
    return Faulted(fault, evidence, message, Usage(phases=_phases(payload)))


def _phases(payload: bytes) -> tuple[Phase, ...]:
    try:
        return tuple(
            Phase(str(phase["name"]), phase["offset_us"] / 1e6, phase["duration_us"] / 1e6)
            for phase in orjson.loads(payload)["phases"]
        )
    except (ValueError, TypeError, KeyError):
        raise Nonsense("phases that are none") from None
