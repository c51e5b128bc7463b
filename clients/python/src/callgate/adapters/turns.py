"""Which call is which, for frameworks that tell a tool the id of its call at most, and show the model's messages elsewhere."""

import threading
from collections.abc import Sequence

from callgate.adapters.answers import Answer
from callgate.adapters.place import Place
from callgate.adapters.written import ModelCall, read


class Turns:
    """The messages of one run's model, as they come. `heard` is told each, by a hook or a callback of the framework, before its
    calls are made.

    `begun`: how many messages the run has had already, where it is resumed in the middle: as many as its history has. From any
    thread.
    """

    def __init__(self, run: str, begun: int = 0) -> None:
        self.run = run
        self.step = begun
        self._places: dict[str, Place] = {}
        self._lock = threading.Lock()

    def heard(self, calls: Sequence[ModelCall]) -> None:
        """The model's next message, with these calls. A message without any counts, too."""
        found = read(calls)
        with self._lock:
            self.step += 1
            for call, one in zip(calls, found, strict=True):
                if not isinstance(one, Answer):
                    self._places[call.id] = Place(self.run, self.step, occurrence=one.occurrence)

    def place(self, call_id: str | None = None) -> Place:
        """The place of the call of this id. Without one, and for one that no message has had, that of the last message alone,
        whose equal calls are one then."""
        with self._lock:
            return self._places.get(call_id or "", Place(self.run, self.step))
