"""Which of a message's equal calls is made, where a framework tells its tool neither the call's id nor its position."""

import threading
from collections import Counter
from collections.abc import Hashable, Sequence

from callgate.adapters.answers import Answer
from callgate.adapters.inner_calls import meant
from callgate.adapters.written import ModelCall, read
from callgate.canonical import canonical
from callgate.keys import occurrences


class Equals:
    """Equal calls ask for the same, so it makes no difference which is which: they take turns, in the order in which they come.

    A message's equal calls take as many turns as there are of them, over and over. So a call that a framework makes once more
    takes the turn of one that was made, and a message that a resumed agent makes again takes the turns of before. From any
    thread.
    """

    def __init__(self) -> None:
        self._come: Counter[Hashable] = Counter()
        self._lock = threading.Lock()

    def occurrence(self, call: ModelCall, message: Sequence[ModelCall], place: Hashable) -> int:
        """The turn of a call of the message at this place. One that the message has not, or has once, is the first."""
        (asked,) = read([call])
        if isinstance(asked, Answer):
            return 0
        name, arguments = meant(call.name, asked.arguments)
        said = [
            meant(one.name, found.arguments)
            for one, found in zip(message, read(message), strict=True)
            if one.name == call.name and not isinstance(found, Answer)
        ]
        equal = occurrences([*said, (name, arguments)])[-1]
        if equal <= 1:
            return 0
        return self._turn((place, name, canonical(arguments))) % equal

    def _turn(self, key: Hashable) -> int:
        with self._lock:
            self._come[key] += 1
            return self._come[key] - 1
