"""What a call has cost: a number of the manifest's, and numbers in its answer times their prices."""

import asyncio
import math
import re
from collections import Counter, deque
from dataclasses import replace
from typing import Any, NamedTuple

import orjson

from gateway.decisions.result_policy import Again
from gateway.model.invocation import Answer, Cost, Outcome, Verdict
from gateway.pipeline.large_answers import TAIL
from registry.calling.answer_events import MOST, read_events
from registry.model.accounting import Meter
from registry.model.json_limits import is_light
from registry.model.json_pointer import find, tokens
from registry.model.media_types import is_stream
from registry.model.tool import Draft
from sandbox.api.result import Responded, Result

#: Events that are looked at between two turns of others: each may be of a quarter of a megabyte.
TURN = 16

#: No index of a list, which no text has; nor what JSON may write with escapes.
_PLAIN = re.compile(r"(?!\d+\Z)[\w .-]+", re.ASCII)


class _Found(NamedTuple):
    """What answers have of the meters, and of which of these not each answer has something."""

    counts: dict[Meter, float]
    lacking: frozenset[Meter] = frozenset()


async def priced(draft: Draft, result: Result, meaning: Again | Outcome, tail: bytes = b"") -> Again | Outcome:
    """The same, with what the attempt has cost, if it was sent and its tool says what that costs. `tail`: the end of a stream
    that is too large to be told."""
    if result.evidence.undone or not (draft.cost or draft.meters):
        return meaning
    outcome = meaning.otherwise if isinstance(meaning, Again) else meaning
    outcome = replace(outcome, cost=_cost(draft, await _found(draft.meters, result, outcome, tail)))
    return replace(meaning, otherwise=outcome) if isinstance(meaning, Again) else outcome


def _cost(draft: Draft, found: _Found) -> Cost:
    amount, counts = draft.cost, dict[Meter, float]()
    for meter, count in found.counts.items():
        # What no number can tell is none: neither endless nor free.
        if math.isfinite(more := amount + count * meter.price):
            amount, counts[meter] = more, count
    missing = {meter for meter in draft.meters if meter not in counts or meter in found.lacking}
    named = _named(draft.meters)
    return Cost(
        amount,
        tuple((name, counts[meter]) for name, meter in named if meter in counts),
        tuple(name for name, meter in named if meter in missing),
    )


async def _found(meters: tuple[Meter, ...], result: Result, outcome: Outcome, tail: bytes) -> _Found:
    """The box has counted in all that it has got of JSON, more than is told: pages, and what is an artifact."""
    if isinstance(result, Responded) and len(result.counts) == len(meters):
        counted = dict(zip(meters, result.counts, strict=True))
        lacking = frozenset(meter for meter, one in counted.items() if one.lacked)
        return _Found({meter: one.sum for meter, one in counted.items() if one.had}, lacking)
    answer = outcome.answer
    if answer is not None and tail:  # from its first line that is whole
        answer = replace(answer, body=tail if len(tail) < TAIL else tail.partition(b"\n")[2])
    return _Found(await _counts(meters, answer, whole=outcome.verdict is Verdict.SUCCEEDED))


def _named(meters: tuple[Meter, ...]) -> list[tuple[str, Meter]]:
    """Each by its name, or by its whole pointer where another has the same name."""
    names = Counter(meter.name for meter in meters)
    return [(meter.name if names[meter.name] == 1 else meter.pointers[0], meter) for meter in meters]


async def _counts(meters: tuple[Meter, ...], answer: Answer | None, *, whole: bool) -> dict[Meter, float]:
    if answer is None or not meters:
        return {}
    if is_stream(answer.content_type):
        return await _of_events(meters, answer, whole=whole)
    value = _read(answer.body)
    return {meter: count for meter in meters if (count := _count(meter, value)) is not None}


async def _of_events(meters: tuple[Meter, ...], answer: Answer, *, whole: bool) -> dict[Meter, float]:
    """Of the last event that has it, however many there are. Only those are read that have one of the names in them."""
    names = {_name(pointer) for meter in meters for pointer in meter.pointers}
    having = deque[bytes](maxlen=MOST)
    for step in read_events(answer.content_type, answer.body, whole=whole, most=math.inf):
        having += (event.data for event in step if any(name in event.data for name in names))
        await asyncio.sleep(0)
    found: dict[Meter, float] = {}
    for place, data in enumerate(reversed(having)):
        if place % TURN == TURN - 1:
            await asyncio.sleep(0)
        value, left = _read(data), (meter for meter in meters if meter not in found)
        found |= {meter: count for meter in left if (count := _count(meter, value)) is not None}
        if len(found) == len(meters):
            break
    return found


def _name(pointer: str) -> bytes:
    """What a text that has what the pointer leads to has in it: a member's name that is written in one way only."""
    return next((token.encode() for token in reversed(tokens(pointer)) if _PLAIN.fullmatch(token)), b"")


def _count(meter: Meter, value: Any) -> float | None:
    for pointer in meter.pointers:
        for number in find(pointer, value):
            if isinstance(number, int | float) and not isinstance(number, bool) and math.isfinite(number) and number >= 0:
                return float(number)
    return None


def _read(text: bytes) -> Any:
    """None where it is no JSON, or of so many values that to read it would hold up others."""
    try:
        return orjson.loads(text) if is_light(text) else None
    except orjson.JSONDecodeError:
        return None
