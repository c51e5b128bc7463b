"""A call's arguments, as a gateway reads them before it looks at the tool: I-JSON (RFC 7493), and of a bounded depth."""

import json
import math
from typing import Any

from callgate.errors import ArgumentsInvalid, Violation

#: Objects and lists, one within the other.
LEVELS = 64
#: A double is exact up to here.
LARGEST = (1 << 53) - 1


def arguments_from(given: bytes) -> dict[str, Any]:
    """Raises ArgumentsInvalid."""
    try:
        arguments = json.loads(given)
    except (ValueError, RecursionError):
        arguments = None
    if not isinstance(arguments, dict):
        raise _refused("a JSON object")
    _look_at(arguments, LEVELS)
    return arguments


def _look_at(value: Any, levels: int) -> None:
    if isinstance(value, dict | list):
        if levels == 0:
            raise _refused(f"at most {LEVELS} levels of nesting")
        for one in value.values() if isinstance(value, dict) else value:
            _look_at(one, levels - 1)
    elif isinstance(value, float) and not math.isfinite(value):
        raise _refused("numbers that a double can hold")
    elif isinstance(value, int) and abs(value) > LARGEST:
        raise _refused("integers within ±(2**53 - 1); larger ones as strings")


def _refused(expected: str) -> ArgumentsInvalid:
    return ArgumentsInvalid(
        f"the arguments cannot be taken: expected {expected}",
        cure="Correct the arguments and call again.",
        violations=(Violation("", expected),),
    )
