"""Where two runs part: what of them is a difference, and which of the differences is the first."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import KW_ONLY, dataclass, field, replace
from enum import StrEnum

from callgate.recorded.alignment import Placed, alignments
from callgate.recorded.calls import RecordedCall, RecordedRun
from callgate.recorded.endings import compared_ending
from callgate.recorded.pointers import Change, changes


class Difference(StrEnum):
    """MISSING: the second run does not make the call. EXTRA: only the second makes it. MOVED: it makes it at another place.
    VERSION: another version of the tool answered. ARGUMENTS: others were given. OUTCOME: it ended otherwise."""

    MISSING = "MISSING"
    EXTRA = "EXTRA"
    MOVED = "MOVED"
    VERSION = "VERSION"
    ARGUMENTS = "ARGUMENTS"
    OUTCOME = "OUTCOME"


@dataclass(frozen=True, slots=True)
class ComparedCall:
    """A call of the first recording and what the second has in its place. `number` counts from 1 among all calls, in the first
    where it is there. `changes` are those of the arguments, or of the outcome; none where what differs is not in the file.
    `moved_to`: the number in the second, where that is another."""

    number: int
    before: RecordedCall | None
    after: RecordedCall | None
    differences: tuple[Difference, ...] = ()
    _: KW_ONLY
    changes: tuple[Change, ...] = field(default=(), repr=False, hash=False)
    moved_to: int | None = field(default=None, kw_only=True)

    @property
    def call(self) -> RecordedCall:
        """In the first recording, where it is there: one of the two is."""
        found = self.before or self.after
        if found is None:
            raise ValueError("neither recording has the call")
        return found


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two runs, call by call. As text, it says where they part."""

    first: RecordedRun
    second: RecordedRun
    calls: tuple[ComparedCall, ...]

    @property
    def differing(self) -> tuple[ComparedCall, ...]:
        """In the order of the runs: the first is where they part."""
        return tuple(one for one in self.calls if one.differences)

    @property
    def differs(self) -> bool:
        return bool(self.differing)


def compare(first: RecordedRun, second: RecordedRun) -> Comparison:
    """Calls of one step, or of two runs, may come in any order. What a call has cost is no difference, nor are those headers of
    an answer that say when or where it was made (`callgate.recorded.endings`)."""
    calls: list[ComparedCall] = []
    for ways in alignments(first, second):
        found = [list(_with_moves([_compared(*pair) for pair in pairs])) for pairs in ways]
        calls += min(found, key=_differing)
    return Comparison(first, second, tuple(calls))


def _differing(calls: Iterable[ComparedCall]) -> int:
    return sum(len(one.differences) for one in calls)


def _compared(before: Placed | None, after: Placed | None) -> ComparedCall:
    number = next(one.number + 1 for one in (before, after) if one is not None)
    one = before.call if before is not None else None
    other = after.call if after is not None else None
    if one is None or other is None:
        return ComparedCall(number, one, other, (Difference.MISSING if one else Difference.EXTRA,))
    differences, changed = _differences(one, other)
    return ComparedCall(number, one, other, differences, changes=changed)


def _differences(before: RecordedCall, after: RecordedCall) -> tuple[tuple[Difference, ...], tuple[Change, ...]]:
    if before.arguments_digest != after.arguments_digest:
        return (Difference.ARGUMENTS,), tuple(_changed_arguments(before, after))
    known = before.version and after.version  # a refusal may come before a version is known
    version = (Difference.VERSION,) if known and before.tool != after.tool else ()
    changed = tuple(changes(compared_ending(before), compared_ending(after)))
    return (*version, *((Difference.OUTCOME,) if changed else ())), changed


def _changed_arguments(before: RecordedCall, after: RecordedCall) -> Iterator[Change]:
    """None where those of one are not known, or what is secret in them differs."""
    if before.arguments is not None and after.arguments is not None:
        yield from changes(before.arguments, after.arguments)


def _with_moves(found: Sequence[ComparedCall]) -> Iterator[ComparedCall]:
    """What is missing at one place and is there at another was moved: it is told once, where it shows first."""
    extra = [at for at, one in enumerate(found) if one.before is None]
    told: dict[int, ComparedCall | None] = dict(enumerate(found))
    for at, one in enumerate(found):
        there = next((other for other in extra if one.after is None and _asked(found[other].after) == _asked(one.before)), None)
        if there is not None:
            extra.remove(there)
            moved = replace(one, after=found[there].after, differences=(Difference.MOVED,), moved_to=found[there].number)
            told |= {max(at, there): None, min(at, there): moved}
    yield from (one for one in told.values() if one is not None)


def _asked(call: RecordedCall | None) -> tuple[str, str] | None:
    return None if call is None else call.asked
