"""Circuit breakers: an upstream that is down is left alone for a while, and its callers learn so at once.

    CLOSED ──THRESHOLD failures in a row──▶ OPEN ──pause over──▶ HALF-OPEN: one trial ──alive──▶ CLOSED
                                             ▲                        │
                                             └──dead: pause doubles───┘

One breaker for each tenant and upstream, so that no tenant can shut a door for another. It is for an upstream that is down: one
that fails now and then is what the retry budget is for. Kept in this process: each gateway finds out for itself.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from gateway.model.errors import UpstreamOpen
from sandbox.api.fault_code import FaultCode
from sandbox.api.result import Completed, Evidence, Responded, Result

THRESHOLD = 10

# Seconds.
FIRST_PAUSE = 1.0
LONGEST_PAUSE = 30.0

#: Statuses of an upstream, or of a proxy before it, that is not there. Not 429: an upstream that sends it is alive.
DOWN = frozenset({502, 503, 504})


@dataclass(slots=True)
class _Breaker:
    failures: int = 0
    until: float | None = None
    pause: float = FIRST_PAUSE
    trial: bool = False


@dataclass(slots=True)
class BreakerPermit:
    """One request's way through a breaker. `alive`: what it taught about the upstream, None for nothing."""

    alive: bool | None = None


class CircuitBreakers:
    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._breakers: dict[tuple[str, str], _Breaker] = {}  # those with a failure; all others are closed

    @contextmanager
    def permit(self, tenant: str, upstream: str) -> Iterator[BreakerPermit]:
        """Let one request to `host:port` through. Raises UpstreamOpen."""
        breaker = self._breakers.get((tenant, upstream), _Breaker())
        trial = self._admit(breaker, upstream)
        permit = BreakerPermit()
        try:
            yield permit
        finally:
            breaker.trial = breaker.trial and not trial
            if permit.alive is not None:
                self._learn(tenant, upstream, alive=permit.alive, trial=trial)

    def require_closed(self, tenant: str, upstream: str) -> None:
        """Raises UpstreamOpen where `permit` would let nothing through. Nothing is let through, and no trial begins."""
        if (breaker := self._breakers.get((tenant, upstream))) is not None:
            self._require_closed(breaker, upstream)

    def _require_closed(self, breaker: _Breaker, upstream: str) -> None:
        left = 0.0 if breaker.until is None else breaker.until - self._clock()
        if left > 0 or breaker.trial:
            raise UpstreamOpen(f"{upstream} is down: nothing is sent to it for now", retry_after=max(left, FIRST_PAUSE))

    def _admit(self, breaker: _Breaker, upstream: str) -> bool:
        """Whether what is let through is the trial."""
        if breaker.until is None:
            return False
        self._require_closed(breaker, upstream)
        breaker.trial = True
        return True

    def _learn(self, tenant: str, upstream: str, *, alive: bool, trial: bool) -> None:
        if alive:
            self._breakers.pop((tenant, upstream), None)
            return
        breaker = self._breakers.setdefault((tenant, upstream), _Breaker())
        breaker.failures += 1
        if trial:
            breaker.pause = min(LONGEST_PAUSE, breaker.pause * 2)
        if trial or (breaker.until is None and breaker.failures >= THRESHOLD):
            breaker.until = self._clock() + breaker.pause


def is_alive(result: Result, *, whole_time: bool) -> bool | None:
    """What an attempt's result says of its upstream. `whole_time`: a timeout was the tool's own, not an impatient caller's."""
    if isinstance(result, Responded):
        return result.status not in DOWN
    if isinstance(result, Completed):
        return None
    if result.fault in {FaultCode.UPSTREAM_UNREACHABLE, FaultCode.UPSTREAM_BROKE}:
        return False
    if result.fault is FaultCode.TIMED_OUT and result.evidence is Evidence.SENT and whole_time:
        return False
    return None
