"""A comparison as text: where the runs part first, what differs after that, and the sums of both."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator

from callgate.recorded.calls import RecordedCall, RecordedRun
from callgate.recorded.comparison import ComparedCall, Comparison, Difference
from callgate.recorded.pointers import ABSENT, Change
from callgate.recorded.run_names import names_of
from callgate.visible import visible

#: Characters of a value, and places of one call, that are shown.
WIDTH, PLACES = 100, 20
_WORDS = {
    Difference.MISSING: "is missing",
    Difference.EXTRA: "is made in addition",
    Difference.MOVED: "is made at another place, as call",
    Difference.VERSION: "another version answers",
    Difference.ARGUMENTS: "other arguments",
    Difference.OUTCOME: "another outcome",
}
_MARKS = {Difference.MISSING: "-", Difference.EXTRA: "+"}


def report(comparison: Comparison) -> str:
    """Lines for people. Texts of strangers cannot drive a terminal: what is hidden in them is shown."""
    return "\n".join(_lines(comparison))


def _lines(comparison: Comparison) -> Iterator[str]:
    if not comparison.differs:
        yield "The runs are equal."
    else:
        first = comparison.differing[0]
        several = any(len(names_of(one)) > 1 for one in (comparison.first, comparison.second))
        yield f"The runs part at {_place(first, several)}: {_said(first)}."
        yield ""
        yield from _calls(comparison.calls, several)
        yield ""
    yield from _sums(comparison.first, comparison.second)


def _place(one: ComparedCall, several: bool) -> str:
    """As the agent names it. `several`: there is more than one run."""
    step = f", step {visible(one.call.step)}" if one.call.step else ""
    run = f", run {visible(one.call.run)}" if several and one.call.run else ""
    return f"call {one.number}{step}{run}"


def _calls(calls: Iterable[ComparedCall], several: bool) -> Iterator[str]:
    equal = 0
    for one in calls:
        if not one.differences:
            equal += 1
            continue
        yield from _equal(equal)
        yield from _differing(one, several)
        equal = 0
    yield from _equal(equal)


def _equal(calls: int) -> Iterator[str]:
    if calls:
        yield f"  = {calls} {'call is' if calls == 1 else 'calls are'} equal"


def _differing(one: ComparedCall, several: bool) -> Iterator[str]:
    mark = _MARKS.get(one.differences[0], "~")
    yield f"  {mark} {_place(one, several)}: {_said(one)}"
    if not one.changes and Difference.VERSION not in one.differences:
        yield f"      {_value(one.call.arguments) if one.call.arguments is not None else 'arguments that are not known'}"
    if one.before and one.after:
        yield from _endings(one.before, one.after, one)


def _said(one: ComparedCall) -> str:
    moved = f" {one.moved_to}" if one.moved_to is not None else ""
    return f"{visible(one.call.tool)}: {', '.join(_WORDS[each] for each in one.differences)}{moved}"


def _endings(before: RecordedCall, after: RecordedCall, one: ComparedCall) -> Iterator[str]:
    if Difference.VERSION in one.differences:
        yield f"      {visible(before.tool)} → {visible(after.tool)}"
    if Difference.ARGUMENTS in one.differences and not one.changes:
        yield "      They differ in what is secret, or not known."
    if Difference.OUTCOME in one.differences and before.ending != after.ending:
        yield f"      {visible(before.ending)} → {visible(after.ending)}"
        return
    for change in one.changes[:PLACES]:
        yield f"      {_change(change)}"
    if len(one.changes) > PLACES:
        yield f"      … and at {len(one.changes) - PLACES} more places"


def _change(change: Change) -> str:
    return f"{visible(change.pointer) or 'the whole'}: {_value(change.before)} → {_value(change.after)}"


def _value(value: object) -> str:
    if value is ABSENT:
        return "(nothing)"
    written = visible(json.dumps(value, ensure_ascii=False))
    return written if len(written) <= WIDTH else f"{written[:WIDTH]}… ({len(written):,} characters)"


def _sums(first: RecordedRun, second: RecordedRun) -> Iterator[str]:
    yield f"  calls     {_count(first)} → {_count(second)}"
    yield f"  outcomes  {_outcomes(first)} → {_outcomes(second)}"
    costs = _cost(first), _cost(second)
    if any(costs):
        yield f"  cost      {costs[0]:g} → {costs[1]:g}"


def _count(run: RecordedRun) -> int:
    return sum(1 for _ in run.calls)


def _outcomes(run: RecordedRun) -> str:
    counted = Counter(visible(call.ending) for call in run.calls)
    return ", ".join(f"{count} {ending}" for ending, count in sorted(counted.items())) or "none"


def _cost(run: RecordedRun) -> float:
    return sum(float((call.cost or {}).get("amount", 0)) for call in run.calls)
