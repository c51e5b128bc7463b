"""Turns: so many at one time, tenants one after another, a short line for each."""

import asyncio

import pytest

from gateway.edge.grpc.fair_turns import FairTurns
from gateway.model.errors import BudgetExhausted


async def waiting(turns: FairTurns, tenants: str) -> tuple[list[asyncio.Task[None]], list[str]]:
    """A caller of each of these tenants, in this order; and which had a turn."""
    had: list[str] = []

    async def wait(tenant: str) -> None:
        await turns.take(tenant)
        had.append(tenant)

    tasks = [asyncio.create_task(wait(tenant)) for tenant in tenants]
    await asyncio.sleep(0)
    return tasks, had


async def test_tenants_take_turns_and_within_a_tenant_the_first_to_come_is_first() -> None:
    turns = FairTurns("lists", most=1, line=5)
    tasks, had = await waiting(turns, "aaaabc")
    for number in range(1, 6):
        turns.pass_on()
        await tasks_done(tasks, number + 1)
    assert "".join(had) == "aabcaa"


async def tasks_done(tasks: list[asyncio.Task[None]], count: int) -> None:
    async with asyncio.timeout(5):
        while sum(task.done() for task in tasks) < count:
            await asyncio.sleep(0)


async def test_who_comes_to_a_full_line_is_refused_and_another_tenant_is_not() -> None:
    turns = FairTurns("lists", most=1, line=1)
    tasks, _ = await waiting(turns, "aab")
    with pytest.raises(BudgetExhausted, match="1 lists of this tenant"):
        await turns.take("a")
    for task in tasks:
        task.cancel()


async def test_who_gives_up_leaves_its_place_and_a_turn_that_it_was_just_given() -> None:
    turns = FairTurns("lists", most=1, line=2)
    (_, gone, last), had = await waiting(turns, "aaa")
    turns.pass_on()
    gone.cancel()
    await asyncio.wait({gone, last}, timeout=5)
    assert had == ["a", "a"]
    turns.pass_on()
    async with asyncio.timeout(5), turns.turn("b"):
        pass


async def test_a_full_line_of_those_that_gave_up_is_empty() -> None:
    turns = FairTurns("lists", most=1, line=1)
    (_, gone), _ = await waiting(turns, "aa")
    gone.cancel()
    await asyncio.wait({gone})
    (later,), had = await waiting(turns, "a")
    turns.pass_on()
    await asyncio.wait({later}, timeout=5)
    assert had == ["a"]
