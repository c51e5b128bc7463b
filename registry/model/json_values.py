"""JSON's values in Python: which are equal, which are numbers, and which objects are inside one."""

from collections.abc import Iterator
from typing import Any


def equal(one: Any, other: Any) -> bool:
    """Whether two values are the same. To Python 1 == True; to JSON they differ."""
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)


def is_number(value: Any) -> bool:
    """Whether `value` is a number. To Python a bool is an int."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def objects_in(value: Any) -> Iterator[dict[str, Any]]:
    """Every object in `value`, itself included."""
    waiting = [value]
    while waiting:
        current = waiting.pop()
        if isinstance(current, dict):
            yield current
            waiting += current.values()
        elif isinstance(current, list):
            waiting += current
