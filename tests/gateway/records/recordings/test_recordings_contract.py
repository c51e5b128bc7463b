"""One body over recordings and cached answers in memory and in Redis."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

import pytest

from gateway.model.invocation import Answer, Outcome, Verdict
from gateway.records.recordings.answer_cache import AnswerCache, MemoryAnswerCache
from gateway.records.recordings.protocol import (
    RECORDING,
    CallKey,
    MemoryRecordings,
    Numbered,
    RecordedCall,
    RecordingKey,
    Recordings,
)
from gateway.records.redis.answer_cache import RedisAnswerCache
from gateway.records.redis.recordings import RedisRecordings
from tests.gateway.records.stores import opened

CALL = CallKey("sha256:" + "a" * 64, "b" * 64)
OTHER = CallKey("sha256:" + "a" * 64, "c" * 64)
DONE = Outcome(Verdict.SUCCEEDED, Answer(200, "application/json", b'{"id":"\xff"}', True, (("next", "https://a.example/2"),)))
ENTRY = RecordedCall("charge@1.0.0", CALL, 1, DONE)
tenants = (f"recorder{number}" for number in itertools.count())


async def listed(recordings: Recordings, recording_key: RecordingKey) -> list[RecordedCall]:
    """All of a recording, by occurrence."""
    return sorted([entry async for entry in recordings.entries(recording_key)], key=lambda entry: entry.occurrence)


@dataclass
class Desk:
    recordings: Recordings
    cache: AnswerCache
    recording_key: RecordingKey


@pytest.fixture(params=["memory", "redis"])
async def desk(request: pytest.FixtureRequest, redis_url: str) -> AsyncIterator[Desk]:
    recording_key = RecordingKey(next(tenants), "planner/ada", "suite")
    if request.param == "memory":
        yield Desk(MemoryRecordings(), MemoryAnswerCache(), recording_key)
        return
    async with opened(redis_url) as store:
        yield Desk(RedisRecordings(store), RedisAnswerCache(store), recording_key)


async def test_the_same_calls_are_numbered_in_their_order_and_each_only_once(desk: Desk) -> None:
    asked = [(CALL, "inv_1"), (CALL, "inv_2"), (OTHER, "inv_3"), (CALL, "inv_1"), (CALL, "inv_4")]
    found = [await desk.recordings.number(desk.recording_key, "run", call_key, id) for call_key, id in asked]
    assert [one.occurrence for one in found] == [1, 2, 1, 1, 3]
    assert [one.begun for one in found] == [1, 2, 3, 1, 4]


async def test_what_was_under_way_together_is_seen_by_the_numbers_of_beginnings_and_ends(desk: Desk) -> None:
    async def at(id: str, *, ended: bool = False) -> Numbered:
        return await desk.recordings.number(desk.recording_key, "run", CALL, id, ended=ended)

    assert await at("inv_1") == Numbered(1, 1)
    assert await at("inv_2") == Numbered(2, 2)
    assert await at("inv_1", ended=True) == Numbered(1, 1, 3)
    assert await at("inv_2", ended=True) == Numbered(2, 2, 4)
    assert await at("inv_3", ended=True) == Numbered(3, 5, 6)
    assert await at("inv_1", ended=True) == Numbered(1, 1, 3)  # it ended once


async def test_each_run_counts_for_itself(desk: Desk) -> None:
    for run in ("one", "two", RECORDING):
        assert await desk.recordings.number(desk.recording_key, run, CALL, f"inv_{run}") == Numbered(1, 1)


async def test_what_was_kept_is_found_equal_and_only_by_its_call_and_number(desk: Desk) -> None:
    await desk.recordings.keep(desk.recording_key, ENTRY)
    assert await desk.recordings.find(desk.recording_key, CALL, 1) == ENTRY
    assert await desk.recordings.find(desk.recording_key, CALL, 2) is None
    assert await desk.recordings.find(desk.recording_key, OTHER, 1) is None


async def test_what_is_for_people_is_kept_with_it_and_a_refusal_has_no_outcome(desk: Desk) -> None:
    told = RecordedCall("charge@1.0.0", CALL, 1, DONE, arguments='{"to":"Zoë"}'.encode(), step="7", begun=3, ended=4)
    refused = RecordedCall("charge", OTHER, 1, None, refusal=b"\x00\xff", begun=1, ended=2)
    for entry in (told, refused):
        await desk.recordings.keep(desk.recording_key, entry)
        assert await desk.recordings.find(desk.recording_key, entry.call_key, 1) == entry


async def test_a_caller_finds_neither_the_recording_of_another_nor_one_of_another_name(desk: Desk) -> None:
    await desk.recordings.keep(desk.recording_key, ENTRY)
    for recording_key in (
        replace(desk.recording_key, owner="planner/bob"),
        replace(desk.recording_key, name="other"),
        replace(desk.recording_key, tenant="x"),
    ):
        assert await desk.recordings.find(recording_key, CALL, 1) is None
        assert await listed(desk.recordings, recording_key) == []


async def test_a_recording_is_listed_whole_and_an_entry_kept_again_takes_the_place_of_the_first(desk: Desk) -> None:
    second, again = replace(ENTRY, occurrence=2), replace(ENTRY, outcome=Outcome(Verdict.TOOL_FAILED))
    for entry in (second, ENTRY, again):
        await desk.recordings.keep(desk.recording_key, entry)
    assert await listed(desk.recordings, desk.recording_key) == [again, second]


async def test_a_recording_that_was_deleted_is_recorded_from_the_first_call_again(desk: Desk) -> None:
    await desk.recordings.number(desk.recording_key, RECORDING, CALL, "inv_1")
    await desk.recordings.keep(desk.recording_key, ENTRY)
    await desk.recordings.forget(desk.recording_key)
    assert await listed(desk.recordings, desk.recording_key) == []
    assert await desk.recordings.number(desk.recording_key, RECORDING, CALL, "inv_2") == Numbered(1, 1)


async def test_a_cached_answer_is_given_until_its_time_is_over_and_to_its_tenant_alone(desk: Desk) -> None:
    await desk.cache.put(desk.recording_key.tenant, "key", DONE, 0.2)
    assert await desk.cache.get(desk.recording_key.tenant, "key") == DONE
    assert await desk.cache.get(desk.recording_key.tenant, "other") is None
    assert await desk.cache.get("another", "key") is None
    async with asyncio.timeout(5):
        while await desk.cache.get(desk.recording_key.tenant, "key"):
            await asyncio.sleep(0.02)


def of(run: str, call_key: CallKey = CALL) -> CallKey:
    return replace(call_key, run=run)


async def record(desk: Desk, *calls: CallKey) -> None:
    """Each is the only one of its run."""
    for number, call_key in enumerate(calls):
        await desk.recordings.number(desk.recording_key, RECORDING, call_key, f"inv_{number}")
        await desk.recordings.keep(desk.recording_key, replace(ENTRY, call_key=call_key, begun=number + 1))


async def runs_of(desk: Desk, *calls: CallKey, take: str = "take") -> list[str | None]:
    """Which recorded runs they are told to be."""
    key = replace(desk.recording_key, name=take) if take else None
    return [await desk.recordings.run_of(desk.recording_key, call_key, key) for call_key in calls]


async def test_equal_calls_of_two_runs_are_two(desk: Desk) -> None:
    await record(desk, of("st1"), of("st 2/x"))
    for run in ("st1", "st 2/x"):
        found = await desk.recordings.find(desk.recording_key, of(run), 1)
        assert found is not None
        assert found.call_key == of(run)
    assert await desk.recordings.find(desk.recording_key, of("st1"), 2) is None
    assert await desk.recordings.find(desk.recording_key, CALL, 1) is None


@pytest.mark.parametrize("imported", [False, True])
async def test_a_run_replays_the_one_of_its_name_and_others_those_that_have_their_call_in_order(
    desk: Desk, *, imported: bool
) -> None:
    await record(desk, of("b"), of("a"), of("c", OTHER))
    if imported:
        await desk.recordings.replace(desk.recording_key, await listed(desk.recordings, desk.recording_key))
    assert await runs_of(desk, of("c", OTHER), of("a"), of("b")) == ["c", "a", "b"]
    assert await runs_of(desk, of("x"), of("y"), of("x"), of("z"), of("z", OTHER), take="two") == ["b", "a", "b", None, "c"]
    assert await runs_of(desk, of("x", OTHER), of("y"), of("b"), take="three") == ["c", "b", "b"]
    assert await runs_of(desk, of("x"), of("y"), take="") == ["b", "b"]  # of two replays, as far as can be known


async def test_a_run_that_has_no_such_call_in_its_name_is_no_other(desk: Desk) -> None:
    await record(desk, of("a"), of("c", OTHER))
    assert await runs_of(desk, of("c")) == ["c"]


async def test_calls_that_were_recorded_without_their_runs_answer_any_run(desk: Desk) -> None:
    await record(desk, CALL, of("a"))
    assert await runs_of(desk, of("x"), of("y"), of("a"), of("z", OTHER)) == ["", "", "a", None]


async def test_a_take_that_was_deleted_finds_its_runs_anew(desk: Desk) -> None:
    await record(desk, of("a"))
    assert await runs_of(desk, of("x"), of("y")) == ["a", None]
    await desk.recordings.forget(replace(desk.recording_key, name="take"))
    assert await runs_of(desk, of("y"), of("x")) == ["a", None]
