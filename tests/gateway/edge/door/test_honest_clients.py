"""Who uses the door as it is meant to be used is never cut, however much and fast that is."""

import asyncio
from collections.abc import AsyncIterator

import grpc
import pytest

from benchmarks.hostile.http2_frames import END_STREAM, HEADERS, PING, frame
from tests.gateway.edge.door.backend import OURS
from tests.gateway.edge.door.conftest import Open, streamed, unary, uploading
from tests.gateway.edge.door.frames import asking

MEBIBYTE = 1 << 20


async def calls(call: object, count: int, at_once: int) -> None:
    """So many calls over one connection, as fast as may be."""
    left = iter(range(count))

    async def some() -> None:
        for number in left:
            content = b"%d" % number
            assert await call(content, timeout=60) == content  # type: ignore[operator]

    await asyncio.gather(*[some() for _ in range(at_once)])


@pytest.mark.slow
async def test_thousands_of_calls_over_one_connection(open_door: Open) -> None:
    behind = await open_door()
    await calls(unary(await behind.channel(), "Echo"), 3000, 256)
    assert not behind.told("connection_ended")


@pytest.mark.slow
async def test_a_client_that_pings_with_every_answer_as_other_languages_do(open_door: Open) -> None:
    """grpc-go and grpc-java measure the way's bandwidth by a ping for what comes, one at a time."""
    behind = await open_door()
    client = await behind.raw()
    for number in range(1, 600, 2):
        await client.send(asking(number, f"{OURS}/Echo", b"1"))
        await client.send(frame(PING, 0, 0, b"measures"))
        await client.end_of(number)
        client.frames.clear()
    assert not behind.told("connection_ended")


@pytest.mark.slow
async def test_a_stream_of_small_messages_to_a_client_that_pings_for_each(open_door: Open) -> None:
    behind = await open_door()
    client = await behind.raw()
    await client.send(asking(1, f"{OURS}/Pour", b"1000 20"))
    sent = 0
    while not any(kind == HEADERS and flags & END_STREAM for kind, flags, *_ in client.frames):
        messages = sum(kind == 0 for kind, *_ in client.frames)
        await client.send(frame(PING, 0, 0, b"measures") * (messages - sent))
        sent = messages
        assert not client.ended, behind.told("connection_ended")
        await asyncio.sleep(0)
    assert not behind.told("connection_ended")


async def test_large_messages_up_and_down(open_door: Open) -> None:
    behind = await open_door()
    channel = await behind.channel()

    async def large() -> AsyncIterator[bytes]:
        for _ in range(5):
            yield bytes(4 * MEBIBYTE - 16)

    assert await uploading(channel, "Swallow")(large(), timeout=60) == str(5 * (4 * MEBIBYTE - 16)).encode()
    received = [len(content) async for content in streamed(channel, "Pour")(b"10 4000000", timeout=60)]
    assert received == [4_000_000] * 10


async def test_many_messages_of_some_hundred_bytes_up(open_door: Open) -> None:
    behind = await open_door()

    async def small() -> AsyncIterator[bytes]:
        for _ in range(3000):
            yield bytes(300)

    call = uploading(await behind.channel(), "Swallow")
    assert await call(small(), timeout=60) == b"900000"


async def test_many_calls_that_are_cancelled_and_others_beside_them(open_door: Open) -> None:
    behind = await open_door()
    channel = await behind.channel()

    async def begin_and_cancel() -> None:
        stream = streamed(channel, "Wait")(b"", timeout=60)
        assert await stream.read() == b"begun"
        stream.cancel()

    for _ in range(10):
        await asyncio.gather(*[begin_and_cancel() for _ in range(50)])
        await calls(unary(channel, "Echo"), 10, 10)
    assert not behind.told("connection_ended")


@pytest.mark.slow
async def test_all_streams_of_a_connection_given_up_at_once(open_door: Open) -> None:
    behind = await open_door()
    channel = await behind.channel()
    for _ in range(3):
        streams = [streamed(channel, "Wait")(b"", timeout=60) for _ in range(250)]
        assert set(await asyncio.gather(*[stream.read() for stream in streams])) == {b"begun"}
        for stream in streams:
            stream.cancel()
        await calls(unary(channel, "Echo"), 300, 256)
    assert not behind.told("connection_ended")


@pytest.mark.parametrize("size", [6_000, 12_000])
async def test_many_calls_with_long_headers(open_door: Open, size: int) -> None:
    behind = await open_door()
    call = unary(await behind.channel(), "TellMetadata")
    told = await asyncio.gather(*[call(b"x-long", metadata=(("x-long", "v" * size),), timeout=60) for _ in range(400)])
    assert set(told) == {str(size).encode()}
    assert not behind.told("connection_ended")


async def test_headers_that_are_too_long_are_refused_and_the_connection_goes_on(open_door: Open) -> None:
    behind = await open_door()
    channel = await behind.channel()
    assert await unary(channel, "Echo")(b"before", timeout=60) == b"before"
    for size in (17_000, 40_000, 60_000):
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await unary(channel, "Echo")(b"", metadata=(("x-long", "v" * size),), timeout=60)
        assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED, caught.value
    await calls(unary(channel, "Echo"), 300, 100)
    assert not behind.told("connection_ended")
