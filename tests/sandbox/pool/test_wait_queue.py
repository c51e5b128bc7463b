"""Whose turn it is, how many boxes should wait, and for how long: rules without an engine."""

from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox.api.errors import PoolClosed
from sandbox.api.pool_stats import Durations
from sandbox.api.spec import RUNNER, BoxSpec
from sandbox.box.box import Design, SocketBox
from sandbox.pool.demand_forecast import FORGET, DemandForecast
from sandbox.pool.wait_queue import WaitQueue
from sandbox.pool.warm_boxes import WarmBoxes

OTHER = BoxSpec("other:1")


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def box(spec: BoxSpec = RUNNER) -> SocketBox:
    """One that was never opened: whose turn it is depends on its kind alone."""
    return SocketBox(Design("cg-waits", Path("/nowhere"), 0, 100_000, spec, spec.image or "runner:1"))


def served(
    comes: list[tuple[str, BoxSpec]], boxes: list[BoxSpec], may_hold: Callable[[str], bool] = lambda _: True
) -> list[str | None]:
    """The tenants in the order in which they get boxes."""
    queue = WaitQueue(may_hold)
    for tenant, spec in comes:
        queue.enter(tenant, spec)
    given = [queue.give(box(spec)) for spec in boxes]
    return [waiter.tenant if waiter else None for waiter in given]


async def test_tenants_are_served_in_turn_however_many_of_one_wait() -> None:
    comes = [("a", RUNNER)] * 4 + [("b", RUNNER), ("c", RUNNER)]
    assert served(comes, [RUNNER] * 6) == ["a", "b", "c", "a", "a", "a"]


async def test_a_box_is_for_a_call_that_waits_for_its_kind() -> None:
    assert served([("a", OTHER), ("b", RUNNER)], [RUNNER, RUNNER, OTHER]) == ["b", None, "a"]


async def test_a_tenant_that_holds_its_share_is_passed_over() -> None:
    assert served([("a", RUNNER), ("b", RUNNER)], [RUNNER, RUNNER], lambda tenant: tenant != "a") == ["b", None]


async def test_a_newcomer_is_behind_its_own_tenants_line_and_as_many_of_each_other() -> None:
    queue = WaitQueue(lambda _: True)
    for tenant in "aaabbc":
        queue.enter(tenant, RUNNER)
    assert (queue.ahead("a"), queue.ahead("c"), queue.ahead("new")) == (3 + 2 + 1, 1 + 2 + 2, 1 + 1 + 1)


async def test_a_caller_that_is_refused_waits_no_more() -> None:
    queue = WaitQueue(lambda _: True)
    kept, refused = queue.enter("a", OTHER), queue.enter("a", RUNNER)
    queue.refuse(lambda: PoolClosed("over"), RUNNER)
    assert queue.wanted() == {OTHER: 1}
    with pytest.raises(PoolClosed):
        await refused.box
    queue.leave(refused)
    queue.leave(kept)
    assert list(queue) == []


def test_more_boxes_are_wanted_the_more_come_and_the_longer_one_takes() -> None:
    clock = Clock()
    demand = DemandForecast(clock)
    assert demand.wanted(1.0, 4, 8) == 4
    for _ in range(100):
        demand.arrive()
        clock.now += 0.1  # ten a second
    assert 5 < demand.rate < 10
    assert demand.wanted(0.1, 0, 100) == 3
    assert demand.wanted(1.0, 0, 100) > 8
    assert demand.wanted(1.0, 4, 8) == 8


def test_one_that_came_is_remembered_for_a_while_and_then_forgotten() -> None:
    clock = Clock()
    demand = DemandForecast(clock)
    demand.arrive()
    clock.now += FORGET
    assert demand.wanted(0.3, 0, 8) == 1
    clock.now += 1
    assert demand.wanted(0.3, 0, 8) == 0
    assert not demand.lives


async def test_boxes_that_came_together_age_apart() -> None:
    clock = Clock()
    stock = WarmBoxes(clock, 100.0)
    for _ in range(50):
        stock.put(box())
    clock.now += 79
    assert stock.aged() is None
    clock.now += 11
    aged = []
    while (one := stock.aged()) is not None:
        aged.append(stock.remove(one))
    assert 0 < len(aged) < 50
    clock.now += 11
    assert stock.aged() is not None


async def test_the_box_that_waited_longest_is_taken_first_and_only_by_its_kind() -> None:
    stock = WarmBoxes(Clock(), 100.0)
    first, second, other = box(), box(), box(OTHER)
    for one in (first, second, other):
        stock.put(one)
    assert [stock.take(RUNNER), stock.take(RUNNER), stock.take(RUNNER)] == [first, second, None]
    assert (len(stock), stock.count(OTHER), next(iter(stock))) == (1, 1, other)


def test_a_moving_mean_follows_what_is_new() -> None:
    durations = Durations()
    for seconds in (1.0, 1.0, 2.0, 2.0, 2.0, 2.0, 2.0):
        durations.note(seconds)
    assert (durations.count, durations.longest) == (7, 2.0)
    assert 1.6 < durations.recent < 1.7
