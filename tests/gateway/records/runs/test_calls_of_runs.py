"""Whether a call of a run may begin is decided where it is claimed: over the ledgers in memory and in Redis."""

import asyncio

import pytest

from gateway.model.errors import RunEnded, RunKilled
from gateway.model.invocation import Outcome, Verdict
from gateway.model.run import RunEnd, RunStatus, StartTerms
from gateway.records.ledger.protocol import Known, New
from registry.model.tool import Effect

from .conftest import Desk

KILLED, FAILED = RunEnd(RunStatus.KILLED, "operator/ada", "It loops."), RunEnd(RunStatus.FAILED)
DONE = Outcome(Verdict.SUCCEEDED)
NOT_DONE = Outcome(Verdict.TOOL_FAILED, not_done=True)


async def test_the_calls_of_a_run_that_was_never_started_go_on_as_ever(desk: Desk) -> None:
    assert isinstance(await desk.claim(desk.key()), New)
    assert await desk.calls(desk.key()) == []
    assert await desk.runs.find(desk.key()) is None


async def test_the_calls_of_a_run_are_listed_newest_first(desk: Desk) -> None:
    await desk.runs.start(desk.key(), StartTerms())
    await desk.runs.start(desk.key("another"), StartTerms())
    for id in ("inv_a", "inv_b", "inv_c"):
        await desk.claim(desk.key(), id)
    await desk.claim(desk.key("another"), "inv_d")
    assert await desk.calls(desk.key()) == ["inv_c", "inv_b", "inv_a"]
    found = await desk.runs.find(desk.key())
    assert found is not None
    assert found.run.calls == 3


async def test_the_calls_of_a_run_are_listed_from_any_place(desk: Desk) -> None:
    await desk.runs.start(desk.key(), StartTerms())
    for number in range(120):
        await desk.claim(desk.key(), f"inv_{number:03}")
    places = [place async for place in desk.runs.calls(desk.key())]
    assert [place.id for place in places] == [f"inv_{number:03}" for number in reversed(range(120))]
    rest = [place async for place in desk.runs.calls(desk.key(), before=places[59])]
    assert rest == places[60:]


async def test_a_call_is_counted_once_however_often_it_is_sent(desk: Desk) -> None:
    await desk.runs.start(desk.key(), StartTerms())
    for _ in range(3):
        await desk.claim(desk.key(), "inv_a")
    assert await desk.calls(desk.key()) == ["inv_a"]


async def test_a_call_that_was_claimed_before_its_run_was_started_is_of_the_run_when_it_is_sent_again(desk: Desk) -> None:
    before = await desk.claim(desk.key(), "inv_a")
    assert isinstance(before, New)
    await desk.ledger.record(before.held, DONE, None)
    await desk.claim(desk.key(), "inv_b")
    await desk.runs.start(desk.key(), StartTerms())
    await desk.claim(desk.key(), "inv_c")
    for id in ("inv_b", "inv_a", "inv_a"):
        assert isinstance(await desk.claim(desk.key(), id), Known)
    assert await desk.calls(desk.key()) == ["inv_c", "inv_b", "inv_a"]
    found = await desk.runs.find(desk.key())
    assert found is not None
    assert found.run.calls == 3


async def test_a_call_of_another_run_is_none_of_this_one_though_its_key_is_sent_in_it(desk: Desk) -> None:
    await desk.claim(desk.key("another"), "inv_a")
    await desk.runs.start(desk.key(), StartTerms())
    assert isinstance(await desk.claim(desk.key(), "inv_a"), Known)
    assert await desk.calls(desk.key()) == []


async def test_a_run_that_is_over_gets_no_call_of_before_it_was_started(desk: Desk) -> None:
    await desk.claim(desk.key(), "inv_a")
    await desk.runs.start(desk.key(), StartTerms())
    await desk.runs.end(desk.key(), KILLED)
    assert isinstance(await desk.claim(desk.key(), "inv_a"), Known)
    assert await desk.calls(desk.key()) == []


@pytest.mark.parametrize(("end", "refusal"), [(KILLED, RunKilled), (FAILED, RunEnded)])
@pytest.mark.parametrize("effect", [Effect.READ, Effect.NON_IDEMPOTENT])
async def test_no_call_begins_in_a_run_that_is_over(desk: Desk, end: RunEnd, refusal: type[Exception], effect: Effect) -> None:
    await desk.runs.start(desk.key(), StartTerms())
    await desk.runs.end(desk.key(), end)
    with pytest.raises(refusal):
        await desk.claim(desk.key(), "inv_new", effect=effect)
    assert await desk.ledger.read(desk.owner.tenant, "inv_new") is None
    assert isinstance(await desk.claim(desk.key("another")), New)


async def test_a_call_that_is_on_record_is_answered_though_its_run_is_over(desk: Desk) -> None:
    await desk.runs.start(desk.key(), StartTerms())
    claimed = await desk.claim(desk.key(), "inv_a")
    assert isinstance(claimed, New)
    await desk.ledger.record(claimed.held, DONE, None)
    await desk.runs.end(desk.key(), KILLED)
    known = await desk.claim(desk.key(), "inv_a")
    assert isinstance(known, Known)
    assert known.invocation.outcome == DONE


async def test_a_key_that_is_free_again_begins_no_call_of_a_run_that_is_over(desk: Desk) -> None:
    await desk.runs.start(desk.key(), StartTerms())
    claimed = await desk.claim(desk.key(), "inv_a")
    assert isinstance(claimed, New)
    await desk.ledger.record(claimed.held, NOT_DONE, None)
    await desk.runs.end(desk.key(), KILLED)
    with pytest.raises(RunKilled):
        await desk.claim(desk.key(), "inv_a")
    kept = await desk.ledger.read(desk.owner.tenant, "inv_a")
    assert kept is not None
    assert kept.outcome == NOT_DONE


async def test_what_only_looks_what_became_of_a_call_is_none_of_its_run(desk: Desk) -> None:
    await desk.runs.start(desk.key(), StartTerms())
    await desk.runs.end(desk.key(), KILLED)
    assert isinstance(await desk.claim(desk.key(), "inv_probe", effect=Effect.READ, looks=True), New)
    assert await desk.calls(desk.key()) == []


async def test_a_run_is_stopped_once_and_known_as_such_until_then(desk: Desk) -> None:
    for name in ("with a call", "without one"):
        await desk.runs.start(desk.key(name), StartTerms())
    await desk.claim(desk.key("with a call"))
    assert await desk.runs.stopping(desk.owner.tenant) == ()
    for name in ("with a call", "without one"):
        await desk.runs.end(desk.key(name), KILLED)
    assert await desk.runs.stopping(desk.owner.tenant) == (desk.key("with a call"),)
    for _ in range(2):
        await desk.runs.stopped(desk.key("with a call"))
    assert await desk.runs.stopping(desk.owner.tenant) == ()


async def test_every_call_is_either_claimed_before_the_kill_or_refused(desk: Desk) -> None:
    await desk.runs.start(desk.key(), StartTerms())
    claims = [desk.claim(desk.key(), f"inv_{number}") for number in range(20)]
    ended = await asyncio.gather(*claims[:10], desk.runs.end(desk.key(), KILLED), *claims[10:], return_exceptions=True)
    begun = {f"inv_{number}" for number, one in enumerate([*ended[:10], *ended[11:]]) if isinstance(one, New)}
    assert all(isinstance(one, New | RunKilled) for one in [*ended[:10], *ended[11:]])
    assert set(await desk.calls(desk.key())) == begun
