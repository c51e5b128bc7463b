"""Few requests are on their way into the gateway at a time, and each connection that it knows has a line of its own."""

import asyncio

import pytest

from tests.conftest import Until
from tests.gateway.edge.door.backend import HANGING, OURS
from tests.gateway.edge.door.conftest import Behind, Open, unary
from tests.gateway.edge.door.frames import asking

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


async def test_what_is_given_up_in_line_lets_the_others_go_on(open_door: Open, until: Until) -> None:
    behind = await open_door()
    clients = [await behind.raw() for _ in range(CLIENTS)]
    for client in clients:
        await client.send(b"".join(asking(1 + 2 * number, f"{OURS}/Hang") for number in range(STREAMS)))
        client.close()
    channel = await behind.channel()
    for _ in range(50):
        assert await unary(channel, "Echo")(b"here", timeout=60) == b"here"
