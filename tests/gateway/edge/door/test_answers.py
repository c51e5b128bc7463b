"""What the gateway answers reaches a client as it was said; what the gateway does not end is told to be unavailable."""

import asyncio
import signal
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest

from benchmarks.hostile.http2_frames import (
    DATA,
    END_HEADERS,
    END_STREAM,
    HEADERS,
    INITIAL_WINDOW_SIZE,
    PREFACE,
    RST_STREAM,
    frame,
    settings,
)
from tests.conftest import Until
from tests.gateway.edge.door.backend import DETAIL, OURS, WAITING
from tests.gateway.edge.door.conftest import Open, StartBackend, streamed, unary, uploading
from tests.gateway.edge.door.frames import RawClient, asking, headers

ANSWER = "the gateway does not answer"


async def refused(call: Any) -> grpc.aio.AioRpcError:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        async with asyncio.timeout(20):
            await call
    return caught.value


@pytest.mark.parametrize("size", [0, 256, 5_888])
async def test_a_status_is_told_alike_with_and_without_the_door(open_door: Open, size: int) -> None:
    behind = await open_door()
    for address in ("", f"unix:{behind.door.gateway}"):
        channel = await behind.channel(address=address)
        error = await refused(unary(channel, "Refuse")(b"%d" % size, timeout=60))
        assert (error.code(), error.details()) == (grpc.StatusCode.FAILED_PRECONDITION, "no: ☃ 100%")
        assert dict(error.trailing_metadata() or ())[DETAIL] == bytes(range(256)) * (size // 256)


async def test_a_status_after_messages_keeps_its_detail(open_door: Open) -> None:
    stream = streamed(await (await open_door()).channel(), "RefuseLater")(b"512", timeout=60)
    assert await stream.read() == b"first"
    error = await refused(stream.read())
    assert error.code() is grpc.StatusCode.FAILED_PRECONDITION
    assert dict(error.trailing_metadata() or ())[DETAIL] == bytes(range(256)) * 2


async def test_a_method_that_is_not_there_is_told_so(open_door: Open) -> None:
    channel = await (await open_door()).channel()
    assert (await refused(unary(channel, "Nothing")(b"", timeout=60))).code() is grpc.StatusCode.UNIMPLEMENTED


async def test_a_message_that_is_too_long_is_told_so(open_door: Open) -> None:
    channel = await (await open_door()).channel()
    error = await refused(unary(channel, "Echo")(bytes(5 << 20), timeout=60))
    assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert await unary(channel, "Echo")(b"next", timeout=60) == b"next"


async def test_a_gateway_that_is_not_there_is_unavailable(open_door: Open) -> None:
    channel = await (await open_door(backend=False)).channel()
    error = await refused(unary(channel, "Echo")(b"", timeout=60))
    assert (error.code(), error.details()) == (grpc.StatusCode.UNAVAILABLE, ANSWER)


@pytest.mark.slow
async def test_streams_of_a_gateway_that_is_killed_are_unavailable_and_the_door_goes_on(
    open_door: Open, start_backend: StartBackend
) -> None:
    behind = await open_door(backend=False)
    first = await start_backend(behind.door.gateway)
    channel = await behind.channel()
    stream = streamed(channel, "Wait")(b"", timeout=60)
    assert await stream.read() == b"begun"
    waiting = asyncio.create_task(refused(unary(channel, "TakeTime")(b"60", timeout=60)))
    pid = behind.door.pid
    first.kill()
    for error in (await refused(stream.read()), await waiting):
        assert error.code() is grpc.StatusCode.UNAVAILABLE
        assert error.details() == ANSWER
    await first.wait()
    behind.door.gateway.unlink()
    await start_backend(behind.door.gateway)
    assert await unary(channel, "Echo")(b"again", timeout=60) == b"again"
    assert behind.door.pid == pid


@pytest.mark.slow
async def test_a_gateway_that_hangs_is_unavailable(open_door: Open, start_backend: StartBackend) -> None:
    behind = await open_door(backend=False, ping_after=0.3, ping_within=0.5)
    hanging = await start_backend(behind.door.gateway)
    channel = await behind.channel()
    stream = streamed(channel, "Wait")(b"", timeout=60)
    assert await stream.read() == b"begun"
    hanging.send_signal(signal.SIGSTOP)
    assert (await refused(stream.read())).code() is grpc.StatusCode.UNAVAILABLE
    hanging.send_signal(signal.SIGCONT)
    assert await unary(channel, "Echo")(b"again", timeout=60) == b"again"


async def test_a_gateway_that_is_only_slow_is_waited_for(open_door: Open) -> None:
    behind = await open_door(ping_after=5.1, ping_within=5.0)
    call = unary(await behind.channel(), "TakeTime")
    assert set(await asyncio.gather(*[call(b"0.7", timeout=60) for _ in range(20)])) == {b"0.7"}


async def test_who_cancels_is_cancelled_at_the_gateway(open_door: Open, until: Until) -> None:
    behind = await open_door()
    before = set(WAITING)
    stream = streamed(await behind.channel(), "Wait")(b"", timeout=60)
    assert await stream.read() == b"begun"
    assert WAITING - before
    stream.cancel()
    await until(lambda: not WAITING - before)


async def test_who_goes_away_is_cancelled_at_the_gateway(open_door: Open, until: Until) -> None:
    behind = await open_door()
    before = set(WAITING)
    client = await behind.raw()
    await client.send(b"".join(asking(number, f"{OURS}/Wait") for number in range(1, 41, 2)))
    await until(lambda: len(WAITING - before) == 20)
    client.close()
    await until(lambda: not WAITING - before)


async def test_a_client_that_closes_its_half_of_the_connection_ends_its_streams(open_door: Open, until: Until) -> None:
    behind = await open_door()
    before = set(WAITING)
    client = await behind.raw()
    await client.send(asking(1, f"{OURS}/Wait"))
    await until(lambda: WAITING - before)
    await client.close_writing()
    await until(lambda: not WAITING - before)
    assert await client.ends()


async def test_the_deadline_of_a_request_is_the_gateways_to_keep(open_door: Open) -> None:
    """Of a client that only says it: a client of gRPC's ends the request by itself."""
    behind = await open_door()
    client = await behind.raw()
    await client.send(asking(1, f"{OURS}/TakeTime", b"60", (b"grpc-timeout", b"200m")))
    kind, flags, _, _ = await client.end_of(1)
    assert kind == RST_STREAM or flags & END_STREAM
    await client.send(asking(3, f"{OURS}/Echo", b"next"))
    assert (await client.end_of(3))[0] == HEADERS


async def test_a_client_that_takes_no_answers_holds_up_no_other(open_door: Open) -> None:
    behind = await open_door()
    slow = await behind.raw(first=PREFACE + settings((INITIAL_WINDOW_SIZE, 0)))
    await slow.send(b"".join(asking(number, f"{OURS}/Pour", b"100 1000000") for number in range(1, 201, 2)))
    await slow.gets(lambda got: got[0] == HEADERS)
    channel = await behind.channel()
    received = [len(content) async for content in streamed(channel, "Pour")(b"3 4000000", timeout=60)]
    assert received == [4_000_000] * 3


@pytest.mark.parametrize(
    ("method", "kind"), [(b"GET", b"text/html"), (b"POST", b"application/json"), (b"GET", b"application/grpc")]
)
async def test_what_is_no_request_of_grpc_is_told_so(open_door: Open, method: bytes, kind: bytes) -> None:
    client = await (await open_door()).raw()
    await client.send(frame(HEADERS, END_HEADERS | END_STREAM, 1, headers("/", method=method, kind=kind)))
    *_, content = await client.gets(lambda got: got[0] == DATA)
    assert content.startswith(b"this is a gRPC server")
    await client.send(asking(3, f"{OURS}/Echo"))
    assert (await client.end_of(3))[0] == HEADERS


async def test_a_browser_is_told_that_this_is_no_http_1(open_door: Open) -> None:
    behind = await open_door()
    reader, writer = await asyncio.open_connection("127.0.0.1", behind.port)
    writer.write(b"GET / HTTP/1.1\r\nHost: gateway\r\n\r\n")
    async with asyncio.timeout(10):
        told = await reader.read()
    writer.close()
    assert told.startswith(b"HTTP/1.1 505")
    assert b"this is a gRPC server" in told


async def test_a_client_cannot_say_who_it_is(open_door: Open) -> None:
    behind = await open_door()
    channel = await behind.channel()
    forged = tuple(("callgate-peer", value) for value in ("ipv4:10.0.0.1:1", "unix:"))
    told = (await unary(channel, "TellPeer")(b"", metadata=forged, timeout=60)).decode().split(";")
    assert len(told) == 2
    assert set(told) == {told[0]}
    assert told[0].startswith("ipv4:127.0.0.1:")


@pytest.mark.parametrize("name", [b"te", b"connection", b"proxy-connection"])
async def test_no_field_of_a_client_takes_the_peer_away(open_door: Open, name: bytes) -> None:
    """A field of HTTP/1 names others that are for the next hop only; HTTP/2 has none."""
    client: RawClient = await (await open_door()).raw()
    await client.send(asking(1, f"{OURS}/TellPeer", b"", (name, b"callgate-peer"), (b"callgate-peer", b"x")))
    await client.end_of(1)
    contents = b"".join(content for kind, *_, content in client.frames if kind == DATA)
    assert b"ipv4:127.0.0.1:" in contents or b"not valid in HTTP/2" in contents or (name == b"te" and b"TE" in contents)


async def test_who_is_refused_before_all_was_sent_gets_the_refusal_each_time(open_door: Open) -> None:
    behind = await open_door()
    channel = await behind.channel()

    async def sent() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield bytes(20_000)
            await asyncio.sleep(0)

    for _ in range(60):
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await uploading(channel, "RefuseUpload")(sent(), timeout=60)
        assert refused.value.code() is grpc.StatusCode.FAILED_PRECONDITION


async def test_who_is_refused_and_sends_no_more_waits_a_moment_for_it(open_door: Open) -> None:
    behind = await open_door()
    channel, never = await behind.channel(), asyncio.Event()

    async def sent() -> AsyncIterator[bytes]:
        yield b"begun"
        await never.wait()

    error = await refused(uploading(channel, "RefuseUpload")(sent(), timeout=60))
    assert error.code() is grpc.StatusCode.FAILED_PRECONDITION
