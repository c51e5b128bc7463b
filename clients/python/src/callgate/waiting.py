"""How long a call is waited for, and how long each of its requests may be silent."""

from collections.abc import Callable

#: Seconds for a call without a timeout.
CALL_SECONDS = 120.0
#: Seconds that a call with a timeout gets in addition, for the gateway to answer in.
MARGIN_SECONDS = 10.0
#: Seconds without an answer after which a call is sent again, to attach to the one under way.
TRY_SECONDS = 60.0
#: Seconds. The client does not ask again after a call under way when less than that is left.
SOON = 1.0
#: Seconds. A connection that breaks earlier was not ended for being silent.
SHORTEST_SILENCE = 0.5
#: By how much longer the next request may be silent, once one was answered in time.
GROWTH = 1.5


class Waiting:
    """How long a call is waited for: `wait` seconds, or, without that, as long as it may take.

    The bounds of each of its requests, too. A request is silent until the call has ended, and a proxy may end it for that. Then
    the next one asks for an answer in half the time, and what is answered in time lets the next be silent for longer.
    """

    each = TRY_SECONDS

    def __init__(self, timeout: float | None, wait: float | None, clock: Callable[[], float]) -> None:
        longest = CALL_SECONDS if timeout is None else timeout + MARGIN_SECONDS
        self._clock = clock
        self._asked = wait is not None
        self._end = clock() + (longest if wait is None else max(wait, 0.0))
        self._silence = TRY_SECONDS

    @property
    def left(self) -> float:
        return max(0.0, self._end - self._clock())

    @property
    def over(self) -> bool:
        return self.left < SOON

    @property
    def seconds(self) -> float | None:
        """How long the gateway is to wait. None: the gateway takes it from the RPC's deadline."""
        if self._silence >= TRY_SECONDS:
            return self.left if self._asked else None
        return min(self.left, self._silence)

    @property
    def total(self) -> float:
        return self.left + MARGIN_SECONDS if self._asked else self.left

    def broke(self, lasted: float) -> None:
        if lasted >= SHORTEST_SILENCE:
            self._silence = max(SHORTEST_SILENCE, min(lasted, self._silence) / 2)

    def answered(self) -> None:
        """The gateway has said in time that the call is under way."""
        self._silence = min(TRY_SECONDS, self._silence * GROWTH)
