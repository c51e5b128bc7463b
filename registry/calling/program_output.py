"""A program's output → whether it is a result."""

import orjson

from registry.calling.arguments import DEPTH
from registry.model.json_limits import is_deeper


def objection(output: bytes) -> str | None:
    """Why the output is no result, as the end of a sentence. None for a result: one JSON value, no NaN, no lone surrogate."""
    if not output.strip():
        return "is empty"
    try:
        value = orjson.loads(output)
    except orjson.JSONDecodeError:
        return f"is not JSON, or is nested deeper than {DEPTH} levels"
    return f"is nested deeper than {DEPTH} levels" if is_deeper(value, DEPTH) else None
