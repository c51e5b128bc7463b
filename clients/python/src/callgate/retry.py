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
from typing import Protocol

from callgate import checks
from callgate.errors import (
    BudgetExhausted,
    CallgateError,
    ConnectionBroken,
    GatewayUnavailable,
    NoAnswer,
    Overloaded,
    ProxyAnswered,
    UpstreamOpen,
)
from callgate.turn import Turn


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Seconds. `first` is the first interval, which doubles up to `cap`; a pause is drawn from the whole interval.

    `patience` is how long nothing may work before the error of a request is raised; 0: it is not sent again; math.inf: as long
    as it takes. Raises RequestInvalid for what is no number of seconds from 0 to a year.
    """

    first: float = 0.2
    cap: float = 5.0
    patience: float = 30.0

    def __post_init__(self) -> None:
        checks.seconds("first interval", self.first)
        checks.seconds("cap of the intervals", self.cap)
        if self.patience != math.inf:
            checks.seconds("patience", self.patience)


#: The clients' default. It outlasts a restart of the gateway.
PATIENT = RetryPolicy()


@dataclass(frozen=True, slots=True)
class Pacing:
    """What tries wait by: how to sleep for so many seconds, a clock, and dice that fall from 0 to 1."""

    sleep: Callable[[float], Awaitable[None]]
    clock: Callable[[], float] = time.monotonic
    random: Callable[[], float] = random.random


class Bounds(Protocol):
    """Seconds: for a request with all its tries, and for each try."""

    @property
    def total(self) -> float: ...

    @property
    def each(self) -> float: ...

    def broke(self, lasted: float) -> None:
        """A try's connection broke after so many seconds."""


@dataclass(frozen=True, slots=True)
class Fixed:
    """Bounds that stay as they are."""

    total: float
    each: float

    def broke(self, lasted: float) -> None:
        """A request that is answered at once does not mind."""


READ = Fixed(total=30, each=10)
#: The gateway waits for others up to 11 s.
REVOKE = Fixed(total=60, each=20)
#: A box has 30 s, after one that is at work on the same.
CONNECT = Fixed(total=120, each=90)
EXPORT = Fixed(total=60, each=60)
IMPORT = Fixed(total=300, each=300)

#: An artifact, which may be large: as long as it comes.
TRANSFER = Fixed(total=math.inf, each=math.inf)

#: Seconds: a connection that broke after that long worked until then, as quiet as it was.
QUIET_HEALTH = 1.0


def of_watch(timeout: float | None) -> Fixed:
    seconds = math.inf if timeout is None else timeout
    return Fixed(seconds, seconds)


class Tries:
    """The tries of one request, at one gateway of several.

    `patience` is spent only while nothing works. What counts as working: an answer, a message of a stream, a connection that
    held for a while. So connections may be cut as often as it pleases a balancer.
    """

    def __init__(self, policy: RetryPolicy, pacing: Pacing, bounds: Bounds, turn: Turn, key: str | None) -> None:
        self._policy = policy
        self._pacing = pacing
        self._bounds = bounds
        self._turn = turn
        self._key = key
        self._deadline = pacing.clock() + bounds.total
        self._failures = 0
        self._untried = turn.others
        self._failing_since = math.inf
        self._began = pacing.clock()
        self._asked = turn.current

    def begin(self) -> float | None:
        """Begin a try. Returns its timeout in seconds; None: as long as it takes."""
        self._began, self._asked = self._pacing.clock(), self._turn.current
        seconds = min(self._bounds.each, self._deadline - self._began)
        return None if math.isinf(seconds) else max(seconds, 0.0)

    def alive(self) -> None:
        """The gateway is there, so it has not been failing until now."""
        self._failing_since = math.inf
        self._untried = self._turn.others

    def progressed(self) -> None:
        """The gateway has answered, so earlier failures no longer count."""
        self.alive()
        self._failures = 0

    def pause_after(self, error: CallgateError) -> float:
        """Seconds to wait before the same request is sent again. Raises the error where that is useless, or too late."""
        error.idempotency_key = self._key
        now = self._pacing.clock()
        self._judge(error, now - self._began)
        if self._moves_on(error) and now < self._deadline:
            return 0.0
        self._failing_since = min(self._failing_since, now)
        pause = max(self._pacing.random() * self._interval(), error.retry_after or 0.0)
        self._failures += 1
        patience = math.inf if isinstance(error, NoAnswer) else self._failing_since + self._policy.patience
        if not error.retryable or now + pause >= min(self._deadline, patience):
            raise error
        return pause

    def _judge(self, error: CallgateError, lasted: float) -> None:
        """What a try that lasted so many seconds says of the gateway's health."""
        if isinstance(error, ConnectionBroken | ProxyAnswered):
            self._bounds.broke(lasted)
        if isinstance(error, ConnectionBroken) and lasted >= QUIET_HEALTH:
            self.progressed()
        # A gateway that does not answer in time is at work on the call and has not failed: only the deadline ends the wait.
        if isinstance(error, NoAnswer):
            self._failing_since = math.inf

    def _moves_on(self, error: CallgateError) -> bool:
        """Whether another gateway is to be asked at once. Each is asked once before patience is spent."""
        of_this_gateway = isinstance(error, GatewayUnavailable | Overloaded) and not isinstance(
            error, BudgetExhausted | UpstreamOpen
        )
        if not (error.retryable and of_this_gateway):
            return False
        self._turn.leave(self._asked)
        self._untried -= 1
        if self._untried < 0:
            self._untried = self._turn.others
            return False
        return True

    def _interval(self) -> float:
        # An exponent without a bound would overflow after a thousand failures. A pause must leave patience for another try.
        return min(self._policy.cap, self._policy.patience / 2, self._policy.first * 2.0 ** min(self._failures, 32))
