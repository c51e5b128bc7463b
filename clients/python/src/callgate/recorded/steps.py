"""Which calls of a run stand side by side: those of one step that the agent has named, and those that were under way together.

A call that began after another of its run had ended may depend on it. All others can have come in any order.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from callgate.recorded.calls import RecordedCall, RecordedStep


@dataclass(frozen=True, slots=True)
class Timed:
    """A call, and the numbers of its beginning and its end among all of the run; 0: not known."""

    call: RecordedCall
    begun: int
    ended: int


def steps_of(calls: Iterable[Timed]) -> tuple[RecordedStep, ...]:
    """The steps of each run in their order. Calls of a run whose beginning is not known are one step."""
    groups: list[list[Timed]] = []
    last: dict[str, list[Timed]] = {}
    for one in sorted(calls, key=_place):
        group = last.get(one.call.run)
        if group is not None and _beside(group, one):
            group.append(one)
        else:
            last[one.call.run] = [one]
            groups.append(last[one.call.run])
    return tuple(RecordedStep(group[0].call.step, tuple(one.call for one in group)) for group in groups)


def _beside(group: Sequence[Timed], one: Timed) -> bool:
    named = one.call.step != "" and one.call.step == group[0].call.step
    return named or one.begun < max(earlier.ended or earlier.begun for earlier in group) or one.begun == 0


def _place(one: Timed) -> tuple[int, str, str]:
    return one.begun, *one.call.asked
