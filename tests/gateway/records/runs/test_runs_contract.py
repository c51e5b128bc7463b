"""One body over runs in memory, on the embedded Valkey, and on Debian's Redis."""

import asyncio

import pytest

from gateway.model.errors import (
    QuotaExceeded,
    RunEnded,
    RunKilled,
    RunNotFound,
    RunPlanDiffers,
    RunStateLost,
    RunStateMoved,
)
from gateway.model.run import RunEnd, RunStatus, Save, SavedState, StartTerms
from gateway.records.runs.protocol import RunPlace

from .conftest import QUOTAS, Desk

PLAN = StartTerms(b'{"goal": "\xff"}', (("team", "billing"), ("ticket", "7")))
SUCCEEDED = RunEnd(RunStatus.SUCCEEDED)
KILLED = RunEnd(RunStatus.KILLED, "operator/ada", "It loops.")


def state(text: str, *, seen: int, token: str = "a") -> Save:
    return Save(seen, SavedState(text.encode()), token)


async def test_a_run_that_is_started_is_found_with_its_plan_and_an_empty_state(desk: Desk) -> None:
    begun = await desk.runs.start(desk.key(), PLAN)
    assert begun.new
    found = await desk.runs.find(desk.key())
    assert found is not None
    assert (found.plan, found.state, found.run.labels) == (PLAN.plan, SavedState(), PLAN.labels)
    assert (found.run.key, found.run.status, found.run.version) == (desk.key(), RunStatus.RUNNING, 0)
    assert found.run.started < found.run.expires


async def test_what_was_never_started_is_not_found(desk: Desk) -> None:
    assert await desk.runs.find(desk.key()) is None
    with pytest.raises(RunNotFound):
        await desk.runs.save(desk.key(), state("x", seen=0))
    with pytest.raises(RunNotFound):
        await desk.runs.end(desk.key(), KILLED)


async def test_the_same_run_started_again_is_the_run_as_it_stands(desk: Desk) -> None:
    await desk.runs.start(desk.key(), PLAN)
    await desk.runs.save(desk.key(), state("one", seen=0))
    again = await desk.runs.start(desk.key(), StartTerms(PLAN.plan))
    assert not again.new
    assert (again.state.content, again.run.version, again.run.labels) == (b"one", 1, PLAN.labels)


async def test_a_run_of_another_plan_is_refused_and_changes_nothing(desk: Desk) -> None:
    await desk.runs.start(desk.key(), PLAN)
    with pytest.raises(RunPlanDiffers):
        await desk.runs.start(desk.key(), StartTerms(b"another"))
    found = await desk.runs.find(desk.key())
    assert found is not None
    assert found.plan == PLAN.plan


async def test_each_save_raises_the_version_and_takes_the_place_of_the_last_one(desk: Desk) -> None:
    await desk.runs.start(desk.key(), PLAN)
    assert [await desk.runs.save(desk.key(), state(f"{n}", seen=n, token=f"{n}")) for n in range(3)] == [1, 2, 3]
    found = await desk.runs.find(desk.key())
    assert found is not None
    assert (found.state.content, found.run.version) == (b"2", 3)
    assert found.run.saved is not None


async def test_a_state_may_be_an_artifacts_name(desk: Desk) -> None:
    await desk.runs.start(desk.key(), PLAN)
    await desk.runs.save(desk.key(), state("small", seen=0))
    await desk.runs.save(desk.key(), Save(1, SavedState(artifact="art_1"), "b"))
    found = await desk.runs.find(desk.key())
    assert found is not None
    assert found.state == SavedState(artifact="art_1")


async def test_a_save_over_a_version_that_was_not_seen_is_refused_with_the_one_that_is_kept(desk: Desk) -> None:
    await desk.runs.start(desk.key(), PLAN)
    for seen in range(3):
        await desk.runs.save(desk.key(), state("mine", seen=seen, token=f"{seen}"))
    for seen, token in ((0, "0"), (1, "1"), (2, "another's")):
        with pytest.raises(RunStateMoved) as refused:
            await desk.runs.save(desk.key(), state("mine", seen=seen, token=token))
        assert refused.value.run_version == 3


async def test_the_very_same_save_sent_again_is_answered_as_before(desk: Desk) -> None:
    await desk.runs.start(desk.key(), PLAN)
    assert [await desk.runs.save(desk.key(), state("one", seen=0)) for _ in range(3)] == [1, 1, 1]
    with pytest.raises(RunStateMoved):
        await desk.runs.save(desk.key(), state("two", seen=0))


async def test_the_same_save_is_answered_though_the_run_has_ended_since(desk: Desk) -> None:
    await desk.runs.start(desk.key(), PLAN)
    await desk.runs.save(desk.key(), state("one", seen=0))
    await desk.runs.end(desk.key(), SUCCEEDED)
    assert await desk.runs.save(desk.key(), state("one", seen=0)) == 1


async def test_of_two_processes_that_go_on_from_one_version_one_saves(desk: Desk) -> None:
    await desk.runs.start(desk.key(), PLAN)
    both = [desk.runs.save(desk.key(), state("the same", seen=0, token=token)) for token in ("one", "two")]
    ended = await asyncio.gather(*both, return_exceptions=True)
    assert sorted(type(one).__name__ for one in ended) == ["RunStateMoved", "int"]


async def test_a_version_that_the_store_never_had_is_a_loss_and_never_accepted(desk: Desk) -> None:
    await desk.runs.start(desk.key(), PLAN)
    await desk.runs.save(desk.key(), state("one", seen=0))
    with pytest.raises(RunStateLost) as refused:
        await desk.runs.save(desk.key(), state("three", seen=2))
    assert refused.value.run_version == 1


async def test_a_run_that_is_over_takes_no_state(desk: Desk) -> None:
    for name, end, refusal in (("ended", SUCCEEDED, RunEnded), ("killed", KILLED, RunKilled)):
        await desk.runs.start(desk.key(name), PLAN)
        ended = await desk.runs.end(desk.key(name), end)
        assert (ended.status, ended.author, ended.reason) == (end.status, end.author, end.reason)
        assert ended.ended is not None
        with pytest.raises(refusal):
            await desk.runs.save(desk.key(name), state("x", seen=0))


async def test_an_end_that_is_told_again_changes_nothing_and_another_one_is_refused(desk: Desk) -> None:
    await desk.runs.start(desk.key(), PLAN)
    first = await desk.runs.end(desk.key(), RunEnd(RunStatus.FAILED, reason="No such order."))
    assert await desk.runs.end(desk.key(), RunEnd(RunStatus.FAILED)) == first
    assert await desk.runs.end(desk.key(), KILLED) == first
    with pytest.raises(RunEnded):
        await desk.runs.end(desk.key(), SUCCEEDED)


async def test_what_was_killed_does_not_end_otherwise(desk: Desk) -> None:
    await desk.runs.start(desk.key(), PLAN)
    await desk.runs.end(desk.key(), KILLED)
    with pytest.raises(RunKilled):
        await desk.runs.end(desk.key(), SUCCEEDED)


async def test_runs_are_listed_newest_first_from_any_place(desk: Desk) -> None:
    for number in range(4):
        await desk.runs.start(desk.key(f"run {number}"), PLAN)
        await asyncio.sleep(0.002)  # the store's clock has milliseconds
    places = [place async for place, _ in desk.runs.list(desk.owner.tenant)]
    assert await desk.listed() == ["run 3", "run 2", "run 1", "run 0"]
    rest = [run.key.name async for _, run in desk.runs.list(desk.owner.tenant, after=places[1])]
    assert rest == ["run 1", "run 0"]
    assert [one async for one in desk.runs.list("no such tenant", after=RunPlace(0, "x"))] == []


async def test_a_tenant_has_so_many_runs_and_no_more(desk: Desk) -> None:
    for number in range(QUOTAS.runs):
        await desk.runs.start(desk.key(f"{number}"), PLAN)
    with pytest.raises(QuotaExceeded):
        await desk.runs.start(desk.key("one more"), PLAN)
    assert not (await desk.runs.start(desk.key("0"), PLAN)).new


async def test_states_have_so_many_bytes_together_and_a_smaller_one_makes_room(desk: Desk) -> None:
    mebi = "x" * (1 << 20)
    for number in range(4):
        await desk.runs.start(desk.key(f"{number}"), PLAN)
    saved = [await desk.runs.save(desk.key(f"{number}"), state(mebi, seen=0)) for number in range(3)]
    assert saved == [1, 1, 1]
    with pytest.raises(QuotaExceeded):
        await desk.runs.save(desk.key("3"), state(mebi, seen=0))
    found = await desk.runs.find(desk.key("3"))
    assert found is not None
    assert found.run.version == 0
    await desk.runs.save(desk.key("0"), state("", seen=1, token="b"))
    assert await desk.runs.save(desk.key("3"), state(mebi, seen=0)) == 1
