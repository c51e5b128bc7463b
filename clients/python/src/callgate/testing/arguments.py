"""A call's arguments, as a gateway reads them before it looks at the tool: I-JSON (RFC 7493), and of a bounded depth."""

import json
import math
from typing import Any

from callgate.errors import ArgumentsInvalid, Violation

#: Objects and lists, one within the other.
LEVELS = 64
#: What a signed or an unsigned integer of 64 bits can hold.
LEAST, MOST = -(1 << 63), (1 << 64) - 1


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
    elif isinstance(value, int) and not LEAST <= value <= MOST:
        raise _refused("integers from -(2**63) to 2**64 - 1; larger ones as strings")


def _refused(expected: str) -> ArgumentsInvalid:
    return ArgumentsInvalid(
        f"the arguments cannot be taken: expected {expected}",
        cure="Correct the arguments and call again.",
        violations=(Violation("", expected),),
    )
