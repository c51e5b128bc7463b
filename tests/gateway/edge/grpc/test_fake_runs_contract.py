"""Runs, by one contract over two bodies: the SDK's FakeGateway, and a gateway's edge and pipeline."""

import asyncio
from typing import Any

import pytest

from callgate import AsyncClient, Cancelled, FaultCode, RunStatus, State, errors

from .test_fake_gateway_contract import BODY, FAILS, HOLDS, IS_BUSY, Subject, client, subject

__all__ = ["client", "subject"]  # the fixtures

RUN = "thread-7"


async def test_a_run_goes_on_in_another_process_from_what_was_saved(client: AsyncClient, subject: Subject) -> None:
    run = client.run(RUN)
    begun = await run.start(b"plan", labels={"team": "billing"})
    assert (begun.version, begun.state, begun.status, begun.plan) == (0, None, RunStatus.RUNNING, b"plan")
    await run.save(b"one")
    await run.save(b"two")
    assert (run.state, run.record.version) == (b"two", 2)
    async with subject.client() as elsewhere:
        other = elsewhere.run(RUN)
        found = await other.start(b"plan")
        assert (found.version, other.state, found.labels) == (2, b"two", {"team": "billing"})
        await other.save(b"three")
    with pytest.raises(errors.RunStateMoved) as moved:
        await run.save(b"mine")
    assert moved.value.run_version == 3


async def test_a_run_is_read_and_listed_with_what_it_is(client: AsyncClient) -> None:
    for number in range(3):
        await client.runs.start(f"run {number}", labels={"team": "billing" if number else "shop"})
        await asyncio.sleep(0.002)
    await client.runs.end("run 1", status=RunStatus.FAILED, reason="No such order.")
    found = await client.runs.get("run 1")
    assert (found.status, found.reason, found.author, found.status.over) == (RunStatus.FAILED, "No such order.", "", True)
    assert found.ended is not None
    assert found.started <= found.ended < found.expires
    assert [run.run_id async for run in client.runs.list()] == ["run 2", "run 1", "run 0"]
    assert [run.run_id async for run in client.runs.list(statuses=[RunStatus.RUNNING])] == ["run 2", "run 0"]
    assert [run.run_id async for run in client.runs.list(labels={"team": "billing"})] == ["run 2", "run 1"]


async def test_a_run_of_another_plan_is_refused(client: AsyncClient) -> None:
    await client.runs.start(RUN, b"plan")
    with pytest.raises(errors.RunPlanDiffers):
        await client.runs.start(RUN, b"another")
    assert (await client.runs.start(RUN, b"plan")).plan == b"plan"


async def test_a_state_that_the_gateway_never_had_is_a_loss(client: AsyncClient) -> None:
    await client.runs.start(RUN)
    with pytest.raises(errors.RunStateLost) as lost:
        await client.runs.save(RUN, b"x", version=3)
    assert lost.value.run_version == 0


async def test_what_is_no_run_is_not_found(client: AsyncClient) -> None:
    for ask in (
        client.runs.get("none"),
        client.runs.save("none", b"x", version=0),
        client.runs.end("none"),
        client.runs.kill("none", "because"),
    ):
        with pytest.raises(errors.RunNotFound):
            await ask


@pytest.mark.parametrize(
    "ask",
    [
        lambda client: client.runs.end(RUN, status=RunStatus.KILLED),
        lambda client: client.runs.end(RUN, status=RunStatus.RUNNING),
        lambda client: client.runs.kill(RUN, "  "),
        lambda client: client.runs.get(RUN, agent="planner"),
        lambda client: client.runs.start("tea "),
        lambda client: client.runs.save(RUN, b"x" * ((1 << 20) + 1), version=0),
        lambda client: client.runs.start("another", b"x" * ((64 << 10) + 1)),
        lambda client: client.run(RUN).save(b"x"),
    ],
)
async def test_what_a_run_cannot_be_asked_is_refused(client: AsyncClient, ask: Any) -> None:
    await client.runs.start(RUN)
    with pytest.raises(errors.RequestInvalid):
        await ask(client)


async def test_the_calls_of_a_run_say_where_in_it_they_were_made(client: AsyncClient, subject: Subject) -> None:
    run = client.run(RUN)
    record = await run.start()
    subject.script.does.extend([FAILS])
    for step, occurrence in ((1, 0), (2, 0), (2, 1)):
        await run.call("act", BODY, step=step, occurrence=occurrence)
    made = client.invocations.list(run_id=RUN, agent=record.agent, subject=record.subject)
    told = [(call.step, call.occurrence, call.state, call.fault) async for call in made]
    assert told == [
        ("2", 1, State.SUCCEEDED, None),
        ("2", 0, State.SUCCEEDED, None),
        ("1", 0, State.FAILED, FaultCode.HTTP_STATUS),
    ]
    assert (await client.runs.get(RUN)).calls == 3
    found = await run.find("act", BODY, step=2, occurrence=1)
    assert found is not None
    assert (found.step, found.occurrence, found.run_id) == ("2", 1, RUN)


@pytest.mark.parametrize(("ends", "refusal"), [("kill", errors.RunKilled), ("end", errors.RunEnded)])
async def test_a_run_that_is_over_begins_no_call_and_answers_those_on_record(
    client: AsyncClient, subject: Subject, ends: str, refusal: type[Exception]
) -> None:
    run = client.run(RUN)
    await run.start()
    first = await run.call("act", BODY, step=1)
    await (client.runs.kill(RUN, "It loops.") if ends == "kill" else run.end())
    with pytest.raises(refusal):
        await run.call("act", BODY, step=2)
    with pytest.raises(refusal):
        await run.save(b"x")
    assert (await run.call("act", BODY, step=1)).id == first.id
    assert await run.find("act", BODY, step=2) is None
    assert (await client.call("act", BODY, run_id="another")).state is State.SUCCEEDED
    assert subject.script.done == 2


async def test_a_call_that_was_not_done_is_not_made_anew_in_a_run_that_is_over(client: AsyncClient, subject: Subject) -> None:
    run = client.run(RUN)
    await run.start()
    subject.script.does.extend([IS_BUSY] * 10)
    await run.call("act", BODY, step=1)
    done = subject.script.done
    await client.runs.kill(RUN, "It loops.")
    with pytest.raises(errors.RunKilled):
        await run.call("act", BODY, step=1)
    assert subject.script.done == done


async def test_a_kill_says_who_and_why_and_what_is_over_stays_as_it_is(client: AsyncClient) -> None:
    await client.runs.start(RUN)
    killed = await client.runs.kill(RUN, "It loops.")
    assert (killed.status, killed.author, killed.reason) == (RunStatus.KILLED, f"{killed.agent}/{killed.subject}", "It loops.")
    assert await client.runs.kill(RUN, "Again.") == killed
    await client.runs.start("ended")
    ended = await client.runs.end("ended")
    assert await client.runs.kill("ended", "Too late.") == ended
    with pytest.raises(errors.RunKilled):
        await client.runs.end(RUN)


async def test_a_kill_ends_the_calls_that_are_under_way(client: AsyncClient, subject: Subject) -> None:
    run = client.run(RUN)
    await run.start()
    subject.script.does.append(HOLDS)
    begun = await run.call("act", BODY, step=1, wait=0)
    await client.runs.kill(RUN, "It loops.")
    ended = await client.invocations.handle(begun.id).wait(timeout=20)
    assert ended.state in {State.CANCELLED, State.UNKNOWN}
    assert isinstance(ended.outcome, Cancelled) or ended.under_review
    subject.script.held.set()
