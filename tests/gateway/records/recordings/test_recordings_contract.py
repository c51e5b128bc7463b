"""One body over recordings and cached answers in memory and in Redis."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import pytest

from gateway.model.invocation import Answer, Outcome, Verdict
from gateway.records.recordings.answer_cache import AnswerCache, MemoryAnswerCache
from gateway.records.recordings.protocol import RECORDING, CallKey, MemoryRecordings, RecordedCall, RecordingKey, Recordings
from gateway.records.redis.answer_cache import RedisAnswerCache
from gateway.records.redis.client import Store
from gateway.records.redis.recordings import RedisRecordings

SORT = CallKey("sha256:" + "a" * 64, "b" * 64)
OTHER = CallKey("sha256:" + "a" * 64, "c" * 64)
DONE = Outcome(Verdict.SUCCEEDED, Answer(200, "application/json", b'{"id":"\xff"}', True, (("next", "https://a.example/2"),)))
ENTRY = RecordedCall("charge@1.0.0", SORT, 1, DONE)
tenants = (f"recorder{number}" for number in itertools.count())


@dataclass
class Desk:
    recordings: Recordings
    cache: AnswerCache
    recording_key: RecordingKey


Scenario = Callable[[Desk], Awaitable[None]]
Run = Callable[[Scenario], None]


@asynccontextmanager
async def _memory(_url: str) -> AsyncIterator[tuple[Recordings, AnswerCache]]:
    yield MemoryRecordings(), MemoryAnswerCache()


@asynccontextmanager
async def _redis(url: str) -> AsyncIterator[tuple[Recordings, AnswerCache]]:
    store = Store(url)
    try:
        await store.open()
        yield RedisRecordings(store), RedisAnswerCache(store)
    finally:
        await store.close()


@pytest.fixture(params=[_memory, _redis])
def run(request: pytest.FixtureRequest, redis_url: str) -> Run:
    async def within(scenario: Scenario) -> None:
        async with request.param(redis_url) as (recordings, cache):
            await scenario(Desk(recordings, cache, RecordingKey(next(tenants), "planner/ada", "suite")))

    return lambda scenario: asyncio.run(within(scenario))


def test_calls_of_a_sort_are_numbered_in_their_order_and_each_only_once(run: Run) -> None:
    async def scenario(desk: Desk) -> None:
        asked = [(SORT, "inv_1"), (SORT, "inv_2"), (OTHER, "inv_3"), (SORT, "inv_1"), (SORT, "inv_4")]
        found = [await desk.recordings.number(desk.recording_key, "take", call_key, id) for call_key, id in asked]
        assert found == [1, 2, 1, 1, 3]

    run(scenario)


def test_each_take_counts_for_itself(run: Run) -> None:
    async def scenario(desk: Desk) -> None:
        for take in ("one", "two", RECORDING):
            assert await desk.recordings.number(desk.recording_key, take, SORT, f"inv_{take}") == 1

    run(scenario)


def test_what_was_kept_is_found_equal_and_only_by_its_sort_and_number(run: Run) -> None:
    async def scenario(desk: Desk) -> None:
        await desk.recordings.keep(desk.recording_key, ENTRY)
        assert await desk.recordings.find(desk.recording_key, SORT, 1) == ENTRY
        assert await desk.recordings.find(desk.recording_key, SORT, 2) is None
        assert await desk.recordings.find(desk.recording_key, OTHER, 1) is None

    run(scenario)


def test_no_caller_reads_another_callers_recording_or_one_of_another_name(run: Run) -> None:
    async def scenario(desk: Desk) -> None:
        await desk.recordings.keep(desk.recording_key, ENTRY)
        for recording_key in (
            replace(desk.recording_key, owner="planner/bob"),
            replace(desk.recording_key, name="other"),
            replace(desk.recording_key, tenant="x"),
        ):
            assert await desk.recordings.find(recording_key, SORT, 1) is None
            assert await desk.recordings.entries(recording_key) == []

    run(scenario)


def test_a_recording_is_told_in_order_and_an_entry_kept_again_takes_the_place_of_the_first(run: Run) -> None:
    async def scenario(desk: Desk) -> None:
        second, again = replace(ENTRY, occurrence=2), replace(ENTRY, outcome=Outcome(Verdict.TOOL_FAILED))
        for entry in (second, ENTRY, again):
            await desk.recordings.keep(desk.recording_key, entry)
        assert await desk.recordings.entries(desk.recording_key) == [again, second]

    run(scenario)


def test_a_recording_that_was_erased_is_recorded_from_the_first_call_again(run: Run) -> None:
    async def scenario(desk: Desk) -> None:
        await desk.recordings.number(desk.recording_key, RECORDING, SORT, "inv_1")
        await desk.recordings.keep(desk.recording_key, ENTRY)
        await desk.recordings.forget(desk.recording_key)
        assert await desk.recordings.entries(desk.recording_key) == []
        assert await desk.recordings.number(desk.recording_key, RECORDING, SORT, "inv_2") == 1

    run(scenario)


def test_a_cached_answer_is_given_until_its_time_is_over_and_to_nobody_else(run: Run) -> None:
    async def scenario(desk: Desk) -> None:
        await desk.cache.put(desk.recording_key.tenant, "key", DONE, 0.2)
        assert await desk.cache.get(desk.recording_key.tenant, "key") == DONE
        assert await desk.cache.get(desk.recording_key.tenant, "other") is None
        assert await desk.cache.get("another", "key") is None
        async with asyncio.timeout(5):
            while await desk.cache.get(desk.recording_key.tenant, "key"):
                await asyncio.sleep(0.02)

    run(scenario)
