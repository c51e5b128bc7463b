"""What the fake pool counts in an answer, as `runner/counts.go` does."""

import json
import math
from typing import Any

from sandbox.api.job import Job
from sandbox.api.result import CountedNumber

_STREAMS = frozenset(("event-stream", "json-seq", "stream+json", "ndjson", "jsonl", "jsonlines", "json-lines"))


def counted(job: Job, content_type: str, body: bytes, secrets: tuple[str, ...]) -> tuple[CountedNumber, ...]:
    """In the job's order; nothing of a stream. A number that has a secret in it is none."""
    if content_type.partition(";")[0].strip().lower().rpartition("/")[2].removeprefix("x-") in _STREAMS:
        return ()
    try:
        value = json.loads(body, parse_int=_WrittenNumber, parse_float=_WrittenNumber)
    except ValueError:
        value = None
    numbers = [_number(pointers, value, secrets) for pointers in job.counts]
    return tuple(CountedNumber(0.0, 0, 1) if number is None else CountedNumber(number, 1, 0) for number in numbers)


class _WrittenNumber(str):
    """A number, as it is written."""

    __slots__ = ()


def _number(pointers: tuple[str, ...], value: Any, secrets: tuple[str, ...]) -> float | None:
    for pointer in pointers:
        found = _at(pointer, value)
        if isinstance(found, _WrittenNumber) and not any(secret in found for secret in secrets):
            number = float(found)
            if number >= 0 and math.isfinite(number):
                return number
    return None


def _at(pointer: str, value: Any) -> Any:
    for step in pointer.split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict):
            value = value.get(name)
        else:
            value = value[int(name)] if isinstance(value, list) and name.isdigit() and int(name) < len(value) else None
    return value
