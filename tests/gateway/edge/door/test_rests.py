"""A refusal upon which a caller shall rest is given by the door for a while: the gateway does not look at each request."""

import asyncio
from collections import Counter
from typing import Any

import grpc
import pytest

from gateway.edge.grpc.status import REST_KEY
from tests.gateway.edge.door.backend import DETAIL, LOOKED_AT
from tests.gateway.edge.door.conftest import Open, unary

TIMES = 200
TOKEN, OTHER = "Bearer of the one", "Bearer of the other"


@pytest.fixture(autouse=True)
def none_was_looked_at() -> None:
    LOOKED_AT.clear()


async def refusal(channel: grpc.aio.Channel, method: str = "RefuseForAWhile", token: str = TOKEN) -> grpc.aio.AioRpcError:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await unary(channel, method)(b"", timeout=60, metadata=(("authorization", token),))
    return refused.value


def told(refused: grpc.aio.AioRpcError) -> tuple[Any, ...]:
    trailers = dict(refused.trailing_metadata() or ())
    assert REST_KEY not in trailers
    return refused.code(), refused.details(), trailers[DETAIL]


@pytest.mark.parametrize("method", ["RefuseForAWhile", "RefuseWatch"])
async def test_however_often_a_resting_caller_asks_the_gateway_looks_once(open_door: Open, method: str) -> None:
    channel = await (await open_door()).channel()
    await refusal(channel, method)
    refusals = await asyncio.gather(*[refusal(channel, method) for _ in range(TIMES)])
    assert Counter(map(told, refusals)) == {(grpc.StatusCode.RESOURCE_EXHAUSTED, "no: ☃ 100%", b"detail"): TIMES}
    # A slow machine takes longer than one rest.
    assert LOOKED_AT.total() < TIMES / 4


async def test_a_caller_that_has_rested_is_looked_at_again(open_door: Open) -> None:
    channel = await (await open_door()).channel()
    await refusal(channel)

    async def looked_at_again() -> bool:
        await refusal(channel)
        return LOOKED_AT[TOKEN] > 1

    async with asyncio.timeout(30):
        while not await looked_at_again():
            pass


async def test_other_tokens_and_other_methods_do_not_rest(open_door: Open) -> None:
    behind = await open_door()
    channel = await behind.channel()
    await refusal(channel)
    await refusal(await behind.channel(), token=OTHER)
    assert LOOKED_AT[OTHER] == 1
    assert await unary(channel, "Echo")(b"here", timeout=60, metadata=(("authorization", TOKEN),)) == b"here"


async def test_a_flood_of_refused_requests_leaves_the_connection_open(open_door: Open) -> None:
    """A client that obeys its refusals' `retry_after` badly is no attack upon the protocol."""
    channel = await (await open_door()).channel()
    for _ in range(10):
        await asyncio.gather(*[refusal(channel) for _ in range(TIMES)])
    assert await unary(channel, "Echo")(b"still", timeout=60) == b"still"
