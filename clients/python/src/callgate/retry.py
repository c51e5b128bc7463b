"""When the very same request is sent again, and how long to wait before it. Pure but for the clock and the dice of a Pacing.

Every request of this API may be repeated: reads and imports by nature, a call by its idempotency key. So a request is sent
again whenever its error is `retryable`: the gateway said so, or the connection broke. Pauses grow exponentially with full
jitter, so that clients that failed together do not come back together, and are never shorter than the gateway's `retry_after`.
"""

import math
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from callgate.errors import CallgateError, NoAnswer


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Seconds. `first` is the first interval, which doubles up to `cap`; a pause is drawn from the whole interval.

    `patience` is how long a request may fail in a row before its error is raised; 0: it is not sent again.
    """

    first: float = 0.2
    cap: float = 5.0
    patience: float = 30.0


#: The clients' default. It outlasts a restart of the gateway.
PATIENT = RetryPolicy()


@dataclass(frozen=True, slots=True)
class Pacing:
    """What tries wait by: how to sleep for so many seconds, a clock, and dice that fall from 0 to 1."""

    sleep: Callable[[float], Awaitable[None]]
    clock: Callable[[], float] = time.monotonic
    random: Callable[[], float] = random.random


@dataclass(frozen=True, slots=True)
class Bounds:
    """Seconds: for a request with all its tries, and for each try."""

    total: float
    each: float


READ = Bounds(total=30, each=10)
EXPORT = Bounds(total=60, each=60)
IMPORT = Bounds(total=300, each=300)

#: Seconds for a call without a timeout.
CALL_SECONDS = 120.0
#: Seconds that a call with a timeout gets in addition, for the gateway to answer in.
MARGIN_SECONDS = 10.0
#: Seconds without an answer after which a call is sent again, to attach to the one under way.
TRY_SECONDS = 60.0
#: Seconds. The client does not ask again after a call under way when less than that is left.
SOON = 1.0


class Waiting:
    """How long a call is waited for: `wait` seconds, or, without that, as long as it may take."""

    def __init__(self, timeout: float | None, wait: float | None, clock: Callable[[], float]) -> None:
        longest = CALL_SECONDS if timeout is None else timeout + MARGIN_SECONDS
        self._clock = clock
        self._asked = wait is not None
        self._end = clock() + (longest if wait is None else max(wait, 0.0))

    @property
    def left(self) -> float:
        return max(0.0, self._end - self._clock())

    @property
    def over(self) -> bool:
        return self.left < SOON

    @property
    def seconds(self) -> float | None:
        """How long the gateway is to wait. None: the gateway takes it from the RPC's deadline."""
        return self.left if self._asked else None

    @property
    def bounds(self) -> Bounds:
        return Bounds(self.left + MARGIN_SECONDS if self._asked else self.left, TRY_SECONDS)


def of_watch(timeout: float | None) -> Bounds:
    seconds = math.inf if timeout is None else timeout
    return Bounds(seconds, seconds)


class Tries:
    """The tries of one request."""

    def __init__(self, policy: RetryPolicy, pacing: Pacing, bounds: Bounds, key: str | None) -> None:
        self._policy = policy
        self._pacing = pacing
        self._each = bounds.each
        self._key = key
        self._deadline = pacing.clock() + bounds.total
        self._failures = 0
        self._failing_since = math.inf

    @property
    def timeout(self) -> float | None:
        """Seconds for the next try; None: as long as it takes."""
        seconds = min(self._each, self._deadline - self._pacing.clock())
        return None if math.isinf(seconds) else max(seconds, 0.0)

    def progressed(self) -> None:
        """The gateway has answered, so earlier failures no longer count."""
        self._failures = 0
        self._failing_since = math.inf

    def pause_after(self, error: CallgateError) -> float:
        """Seconds to wait before the same request is sent again. Raises the error where that is useless, or too late."""
        error.idempotency_key = self._key
        now = self._pacing.clock()
        # A gateway that does not answer in time is at work on the call and has not failed: only the deadline ends the wait.
        self._failing_since = math.inf if isinstance(error, NoAnswer) else min(self._failing_since, now)
        pause = max(self._pacing.random() * self._interval(), error.retry_after or 0.0)
        self._failures += 1
        if not error.retryable or now + pause >= min(self._deadline, self._failing_since + self._policy.patience):
            raise error
        return pause

    def _interval(self) -> float:
        # An exponent without a bound would overflow after a thousand failures.
        return min(self._policy.cap, self._policy.first * 2.0 ** min(self._failures, 32))
