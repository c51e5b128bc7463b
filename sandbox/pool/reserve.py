"""The last boxes that wait are for tenants that take few, where several call: one that calls much never takes them all.

Without this, a tenant's caller would wait for a box to be made whenever another tenant takes boxes as fast as they are made.
What counts is what tenants take and wait for, not what they hold: most calls are over long before the next box is made.
"""

import math
from collections.abc import Callable

#: Seconds over which what a tenant takes is averaged: about as long as a burst takes to empty a pool.
MEMORY = 1.0
#: Seconds for which a tenant counts that takes nothing more.
LATELY = 60.0
#: Of the boxes that wait, one in so many is kept.
ONE_IN = 4


class Reserve:
    """Of `size` boxes that wait. `clock` returns seconds, and `waiting` how many callers of a tenant wait for a box. A pool of
    one box keeps none."""

    def __init__(self, clock: Callable[[], float], size: int, waiting: Callable[[str], int]) -> None:
        self._clock = clock
        self._waiting = waiting
        self._kept = math.ceil(size / ONE_IN) if size > 1 else 0
        #: By tenant: what it has taken, older boxes counting less and less; and when it took the last one.
        self._taken: dict[str, tuple[float, float]] = {}

    def note(self, tenant: str) -> None:
        """The tenant has taken a box."""
        now = self._clock()
        self._taken[tenant] = self._recent(tenant) + 1, now
        self._taken = {name: (weight, last) for name, (weight, last) in self._taken.items() if now - last <= LATELY}

    @property
    def boxes(self) -> int:
        """How many are kept now: none, where one tenant alone takes boxes."""
        now = self._clock()
        return self._kept if sum(now - last <= LATELY for _, last in self._taken.values()) > 1 else 0

    def is_for(self, tenant: str) -> bool:
        """Whether this tenant takes few: it wants fewer boxes than the taker of a box wants in the mean, over the boxes.

        Tenants that take next to nothing so do not make one that takes its fair share seem to take much.
        """
        wanted = [self._wanted(name) for name in self._taken]
        whole = sum(wanted)
        return not whole or self._wanted(tenant) < sum(one * one for one in wanted) / whole

    def _wanted(self, tenant: str) -> float:
        return self._recent(tenant) + self._waiting(tenant)

    def _recent(self, tenant: str) -> float:
        weight, last = self._taken.get(tenant, (0.0, -math.inf))
        return weight * math.exp((last - self._clock()) / MEMORY) if weight else 0.0
