"""What cannot be done now holds up nothing else, and comes again later."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from dataclasses import replace

import pytest

from gateway.maintenance.backlog import Backlog, Pacing
from gateway.model.errors import StoreUnavailable
from tests.conftest import Until

TERMS = Pacing(at_once=8, of_tenant=4, again_at_once=2, first_pause=1.0, longest_pause=4.0)


class Work:
    """Lists by tenant. What is in `stuck` never ends by itself, what is in `failing` cannot be done."""

    def __init__(self, **waiting: Iterable[str]) -> None:
        self.waiting = {tenant: list(items) for tenant, items in waiting.items()}
        self.stuck: set[str] = set()
        self.failing: set[str] = set()
        self.tried: list[str] = []
        self.now = 0.0

    def backlog(self, terms: Pacing = TERMS) -> Backlog[str]:
        return Backlog(self.do, terms, lambda: self.now)

    async def list(self, tenant: str) -> AsyncIterator[str]:
        for item in list(self.waiting[tenant]):
            yield item

    async def do(self, tenant: str, item: str) -> bool:
        self.tried.append(item)
        if item in self.stuck:
            await asyncio.Event().wait()
        if item in self.failing:
            raise StoreUnavailable("away")
        self.waiting[tenant].remove(item)
        return True

    async def round(self, backlog: Backlog[str]) -> None:
        await backlog.work_through(list(self.waiting), self.list)


async def test_a_long_list_is_done_whole() -> None:
    work = Work(acme=[f"a{number}" for number in range(1000)])
    backlog = work.backlog()
    await work.round(backlog)
    await backlog.finish()
    assert work.waiting == {"acme": []}
    assert len(work.tried) == 1000


async def test_a_hundred_and_five_that_cannot_be_done_do_not_hide_the_next_one() -> None:
    failing = [f"f{number}" for number in range(105)]
    work = Work(acme=[*failing, "good"])
    work.failing = set(failing)
    backlog = work.backlog()
    await work.round(backlog)
    await backlog.finish()
    assert work.waiting["acme"] == failing


async def test_those_that_never_end_by_themselves_are_stopped_and_then_wait_in_places_of_their_own(until: Until) -> None:
    stuck = [f"s{number}" for number in range(4)]
    work = Work(acme=[*stuck, "good"])
    work.stuck = set(stuck)
    backlog = work.backlog(replace(TERMS, first_try=0.02, each_try=3600.0))
    await work.round(backlog)
    await backlog.finish()
    assert work.waiting["acme"] == stuck
    work.now = 1.0
    work.waiting["acme"] += ["another"]
    await work.round(backlog)
    await until(lambda: len(work.tried) == 4 + 1 + 2 + 1)  # two of the four have a place again
    assert work.waiting["acme"] == stuck
    for task in backlog._tasks:
        task.cancel()


async def test_a_tenant_whose_things_take_long_holds_up_no_other(until: Until) -> None:
    work = Work(acme=[f"s{number}" for number in range(50)], other=["good"])
    work.stuck = set(work.waiting["acme"])
    backlog = work.backlog()
    await work.round(backlog)
    await until(lambda: work.waiting["other"] == [])
    assert len(work.tried) == 5
    for task in backlog._tasks:
        task.cancel()


async def test_the_pause_before_another_try_doubles_to_its_longest() -> None:
    work = Work(acme=["f"])
    work.failing = {"f"}
    backlog, tried = work.backlog(), []
    for second in range(14):
        work.now = second
        await work.round(backlog)
        await backlog.finish()
        tried.append(len(work.tried))
    assert tried == [1, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5]


async def test_all_that_are_due_again_get_their_turn_in_one_round() -> None:
    work = Work(acme=[f"f{number}" for number in range(20)])
    work.failing = set(work.waiting["acme"])
    backlog = work.backlog()
    for second in (0.0, 1.0, 3.0):
        work.now = second
        await work.round(backlog)
        await backlog.finish()
    assert [work.tried.count(f"f{number}") for number in range(20)] == [3] * 20


async def test_what_is_to_be_done_once_is_not_done_again_while_it_is_listed() -> None:
    work, asked = Work(acme=["a"]), []

    async def ask(_tenant: str, item: str) -> bool:
        asked.append(item)
        return True

    backlog = Backlog(ask, replace(TERMS, once=True))
    for waiting in (["a"], ["a", "b"], ["b"], ["a", "b"]):
        work.waiting["acme"] = waiting
        await work.round(backlog)
        await backlog.finish()
    assert asked == ["a", "b", "a"]


async def test_a_list_that_cannot_be_read_keeps_no_other_from_being_read() -> None:
    work = Work(acme=["a"], other=["b"])

    async def listed(tenant: str) -> AsyncIterator[str]:
        if tenant == "acme":
            raise StoreUnavailable("away")
        async for item in work.list(tenant):
            yield item

    backlog = work.backlog()
    with pytest.raises(StoreUnavailable):
        await backlog.work_through(["acme", "other"], listed)
    await backlog.finish()
    assert work.waiting == {"acme": ["a"], "other": []}


async def test_a_defect_is_not_met_again_and_again() -> None:
    tried = []

    async def stumble(_tenant: str, item: str) -> bool:
        tried.append(item)
        raise KeyError("a defect")

    work = Work(acme=["a"])
    backlog = Backlog(stumble, TERMS)
    for _ in range(3):
        await work.round(backlog)
        await backlog.finish()
    assert tried == ["a"]
