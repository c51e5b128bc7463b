"""Which call of one run is which of another.

Calls that stand side by side are brought into one order first, that of the first run: there, order is no difference. Nor is it
between two runs of one recording: each run is aligned for itself.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from callgate.recorded.calls import RecordedCall, RecordedRun
from callgate.recorded.run_names import names_of, paired

#: A call of the first run and the one of the second that it is; None where there is none.
Pair = tuple["Placed | None", "Placed | None"]


@dataclass(frozen=True, slots=True)
class Placed:
    """A call, with the number of its step in its recording, and its own among all calls, from 0."""

    call: RecordedCall
    step: int
    number: int


def alignments(first: RecordedRun, second: RecordedRun) -> Iterator[tuple[list[Pair], ...]]:
    """Of each run, every call of both, in two ways: equal calls are the same where what surrounds them is, or where they are
    the n-th of their kind. Which of the two is the better, shows by what differs then."""
    for before, unordered in _by_run(first, second):
        after = _in_order_of(before, unordered)
        yield (
            _aligned(before, after, [one.call.asked for one in before], [one.call.asked for one in after]),
            _aligned(before, after, _counted(before), _counted(after)),
        )


def _by_run(first: RecordedRun, second: RecordedRun) -> Iterator[tuple[list[Placed], list[Placed]]]:
    """Where one of the two has not told its runs, all of its calls are those of one."""
    before, after = _placed(first), _placed(second)
    if [""] in (names_of(first), names_of(second)):
        yield before, after
        return
    partners = paired(first, second)
    for name in names_of(first):
        yield (
            [one for one in before if one.call.run == name],
            [one for one in after if partners.get(one.call.run) == name],
        )
    yield [], [one for one in after if one.call.run not in partners]


def _counted(placed: Sequence[Placed]) -> list[Hashable]:
    counts: Counter[Hashable] = Counter()
    counted: list[Hashable] = []
    for one in placed:
        counts[one.call.asked] += 1
        counted.append((one.call.asked, counts[one.call.asked]))
    return counted


def _aligned(
    before: Sequence[Placed], after: Sequence[Placed], keys: Sequence[Hashable], other_keys: Sequence[Hashable]
) -> list[Pair]:
    matcher = SequenceMatcher(None, keys, other_keys, autojunk=False)
    found: list[Pair] = []
    for kind, start, stop, begin, end in matcher.get_opcodes():
        if kind == "equal":
            found += zip(before[start:stop], after[begin:end], strict=True)
        else:
            found += _replaced(before[start:stop], after[begin:end])
    return found


def _placed(run: RecordedRun) -> list[Placed]:
    places = ((step, call) for step, one in enumerate(run.steps) for call in sorted(one.calls, key=lambda call: call.asked))
    return [Placed(call, step, number) for number, (step, call) in enumerate(places)]


def _in_order_of(before: Sequence[Placed], after: Sequence[Placed]) -> list[Placed]:
    """The second run's calls, where those that stand side by side in either run come in the order of the first."""
    partners = _partners(before, after, lambda one: one.call.asked)
    left = [one for one in before if one not in partners.values()]
    alike = partners | _partners(left, [one for one in after if one not in partners], lambda one: one.call.name)
    ordered: list[Placed] = []
    for beside in _beside(after, partners):
        ordered += sorted(beside, key=lambda one: alike[one].number if one in alike else len(before))
    return ordered


def _partners(before: Sequence[Placed], after: Sequence[Placed], what: Callable[[Placed], Hashable]) -> dict[Placed, Placed]:
    """Of the second run's calls, the one of the first that has the same: the n-th of the n-th."""
    known: dict[Hashable, list[Placed]] = defaultdict(list)
    for one in reversed(before):
        known[what(one)].append(one)
    return {one: known[what(one)].pop() for one in after if known[what(one)]}


def _beside(after: Sequence[Placed], partners: dict[Placed, Placed]) -> Iterator[list[Placed]]:
    """Neighbours that stand side by side in their own run, or whose partners do."""
    group: list[Placed] = []
    for one in after:
        if group and not _together(group[-1], one, partners):
            yield group
            group = []
        group.append(one)
    if group:
        yield group


def _together(one: Placed, other: Placed, partners: dict[Placed, Placed]) -> bool:
    mine, its = partners.get(one), partners.get(other)
    return one.step == other.step or (mine is not None and its is not None and mine.step == its.step)


def _replaced(before: Sequence[Placed], after: Sequence[Placed]) -> Iterator[Pair]:
    """What stands in the place of what: calls of the same tool in their order, and the others as they come."""
    left = list(after)
    for one in before:
        fitting = next((other for other in left if other.call.name == one.call.name), None)
        if fitting is not None:
            for passed in left[: left.index(fitting)]:
                yield None, passed
            del left[: left.index(fitting) + 1]
        yield one, fitting
    for other in left:
        yield None, other
