"""One program, run by a runner: which frames are exchanged, in which order.

    gateway PROGRAM, BODY → box BODY…, END        or, at any point, box FAULT

The box is not asked what it has sent. The broker, on the host, opens no way out for the program before the permission is given;
so the evidence is the host's own, whatever runs in the box.
"""

from dataclasses import replace

import orjson

from sandbox.api.fault_code import FaultCode
from sandbox.api.job import ProgramJob
from sandbox.api.result import Completed, Faulted, Result, Usage
from sandbox.box import frames
from sandbox.box.frames import LONGEST_PAYLOAD, FrameKind, ProtocolViolation
from sandbox.box.runner_connection import RunnerConnection
from sandbox.box.session_limits import SessionLimits, read_fault, read_phases
from sandbox.egress.send_permission import SendPermission

#: A redaction may lengthen the output that the runner passes on: at most to two and a half times, rounded up here.
_REDACTION = 3


class ProgramSession:
    """Used once. `exchange` returns what became of the program; the box adds what the broker saw."""

    def __init__(self, connection: RunnerConnection, job: ProgramJob, permission: SendPermission) -> None:
        self._connection = connection
        self._job = job
        self._permission = permission
        self._limits = SessionLimits(job.timeout, lambda: permission.was_given)

    async def exchange(self) -> Result:
        """Raises only what the permit raises."""
        if len(self._job.input) > LONGEST_PAYLOAD:
            return self._limits.fault(FaultCode.JOB_INVALID, f"the input is longer than {LONGEST_PAYLOAD} bytes")
        if not self._job.way_out:
            given = await self._limits.step(self._permission.given())
            if isinstance(given, Faulted):
                return given
            if not given:
                return self._limits.fault(FaultCode.PERMISSION_REFUSED, "the gateway did not permit the job, or not in time")
        result = await self._limits.step(self._permission.unless_it_fails(self._converse()))
        if isinstance(result, Faulted) and result.fault is not FaultCode.BOX_DIED:
            # The runner does not know whether the broker let any byte out.
            return replace(self._limits.fault(result.fault, result.message), usage=result.usage)
        return result

    async def _converse(self) -> Result:
        await self._connection.send(frames.program_frames(self._job))
        output, longest = bytearray(), _REDACTION * self._job.result_bytes
        while True:
            kind, payload = await self._connection.receive()
            if kind is FrameKind.FAULT:
                return read_fault(payload)
            if kind is FrameKind.BODY and len(output) + len(payload) <= longest:
                output += payload
            elif kind is FrameKind.END:
                return _completed(bytes(output), payload)
            else:
                raise ProtocolViolation(f"{kind.name} out of turn, or beyond the bound")


def _completed(output: bytes, payload: bytes) -> Completed:
    try:
        document = orjson.loads(payload)
        status, errors = int(document["exit"]), str(document["errors"])
        refused = tuple(str(call) for call in document["refused"])
    except (ValueError, TypeError, KeyError, RecursionError):
        raise ProtocolViolation("a malformed END") from None
    return Completed(status, output, errors, Usage(phases=read_phases(payload), refused=refused))
