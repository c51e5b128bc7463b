"""What a call has cost: a number of the manifest's, and numbers in its answer times their prices."""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from gateway.decisions.result_policy import Again
from gateway.model.invocation import Answer, Cost, Outcome, Verdict
from gateway.pipeline.event_counts import EventCounts, count_of, read_json
from registry.model.accounting import Meter
from registry.model.media_types import is_stream
from registry.model.tool import Draft
from sandbox.api.result import Responded, Result


class _Found(NamedTuple):
    """What answers have of the meters, and of which of these not each answer has something."""

    counts: Mapping[Meter, float]
    lacking: frozenset[Meter] = frozenset()


async def priced(
    draft: Draft, result: Result, meaning: Again | Outcome, passed: Mapping[Meter, float] | None = None
) -> Again | Outcome:
    """The same, with what the attempt has cost, if it was sent and its tool says what that costs. `passed`: what was counted of
    a stream that is too large to be told, as it passed."""
    if result.evidence.undone or not (draft.cost or draft.meters):
        return meaning
    outcome = meaning.otherwise if isinstance(meaning, Again) else meaning
    outcome = replace(outcome, cost=_cost(draft, await _found(draft.meters, result, outcome, passed)))
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


async def _found(meters: tuple[Meter, ...], result: Result, outcome: Outcome, passed: Mapping[Meter, float] | None) -> _Found:
    """The box has counted in all that it has got of JSON, more than is told: pages, and what is an artifact."""
    if isinstance(result, Responded) and len(result.counts) == len(meters):
        counted = dict(zip(meters, result.counts, strict=True))
        lacking = frozenset(meter for meter, one in counted.items() if one.lacked)
        return _Found({meter: one.sum for meter, one in counted.items() if one.had}, lacking)
    if passed is not None:
        return _Found(passed)
    return _Found(await _counts(meters, outcome.answer, whole=outcome.verdict is Verdict.SUCCEEDED))


def _named(meters: tuple[Meter, ...]) -> list[tuple[str, Meter]]:
    """Each by its name, or by its whole pointer where another has the same name."""
    names = Counter(meter.name for meter in meters)
    return [(meter.name if names[meter.name] == 1 else meter.pointers[0], meter) for meter in meters]


async def _counts(meters: tuple[Meter, ...], answer: Answer | None, *, whole: bool) -> dict[Meter, float]:
    if answer is None or not meters:
        return {}
    if is_stream(answer.content_type):
        counts = EventCounts(meters, answer.content_type)
        await counts.feed(answer.body)
        if whole:
            counts.end()
        return counts.found
    value = read_json(answer.body)
    return {meter: count for meter in meters if (count := count_of(meter, value)) is not None}
