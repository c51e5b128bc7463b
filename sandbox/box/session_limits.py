"""What bounds every session with a runner: the job's time, and what a broken connection means."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from sandbox.api.fault_code import FaultCode
from sandbox.api.result import Evidence, Faulted, Usage
from sandbox.api.streams import StreamRefused
from sandbox.box.frames import ProtocolViolation

#: Seconds past the job's timeout that the runner has to report it with its phases. Then the host ends the box.
GRACE = 0.5

_T = TypeVar("_T")


class SessionLimits:
    """Bounds the steps of one job in time. `sent` tells whether the request may have been sent by now; `violated`, whether the
    box broke the protocol."""

    def __init__(self, timeout: float, sent: Callable[[], bool]) -> None:
        self.deadline = asyncio.get_running_loop().time() + timeout + GRACE
        self._sent = sent
        self.violated = False

    async def step(self, step: Awaitable[_T]) -> _T | Faulted:
        """Take a step, and turn a broken connection into a fault."""
        try:
            return await self.soon(step, self.deadline)
        except TimeoutError:
            return self.fault(FaultCode.TIMED_OUT, "the box did not keep to the job's time")

    async def soon(self, step: Awaitable[_T], moment: float) -> _T | Faulted:
        """The same, but cancel the step at that moment, by the loop's clock, or at the deadline, and raise TimeoutError."""
        try:
            async with asyncio.timeout_at(min(moment, self.deadline)):
                return await step
        except (EOFError, ConnectionError):
            return self.fault(FaultCode.BOX_DIED, "the box ended without a result")
        except StreamRefused as refusal:
            return self.fault(refusal.fault, str(refusal))
        except ProtocolViolation as violation:
            self.violated = True
            return suspect(str(violation))

    def fault(self, fault: FaultCode, message: str) -> Faulted:
        return Faulted(fault, Evidence.SENT if self._sent() else Evidence.NOT_SENT, message, Usage())


def suspect(reason: str) -> Faulted:
    """A box that breaks the protocol may have sent anything."""
    return Faulted(FaultCode.BOX_DIED, Evidence.SENT, f"the box broke the runner's protocol: it sent {reason}", Usage())
