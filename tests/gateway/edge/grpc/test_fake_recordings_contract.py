"""Recordings, one contract, two bodies: the SDK's FakeGateway, and a gateway's edge and pipeline. What one has recorded, the
other replays."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from callgate import AsyncClient, Mode, Recording, errors
from callgate.keys import new_key
from callgate.recorded import Difference, RecordedRun, compare, load
from callgate.testing import FakeGateway
from tests.gateway.edge.grpc.test_fake_gateway_contract import BODY, FAILS, HOLDS, Script, Subject, fake, real

RECORDING = Recording("suite", Mode.RECORD)
REPLAY = Recording("suite", Mode.REPLAY_STRICT, "take")
#: What an agent asks, step by step: the last two are refused.
ASKED: tuple[tuple[str, Any], ...] = (("act", BODY), ("look", {}), ("act", BODY), ("act", {"body": 7}), ("no_such_tool", {}))


@pytest.fixture(params=[fake, real], ids=["fake", "gateway"])
async def subject(request: pytest.FixtureRequest) -> AsyncIterator[Subject]:
    async with request.param(Script()) as subject:
        yield subject
        subject.script.held.set()


async def act(client: AsyncClient, *asked: tuple[str, Any]) -> list[str]:
    """How each call ended, as the agent sees it."""
    run, found = client.run(f"run-{new_key()}"), []
    for step, (tool, arguments) in enumerate(asked or ASKED, 1):
        try:
            found.append(str((await run.call(tool, arguments, step=step)).outcome))
        except errors.CallgateError as error:
            found.append(error.reason)
    return found


async def recorded(subject: Subject) -> list[str]:
    subject.script.does.extend(["answers", FAILS])
    async with subject.client(recording=RECORDING) as client:
        return await act(client)


async def exported(subject: Subject, name: str) -> bytes:
    async with subject.client() as client:
        return await client.recordings.export_file(name)


def told(run: RecordedRun) -> list[tuple[str, str, str, Any]]:
    return [(step.name, one.name, one.ending, one.arguments) for step in run.steps for one in step.calls]


async def test_a_recording_has_what_was_asked_in_its_order_and_how_it_ended(subject: Subject) -> None:
    assert (await recorded(subject))[3:] == ["ARGUMENTS_INVALID", "TOOL_NOT_FOUND"]
    run = load(await exported(subject, "suite"))
    assert told(run) == [
        ("1", "act", "succeeded", BODY),
        ("2", "look", "tool_failed", {}),
        ("3", "act", "succeeded", BODY),
        ("4", "act", "refused: ARGUMENTS_INVALID", {"body": 7}),
        ("5", "no_such_tool", "refused: TOOL_NOT_FOUND", {}),
    ]
    assert list(run.tools) == ["act@1.0.0", "look@1.0.0"]


async def test_a_replay_is_answered_as_it_was_recorded_and_makes_nothing(subject: Subject) -> None:
    first = await recorded(subject)
    done = subject.script.done
    for take in ("one", "two"):
        async with subject.client(recording=Recording("suite", Mode.REPLAY_STRICT, take)) as client:
            assert await act(client) == first
        found = compare(load(await exported(subject, "suite")), load(await exported(subject, take)))
        assert found.differing == ()
    assert subject.script.done == done


async def test_what_was_not_recorded_is_missed_and_its_take_says_so(subject: Subject) -> None:
    await recorded(subject)
    async with subject.client(recording=REPLAY) as client:
        assert await act(client, ("look", {}), ("act", {"body": {"item": "coffee"}})) != []
    found = compare(load(await exported(subject, "suite")), load(await exported(subject, "take")))
    assert Difference.MISSING in {each for one in found.differing for each in one.differences}
    assert told(found.second)[1] == ("2", "act", "refused: REPLAY_MISSED", {"body": {"item": "coffee"}})


async def test_calls_under_way_together_are_one_step_though_no_step_is_named(subject: Subject) -> None:
    subject.script.does.extend([HOLDS, HOLDS])
    async with subject.client(recording=RECORDING) as client:
        both = asyncio.gather(client.call("act", BODY), client.call("look", {}))
        while subject.script.done < 2:
            await asyncio.sleep(0.01)
        subject.script.held.set()
        await both
        await client.call("look", {})
    assert [len(step.calls) for step in load(await exported(subject, "suite")).steps] == [2, 1]


async def test_what_a_gateway_has_recorded_is_replayed_without_one(subject: Subject) -> None:
    first = await recorded(subject)
    content = await exported(subject, "suite")
    async with FakeGateway() as another:
        another.load_recording("suite", content)
        async with another.async_client(recording=REPLAY) as client:
            assert await act(client) == first
            take = load(await client.recordings.export_file("take"))
    assert compare(load(content), take).differing == ()


async def test_a_file_is_imported_and_exported_again_equal(subject: Subject) -> None:
    await recorded(subject)
    content = await exported(subject, "suite")
    async with subject.client() as client:
        assert await client.recordings.import_file("copy", content) == 5
        assert await client.recordings.export_file("copy") == content


async def in_runs(subject: Subject, recording: Recording, *names: str) -> list[str]:
    """What the same call is answered in each run."""
    async with subject.client(recording=recording) as client:
        return [str((await client.run(f"{name}-").call("act", BODY, step=0)).outcome) for name in names]


async def test_equal_calls_of_two_runs_are_answered_as_each_was(subject: Subject) -> None:
    subject.script.does.extend(["answers", FAILS])
    made = await in_runs(subject, RECORDING, "st1", "st2")
    assert made[0] != made[1]
    assert {step.run for step in load(await exported(subject, "suite")).steps} == {"st1-", "st2-"}
    for take, names, answers in (("1", ("st1", "st2"), made), ("2", ("st2", "st1"), made[::-1]), ("3", ("x", "y"), made)):
        assert await in_runs(subject, Recording("suite", Mode.REPLAY_STRICT, take), *names) == answers
        assert compare(load(await exported(subject, "suite")), load(await exported(subject, take))).differing == ()
    with pytest.raises(errors.ReplayMissed, match=r"the recording suite has no such call of act@1\.0\.0 in the run z-"):
        await in_runs(subject, Recording("suite", Mode.REPLAY_STRICT, "3"), "z")
