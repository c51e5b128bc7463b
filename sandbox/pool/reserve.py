"""The last boxes that wait are for tenants that hold none, where several call: one that calls much never takes them all.

Without this, a tenant's caller would wait for a box to be made whenever another tenant takes boxes as fast as they are made.
"""

import math
from collections.abc import Callable

#: Seconds after which a tenant that has not called again does not count.
LATELY = 60.0
#: Of the boxes that wait, one in so many is kept.
ONE_IN = 4


class Reserve:
    """Of `size` boxes that wait. `clock` returns seconds. A pool of one box keeps none."""

    def __init__(self, clock: Callable[[], float], size: int) -> None:
        self._clock = clock
        self._kept = math.ceil(size / ONE_IN) if size > 1 else 0
        self._newest = ""
        self._newest_came = self._others_came = -math.inf

    def arrive(self, tenant: str) -> None:
        """A caller of this tenant came for a box."""
        if tenant != self._newest:
            self._newest, self._others_came = tenant, self._newest_came
        self._newest_came = self._clock()

    @property
    def boxes(self) -> int:
        """How many are kept now: none, where one tenant alone calls."""
        return self._kept if self._clock() - self._others_came <= LATELY else 0
