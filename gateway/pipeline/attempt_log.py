"""What one attempt notes while it runs, so that its record is right however it ends."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import KW_ONLY, dataclass, field

from gateway.model.errors import GatewayError
from gateway.model.invocation import Attempt
from gateway.pipeline.large_answers import LargeAnswer
from gateway.pipeline.obligations import BOX
from sandbox.api.fault_code import FaultCode
from sandbox.api.result import Completed, Evidence, Phase, Responded, Result


@dataclass(slots=True)
class AttemptLog:
    number: int
    _: KW_ONLY
    box: str = ""
    accessor: str = ""
    permitted: bool = False
    unasked: bool = False
    refusal: GatewayError | None = None
    """Why the gateway did not let it go, where a part of it was missing for that: with the cure."""
    dispatched: bool = False
    """Whether the ledger knows that it is sent: of what needs no permission it may learn with the attempt's end."""
    large: LargeAnswer | None = None
    """What has the answer's body, where that is too large to be told."""
    telling: asyncio.Lock = field(default_factory=asyncio.Lock)
    started: float = field(default_factory=time.time)
    job_offset: float = 0.0
    phases: list[Phase] = field(default_factory=list)
    owed: list[str] = field(default_factory=list)
    """Obligations that must be met whatever the attempt's end."""
    _clock_start: float = field(default_factory=time.monotonic)

    @property
    def elapsed(self) -> float:
        return time.monotonic() - self._clock_start

    @property
    def evidence(self) -> Evidence:
        """What must be assumed where no result came."""
        return Evidence.SENT if self.permitted else Evidence.NOT_SENT

    def let_go(self) -> None:
        """From here on it may be sent, and its box is to be seen gone."""
        if not self.permitted:
            self.permitted = True
            self.owed.append(f"{BOX}:{self.box}")

    def unwritten(self, attempt: Attempt) -> str:
        """The box that the ledger is yet to learn of: empty where it knows, or there is nothing to tell."""
        return self.box if self.unasked and not self.dispatched and attempt.evidence is not Evidence.NOT_SENT else ""

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        begin = self.elapsed
        try:
            yield
        finally:
            self.phases.append(Phase(name, _exact(begin), _exact(self.elapsed - begin)))

    def close(self, result: Result, evidence: Evidence) -> Attempt:
        """The attempt as it goes into the ledger. `evidence`: what its result is judged to prove."""
        head, phases, late = None if isinstance(result, Completed) else result.head, result.usage.phases, self.job_offset
        of_runner = [Phase(phase.name, _exact(late + phase.offset), _exact(phase.duration)) for phase in phases]
        return Attempt(
            number=self.number,
            box=self.box,
            accessor=self.accessor,
            evidence=evidence,
            http_status=head.status if head else 0,
            fault=_fault(result),
            bytes_out=result.usage.bytes_out,
            bytes_in=result.usage.bytes_in,
            connections=result.usage.connections,
            phases=(*self.phases, *of_runner),
            started=_exact(self.started),
            duration=_exact(self.elapsed),
        )


def _exact(seconds: float) -> float:
    """To the microsecond, which is what callers are told. More digits would only take the store's memory."""
    return round(seconds, 6)


def _fault(result: Result) -> FaultCode | None:
    if isinstance(result, Completed):
        return FaultCode.PROGRAM_FAILED if result.exit else None
    return None if isinstance(result, Responded) else result.fault
