"""What a stream that was cut goes on from: the last events of a session, bounded, in memory.

The SDK has one store for all sessions, and names streams by their requests' ids, which sessions have in common. So each session
has events of its own here, found by the context in which the SDK asks: that of the session's own task, or of a request that was
found to belong to it.
"""

from collections import deque
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from itertools import count

#: Events of a session, their bytes, and the bytes of all sessions.
MOST, BYTES, BYTES_OF_ALL = 256, 1 << 20, 64 << 20


@dataclass(slots=True)
class EventRoom:
    """The bytes that all sessions' events take."""

    most: int = BYTES_OF_ALL
    taken: int = 0


@dataclass(frozen=True, slots=True)
class KeptEvent:
    """`content`: a message in JSON; None: nothing but a place to go on from."""

    number: int
    stream: str
    content: bytes | None


@dataclass(slots=True, eq=False)
class SessionEvents:
    """Of one session, oldest first. An id is the event's number, which no other event of the session has."""

    room: EventRoom
    _events: deque[KeptEvent] = field(default_factory=deque)
    _bytes: int = 0
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def keep(self, stream: str, content: bytes | None) -> str:
        event = KeptEvent(next(self._numbers), stream, content)
        self._events.append(event)
        self._count(len(content or b""))
        while len(self._events) > MOST or self._bytes > BYTES or (self.room.taken > self.room.most and self._bytes):
            self._forget_oldest()
        return str(event.number)

    def after(self, id: str) -> tuple[str, list[KeptEvent]] | None:
        """The stream of the event of this id, and what came on it since. None where not all of that is known any more."""
        number = int(id) if id.isascii() and id.isdecimal() and len(id) < 20 else 0  # noqa: PLR2004 - it was a number of ours
        found = next((event for event in self._events if event.number == number), None)
        if found is None:
            return None
        return found.stream, [event for event in self._events if event.number > number and event.stream == found.stream]

    def forget(self) -> None:
        while self._events:
            self._forget_oldest()

    def _forget_oldest(self) -> None:
        self._count(-len(self._events.popleft().content or b""))

    def _count(self, size: int) -> None:
        self._bytes += size
        self.room.taken += size


#: Those of the session in whose context this runs.
current_events: ContextVar[SessionEvents | None] = ContextVar("current_events", default=None)
