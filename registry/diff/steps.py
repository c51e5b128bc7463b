"""What a comparison of schemas may take: counted, so that two schemas have the same findings on every machine."""

from typing import Any

#: Values that one comparison may look at: less than a second of work, and some ten megabytes. The rest counts as changed, so
#: that an operator reviews it.
VALUES = 500_000


class TooLargeToCompare(Exception):
    """The steps are used up."""


class Steps:
    """Counts values that are looked at. What a schema has in many places counts in each, as it is read in each."""

    def __init__(self, values: int = VALUES) -> None:
        self._left = values
        # With the value itself, so that no other one is made at its place.
        self._sizes: dict[int, tuple[Any, int]] = {}

    def take(self, values: int = 1) -> None:
        """Raises TooLargeToCompare."""
        self._left -= values
        if self._left < 0:
            raise TooLargeToCompare

    def take_all_of(self, value: Any) -> None:
        """Raises TooLargeToCompare."""
        self.take(self._size(value))

    def _size(self, value: Any) -> int:
        """How many values are in it, itself included."""
        if not isinstance(value, dict | list):
            return 1
        if id(value) not in self._sizes:
            self.take()
            inside = value.values() if isinstance(value, dict) else value
            self._sizes[id(value)] = value, 1 + sum(map(self._size, inside))
        return self._sizes[id(value)][1]
