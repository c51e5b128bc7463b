"""When refused callers are told to come back."""

from itertools import pairwise

import pytest

from gateway.decisions.return_times import LATEST, RATE, SOONEST, ReturnTimes


def test_callers_come_back_one_after_another_and_each_tenant_for_itself() -> None:
    now = [100.0]
    times = ReturnTimes(lambda: now[0])
    first = [times.next("acme") for _ in range(20)]
    assert first[0] == SOONEST
    assert [later - one for one, later in pairwise(first)] == pytest.approx([1 / RATE] * 19)
    assert times.next("globex") == SOONEST
    now[0] += 60.0
    assert times.next("acme") == SOONEST


def test_too_many_are_spread_over_the_latest_times() -> None:
    times = ReturnTimes(lambda: 100.0, dice=lambda: 0.5)
    told = [times.next("acme") for _ in range(1000)]
    assert max(told) <= LATEST
    assert told[-1] == LATEST * 0.75
