"""A listener to a piece of work hears the newest, whether it is quick or slow, and is not left waiting."""

import asyncio

import pytest

from gateway.edge.grpc.latest_progress import Following, Told


async def test_a_slow_listener_misses_what_is_old_and_never_the_last() -> None:
    following, heard = Following(), asyncio.Event()

    async def work() -> None:
        following.tell(0, 9, 0)
        await heard.wait()
        for done in range(1, 10):
            following.tell(done, 9, 1)

    told: list[Told] = []
    task = asyncio.create_task(work())
    async for one in following.until_done(task):
        told.append(one)
        heard.set()
        await asyncio.wait([task])
    assert told == [(0, 9, 0), (9, 9, 1)]


async def test_following_ends_with_work_that_fails_or_says_nothing() -> None:
    async def fail() -> None:
        raise KeyError("lost")

    following, task = Following(), asyncio.create_task(fail())
    async with asyncio.timeout(5):
        assert [one async for one in following.until_done(task)] == []
    with pytest.raises(KeyError):
        await task
    async with asyncio.timeout(5):
        assert [one async for one in following.until_done(task)] == []
