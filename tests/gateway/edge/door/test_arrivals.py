"""Few requests are on their way into the gateway at a time, and each connection that it knows has a line of its own."""

import asyncio
import socket
from time import monotonic

import grpc
import pytest

from benchmarks.hostile.http2_frames import END_HEADERS, GOAWAY, HEADERS, PREFACE, frame, settings
from tests.conftest import Until
from tests.gateway.edge.door.backend import HANGING, OURS, REFUSED
from tests.gateway.edge.door.conftest import Behind, Open, unary
from tests.gateway.edge.door.frames import asking, headers

STREAMS = 200
CLIENTS = 4


@pytest.fixture(autouse=True)
def none_hangs() -> None:
    HANGING.clear()


async def begin_many(behind: Behind, streams: int = STREAMS) -> None:
    """Requests of strangers that hang, all at once, over a few connections."""
    clients = [await behind.raw() for _ in range(CLIENTS)]
    written = b"".join(asking(1 + 2 * number, f"{OURS}/Hang") for number in range(streams))
    await asyncio.gather(*[client.send(written) for client in clients])


async def test_a_known_callers_request_does_not_wait_for_those_of_strangers(open_door: Open) -> None:
    behind = await open_door()
    channel = await behind.channel()
    assert await unary(channel, "Echo")(b"known", timeout=60) == b"known"
    await begin_many(behind)
    assert await unary(channel, "Echo")(b"soon", timeout=60) == b"soon"
    assert len(HANGING) < STREAMS * CLIENTS / 2


async def test_requests_that_take_long_all_arrive(open_door: Open, until: Until) -> None:
    behind = await open_door()
    await begin_many(behind)
    await until(lambda: len(HANGING) == STREAMS * CLIENTS)


async def test_strangers_who_ask_for_health_do_not_wait_for_those_who_claim_a_token(open_door: Open) -> None:
    behind = await open_door()
    channel = await behind.channel()
    await begin_many(behind)
    assert await unary(channel, "Echo", service="/others.Test")(b"healthy", timeout=60) == b"healthy"
    assert len(HANGING) < STREAMS * CLIENTS / 2


async def test_however_many_wrong_tokens_are_sent_few_are_looked_at(open_door: Open) -> None:
    behind = await open_door()
    channels = [await behind.channel() for _ in range(CLIENTS)]
    began, before = monotonic(), len(REFUSED)
    await asyncio.gather(*[refused_often(channel, 250) for channel in channels])
    assert len(REFUSED) - before == 250 * CLIENTS
    # A rest follows each, and some are let in at once.
    assert monotonic() - began > 0.9 * 250 * CLIENTS * 0.002


async def refused_often(channel: grpc.aio.Channel, times: int) -> None:
    async def once() -> None:
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await unary(channel, "RefuseToken")(b"", timeout=60)
        assert refused.value.code() is grpc.StatusCode.UNAUTHENTICATED

    await asyncio.gather(*[once() for _ in range(times)])


async def test_a_stranger_with_a_good_token_is_let_in_behind_those_with_wrong_ones(open_door: Open) -> None:
    behind = await open_door()
    wrong = await behind.channel()
    storm = asyncio.gather(*[refused_often(wrong, 50) for _ in range(3)])
    assert await unary(await behind.channel(), "Echo")(b"good", timeout=60) == b"good"
    await storm
    assert await unary(await behind.channel(), "Echo")(b"after", timeout=60) == b"after"


async def test_what_is_given_up_in_line_lets_the_others_go_on(open_door: Open, until: Until) -> None:
    behind = await open_door()
    clients = [await behind.raw() for _ in range(CLIENTS)]
    for client in clients:
        await client.send(b"".join(asking(1 + 2 * number, f"{OURS}/Hang") for number in range(STREAMS)))
        client.close()
    channel = await behind.channel()
    for _ in range(50):
        assert await unary(channel, "Echo")(b"here", timeout=60) == b"here"


async def test_strangers_who_go_away_at_once_get_no_lines_of_their_own(open_door: Open) -> None:
    """A connection that cannot be written to any more is closed, and what it had sent is read on.

    A known caller waited for a third of a second in every storm then; the machine itself does not do so in each of three."""
    behind = await open_door()
    channel = await behind.channel()
    assert await unary(channel, "Echo")(b"known", timeout=60) == b"known"
    assert min([await longest_in_a_storm(behind, channel) for _ in range(3)]) < 0.25


async def longest_in_a_storm(behind: Behind, channel: grpc.aio.Channel) -> float:
    """Seconds that a request took."""
    took = list[float]()
    storm = asyncio.gather(*[asyncio.to_thread(go_away_often, behind.port, 2.0) for _ in range(CLIENTS)])
    while not storm.done():
        began = monotonic()
        assert await unary(channel, "Echo")(b"soon", timeout=60) == b"soon"
        took.append(monotonic() - began)
    await storm
    return max(took)


def go_away_often(port: int, seconds: float) -> None:
    request = frame(HEADERS, END_HEADERS, 1, headers(f"{OURS}/Hang"))
    written = PREFACE + settings() + request + frame(GOAWAY, 0, 0, bytes(1008)) * 50
    end = monotonic() + seconds
    while monotonic() < end:
        with socket.create_connection(("127.0.0.1", port)) as client:
            client.sendall(written)
