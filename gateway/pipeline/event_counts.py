"""What a streamed answer's events count, as they pass: of each number the last one."""

import asyncio
import math
import re
from typing import Any

import orjson

from registry.calling.answer_events import AnswerEvent, EventReader
from registry.model.accounting import Meter
from registry.model.json_limits import is_light
from registry.model.json_pointer import find, tokens

#: Bytes that are looked through between two turns of others.
STEP = 16 << 10

#: No index of a list, which no text has; nor what JSON may write with escapes.
_PLAIN = re.compile(r"(?!\d+\Z)[\w .-]+", re.ASCII)


class EventCounts:
    """Takes an answer of this content type, which is a stream's. Of its events those are read that have one of the names in
    them, however many there are; what `found` has of a meter is of the last event that has it, wherever that stands."""

    def __init__(self, meters: tuple[Meter, ...], content_type: str) -> None:
        self.found: dict[Meter, float] = {}
        self._meters = meters
        self._names = {_name(pointer) for meter in meters for pointer in meter.pointers}
        self._events = EventReader(content_type, math.inf)

    async def feed(self, content: bytes | bytearray | memoryview) -> None:
        for start in range(0, len(content) if self._meters else 0, STEP):
            self._take(self._events.feed(bytes(content[start : start + STEP])))
            await asyncio.sleep(0)

    def end(self) -> None:
        """The answer has come to its end: it did not break off."""
        self._take(self._events.end())

    def _take(self, events: list[AnswerEvent]) -> None:
        for event in events:
            if any(name in event.data for name in self._names):
                value = read_json(event.data)
                counts = ((meter, count_of(meter, value)) for meter in self._meters)
                self.found |= {meter: count for meter, count in counts if count is not None}


def count_of(meter: Meter, value: Any) -> float | None:
    for pointer in meter.pointers:
        for number in find(pointer, value):
            if isinstance(number, int | float) and not isinstance(number, bool) and math.isfinite(number) and number >= 0:
                return float(number)
    return None


def read_json(text: bytes) -> Any:
    """None where it is no JSON, or of so many values that to read it would hold up others."""
    try:
        return orjson.loads(text) if is_light(text) else None
    except orjson.JSONDecodeError:
        return None


def _name(pointer: str) -> bytes:
    """What a text that has what the pointer leads to has in it: a member's name that is written in one way only."""
    return next((token.encode() for token in reversed(tokens(pointer)) if _PLAIN.fullmatch(token)), b"")
