"""The specification over failovers, explored exhaustively: gateways live and die, and any number of the last steps is lost."""

import pytest

from .failovers import Bounds, Store, explore_failovers, is_good

STATES = 60_000
BOUNDS = {
    "one dies and comes back": Bounds(failovers=1, crashes=1),
    "the call is cancelled": Bounds(failovers=1, cancelled=True),
}

#: All that can happen to it would take hours.
WAITING = Bounds(failovers=1, cancelled=True, repeatable=True, lag=2, states=STATES)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("bounds", BOUNDS.values(), ids=BOUNDS)
def test_no_failover_makes_a_second_effect_or_changes_an_end_and_all_are_settled_without_a_person(bounds: Bounds) -> None:
    found = explore_failovers(2, bounds)
    print(f"{len(found)} states")
    assert len(found) > 10_000
    assert stuck(found) == set()


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_what_waits_for_another_attempt_and_is_cancelled_gets_none_as_far_as_is_looked() -> None:
    assert len(explore_failovers(2, WAITING)) == STATES


def stuck(found: dict[Store, set[Store]]) -> set[Store]:
    """From where no way leads to a settled history with all gateways alive."""
    leading_to: dict[Store, list[Store]] = {}
    for state, following in found.items():
        for after in following:
            leading_to.setdefault(after, []).append(state)
    good = {state for state in found if is_good(state)}
    waiting = list(good)
    while waiting:
        for before in leading_to.get(waiting.pop(), ()):
            if before not in good:
                good.add(before)
                waiting.append(before)
    return found.keys() - good
