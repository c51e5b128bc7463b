"""When refused callers are to come back: one after another, so that they neither come all at once nor keep the gateway busy
with refusing them."""

import random
from collections.abc import Callable
from time import monotonic

#: Callers of one tenant that are asked back in one second.
RATE = 10.0
#: Seconds.
SOONEST, LATEST = 0.5, 15.0


class ReturnTimes:
    """`clock` returns seconds; `dice` fall from 0 to 1."""

    def __init__(self, clock: Callable[[], float] = monotonic, dice: Callable[[], float] = random.random) -> None:
        self._clock = clock
        self._dice = dice
        self._last: dict[str, float] = {}

    def next(self, tenant: str) -> float:
        """Seconds until the tenant's next refused caller is to come back. Where too many were refused to have a time of their
        own, it is drawn."""
        now = self._clock()
        due = max(now + SOONEST, self._last.get(tenant, now) + 1 / RATE)
        if due > now + LATEST:
            return LATEST * (1 + self._dice()) / 2
        self._last[tenant] = due
        return due - now
