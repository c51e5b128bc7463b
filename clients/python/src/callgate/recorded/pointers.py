"""Where two JSON values differ, by JSON Pointer (RFC 6901)."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any


class _Absent:
    """What one of the two has and the other does not."""

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT = _Absent()


@dataclass(frozen=True, slots=True)
class Change:
    """`before` and `after` are the values at the pointer, ABSENT where there is none. The pointer "" is the whole."""

    pointer: str
    before: Any = field(hash=False)
    after: Any = field(hash=False)


def changes(before: Any, after: Any, pointer: str = "") -> Iterator[Change]:
    """Each place where the two differ, as deep as they have the same form."""
    if isinstance(before, dict) and isinstance(after, dict):
        for name in [*before, *(one for one in after if one not in before)]:
            yield from changes(before.get(name, ABSENT), after.get(name, ABSENT), f"{pointer}/{_escaped(name)}")
    elif isinstance(before, list) and isinstance(after, list):
        for number in range(max(len(before), len(after))):
            yield from changes(_at(before, number), _at(after, number), f"{pointer}/{number}")
    elif not _equal(before, after):
        yield Change(pointer, before, after)


def _at(values: list[Any], number: int) -> Any:
    return values[number] if number < len(values) else ABSENT


def _equal(before: Any, after: Any) -> bool:
    """As JSON has it: true is not 1, and 1.0 is."""
    return bool(before == after) and isinstance(before, bool) == isinstance(after, bool)


def _escaped(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1")
