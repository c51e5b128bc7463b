"""How many boxes of each kind should wait: enough for the callers that come while one more is made."""

import math
from collections.abc import Callable, Collection, Iterator

from sandbox.api.pool_stats import Durations
from sandbox.api.spec import RUNNER, BoxSpec

#: Seconds over which arrivals are averaged. Older arrivals count less and less.
MEMORY = 10.0

#: Seconds after the last arrival for which boxes of a kind are still kept waiting.
FORGET = 60.0


class DemandForecast:
    """The arrivals of callers for one kind of box. `clock` returns seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._weight = 0.0
        self._last = -math.inf

    def arrive(self) -> None:
        self._weight = self._faded() + 1
        self._last = self._clock()

    @property
    def lives(self) -> bool:
        """Whether a caller came lately."""
        return self._clock() - self._last <= FORGET

    @property
    def rate(self) -> float:
        """Arrivals per second."""
        return self._faded() / MEMORY

    def wanted(self, make_seconds: float, least: int, most: int) -> int:
        """How many boxes should wait, where making one takes `make_seconds`.

        While one box is made, `rate * make_seconds` callers come in the mean. Arrivals follow a Poisson distribution, so two
        standard deviations are added.
        """
        if not self.lives:
            return least
        load = self.rate * make_seconds
        return min(most, max(least, math.ceil(load + 2 * math.sqrt(load))))

    def _faded(self) -> float:
        return self._weight * math.exp((self._last - self._clock()) / MEMORY) if self._weight else 0.0


class Demand:
    """The forecasts of all kinds that are kept waiting: the runner's kind always, another kind once a caller came for it.

    Of the runner's kind at least `size` boxes wait, and up to twice as many where callers come often; of another kind, at most
    `size`. `making_time` is how long boxes took to be made.
    """

    def __init__(self, clock: Callable[[], float], size: int, making_time: Durations) -> None:
        self._clock = clock
        self._size = size
        self._making_time = making_time
        self._forecasts = {RUNNER: DemandForecast(clock)}

    def __contains__(self, spec: BoxSpec) -> bool:
        return spec in self._forecasts

    def __iter__(self) -> Iterator[BoxSpec]:
        return iter(self._forecasts)

    def arrive(self, spec: BoxSpec) -> None:
        """A caller came for a box of this kind."""
        if spec not in self._forecasts:
            self._forecasts[spec] = DemandForecast(self._clock)
        self._forecasts[spec].arrive()

    def wanted(self, spec: BoxSpec) -> int:
        """How many boxes of this kind should wait: none, where the kind is not kept."""
        if spec not in self._forecasts:
            return 0
        least, most = (self._size, 2 * self._size) if spec == RUNNER else (0, self._size)
        return self._forecasts[spec].wanted(self._making_time.recent, least, most)

    def forget(self, spec: BoxSpec) -> None:
        """Keep no box of this kind waiting until the next caller comes for one."""
        if spec != RUNNER:
            self._forecasts.pop(spec, None)

    def forget_quiet(self, stocked: Collection[BoxSpec]) -> None:
        """Forget every kind for which no caller came lately, except those of which a box still waits."""
        for spec in [spec for spec, forecast in self._forecasts.items() if not forecast.lives and spec not in stocked]:
            self.forget(spec)
