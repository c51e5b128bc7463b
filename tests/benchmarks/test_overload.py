"""The verdict of the benchmark of overload: no figure counts where there was no overload."""

from collections.abc import Callable

import pytest

from benchmarks.crowd import Asked, Tally
from benchmarks.overload import FEW, MANY, Side, report


def sides() -> tuple[Side, Side]:
    """As they should be: nine of ten calls are made, and refusals are quick."""
    few, many = Side(FEW), Side(MANY)
    for side, rate in ((few, 10.0), (many, 9.5)):
        side.tally.rates += [rate] * 3
        side.tally.made.append(100.0)
        side.other.times.append(50.0)
        for asked in side.looks.values():
            asked.times.append(5.0)
    many.tally.refused += [3.0] * 200
    return few, many


def fewer(many: Side) -> None:
    many.tally.rates[:2] = [8.9, 8.9]


def slow(many: Side) -> None:
    many.tally.refused += [51.0] * 5


def none_refused(many: Side) -> None:
    many.tally.refused.clear()


def none_made(many: Side) -> None:
    many.tally = Tally(refused=many.tally.refused, rates=[0.0] * 3)


def not_cancelled(many: Side) -> None:
    many.looks["cancel"].failed += 1


def never_asked(many: Side) -> None:
    many.looks["get"] = Asked()


def failed(many: Side) -> None:
    many.tally.failed += 1


def neighbour_refused(many: Side) -> None:
    many.other.failed += 1


def test_all_bounds_hold() -> None:
    assert report(*sides())


@pytest.mark.parametrize("spoil", [fewer, slow, none_refused, none_made, not_cancelled, never_asked, failed, neighbour_refused])
def test_one_bound_that_is_broken_breaks_the_verdict(spoil: Callable[[Side], None]) -> None:
    few, many = sides()
    spoil(many)
    assert not report(few, many)
