"""How late the event loop was of late. A loop that is late hears a reply late, and then it is not Redis that is slow."""

import asyncio
from collections import deque
from time import monotonic

#: Seconds between two ticks. What is over is how late the loop was.
TICK = 0.05

#: Ticks that are remembered.
TICKS = 40


class LoopLateness:
    """Ticks while it is asked to watch, and for a second after that: a gateway at rest is not woken."""

    def __init__(self) -> None:
        self._ticks: deque[tuple[float, float]] = deque(maxlen=TICKS)
        self._next: asyncio.TimerHandle | None = None
        self._due = 0.0
        self._until = 0.0

    def watch(self) -> None:
        """See to it that the lateness of the second to come is known. Costs next to nothing, and is to be called often."""
        self._until = monotonic() + 1.0
        if self._next is None:
            self._arm()

    def since(self, moment: float) -> float:
        """Seconds by which the loop was late in all since `moment` of the monotonic clock; a tick that is overdue counts."""
        late = sum(late for when, late in self._ticks if when > moment)
        return late + (max(0.0, monotonic() - self._due) if self._next is not None else 0.0)

    def stop(self) -> None:
        if self._next is not None:
            self._next.cancel()
            self._next = None

    def _arm(self) -> None:
        self._due = monotonic() + TICK
        self._next = asyncio.get_running_loop().call_later(TICK, self._tick)

    def _tick(self) -> None:
        now = monotonic()
        self._ticks.append((now, max(0.0, now - self._due)))
        self._next = None
        if now < self._until:
            self._arm()
