"""How many boxes of a kind should wait: enough for those who come while one more is being made."""

import math
from collections.abc import Callable

MEMORY = 10.0
"""Seconds over which arrivals are averaged. Older ones count less and less."""

FORGET = 60.0
"""Seconds after the last arrival in which a kind of box is still kept waiting."""


class DemandForecast:
    """The arrivals of one kind. `clock` answers seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._weight = 0.0
        self._last = -math.inf

    def arrive(self) -> None:
        self._weight = self._faded() + 1
        self._last = self._clock()

    @property
    def lives(self) -> bool:
        """Whether anybody came lately."""
        return self._clock() - self._last <= FORGET

    @property
    def rate(self) -> float:
        """Arrivals a second."""
        return self._faded() / MEMORY

    def wanted(self, make_seconds: float, least: int, most: int) -> int:
        """Boxes that should wait, where making one takes so long.

        While one is made, `rate * make_seconds` come in the mean; they come as they please (Poisson), so two deviations more.
        """
        if not self.lives:
            return least
        load = self.rate * make_seconds
        return min(most, max(least, math.ceil(load + 2 * math.sqrt(load))))

    def _faded(self) -> float:
        return self._weight * math.exp((self._last - self._clock()) / MEMORY) if self._weight else 0.0
