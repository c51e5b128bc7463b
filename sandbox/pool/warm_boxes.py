"""The boxes that wait, by kind, each with the time at which it has waited too long."""

import random
from collections import deque
from collections.abc import Callable, Iterator

from sandbox.api.spec import BoxSpec
from sandbox.box.box import SocketBox

#: A box's age limit is drawn from the last fifth of the longest wait: boxes that were made together are not replaced together.
_SPREAD = 0.2


class WarmBoxes:
    """`clock` returns seconds; a box may wait `oldest` seconds."""

    def __init__(self, clock: Callable[[], float], oldest: float) -> None:
        self._clock = clock
        self._oldest = oldest
        self._shelves: dict[BoxSpec, deque[SocketBox]] = {}
        self._until: dict[SocketBox, float] = {}

    def __len__(self) -> int:
        return len(self._until)

    def __contains__(self, box: SocketBox) -> bool:
        return box in self._until

    def __iter__(self) -> Iterator[SocketBox]:
        return iter(list(self._until))

    def count(self, spec: BoxSpec) -> int:
        return len(self._shelves.get(spec, ()))

    def put(self, box: SocketBox) -> None:
        self._shelves.setdefault(box.spec, deque()).append(box)
        self._until[box] = self._clock() + self._oldest * (1 - _SPREAD * random.random())  # noqa: S311 - no secret

    def take(self, spec: BoxSpec) -> SocketBox | None:
        """Remove and return the box of this kind that has waited longest."""
        shelf = self._shelves.get(spec)
        return self.remove(shelf[0]) if shelf else None

    def fit(self, spec: BoxSpec) -> SocketBox | None:
        """The box of this kind that has waited longest and can be leased. It stays."""
        return next((box for box in self._shelves.get(spec, ()) if box.fit), None)

    def remove(self, box: SocketBox) -> SocketBox:
        del self._until[box]
        self._shelves[box.spec].remove(box)
        if not self._shelves[box.spec]:
            del self._shelves[box.spec]
        return box

    def aged(self) -> SocketBox | None:
        """A box that has waited too long."""
        now = self._clock()
        return next((box for box, until in self._until.items() if until <= now), None)

    def specs(self) -> tuple[BoxSpec, ...]:
        return tuple(self._shelves)
