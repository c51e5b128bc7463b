"""Which run of one recording is which of another: they are known by their names, or by what they ask."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from callgate.recorded.calls import RecordedCall, RecordedRun, RecordedStep

#: Whether a run of the second recording may be this one of the first, by their calls.
Fits = Callable[[Sequence[RecordedCall], Sequence[RecordedCall]], bool]


def names_of(recorded: RecordedRun) -> list[str]:
    """Of the runs, in the order of their first calls."""
    return list(dict.fromkeys(call.run for call in recorded.calls))


def paired(first: RecordedRun, second: RecordedRun) -> dict[str, str]:
    """The names of the second's runs, each with that of the first: the same where both have it, or else as a gateway replays.

    A run of another name is the first one that has a call of its, and that no other run is. What is left is paired as it comes.
    """
    found = {name: name for name in names_of(second) if name in names_of(first)}
    for fits in (_asks_the_same, _is_any):
        for run in names_of(second):
            partner = None if run in found else _partner(first, found, calls_of(second, run), fits)
            found |= {} if partner is None else {run: partner}
    return found


def calls_of(recorded: RecordedRun, run: str) -> list[RecordedCall]:
    return [call for call in recorded.calls if call.run == run]


def unnamed(recorded: RecordedRun, name: str) -> RecordedRun:
    """The same, where the run of this name has none: its agent has not named it, so it has another one in each recording."""
    steps = (RecordedStep(step.name, tuple(_without(step.calls, name))) for step in recorded.steps)
    return replace(recorded, steps=tuple(steps))


def _partner(first: RecordedRun, found: dict[str, str], calls: Sequence[RecordedCall], fits: Fits) -> str | None:
    """Calls of no name may be of several runs, so those come first, and are never taken."""
    free = [name for name in sorted(names_of(first), key=bool) if not name or name not in found.values()]
    return next((name for name in free if fits(calls, calls_of(first, name))), None)


def _asks_the_same(calls: Sequence[RecordedCall], others: Sequence[RecordedCall]) -> bool:
    return not {one.asked for one in calls}.isdisjoint(one.asked for one in others)


def _is_any(calls: Sequence[RecordedCall], others: Sequence[RecordedCall]) -> bool:
    return bool(calls) and bool(others)


def _without(calls: Sequence[RecordedCall], name: str) -> Iterator[RecordedCall]:
    return (replace(call, run="") if call.run == name else call for call in calls)
