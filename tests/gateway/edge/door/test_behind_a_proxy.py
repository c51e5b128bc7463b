"""A proxy's one connection carries requests of many clients: none of them may end it for the others, nor stop it."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import grpc
import pytest

from tests.conftest import Until
from tests.gateway.edge.door.conftest import Behind, Open, streamed, unary, uploading
from tests.proxies import Proxies, Proxy, proxies

__all__ = ["proxies"]
KINDS: dict[str, Any] = {"haproxy": Proxies.haproxy, "nginx": Proxies.nginx}


@pytest.fixture(params=KINDS)
def start(request: pytest.FixtureRequest, proxies: Proxies) -> Any:
    def begin(behind: Behind) -> Proxy:
        proxy: Proxy = KINDS[request.param](proxies, behind.door.listen)
        return proxy

    return begin


async def test_calls_and_streams_pass_a_proxy(open_door: Open, start: Any) -> None:
    behind = await open_door()
    address = await asyncio.to_thread(lambda: start(behind).address)
    channel = await behind.channel(address=address)
    call = unary(channel, "Echo")
    assert await asyncio.gather(*[call(b"%d" % number, timeout=60) for number in range(300)]) == [b"%d" % n for n in range(300)]
    assert [len(content) async for content in streamed(channel, "Pour")(b"5 1000000", timeout=60)] == [1_000_000] * 5
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await unary(channel, "Refuse")(b"512", timeout=60)
    assert dict(caught.value.trailing_metadata() or ())["callgate-error-bin"] == bytes(range(256)) * 2
    assert not behind.told("connection_ended")


async def test_many_cancelled_calls_of_one_client_do_not_cut_another(open_door: Open, start: Any) -> None:
    behind = await open_door()
    address = await asyncio.to_thread(lambda: start(behind).address)
    channel, other = await behind.channel(address=address), await behind.channel(address=address)
    watch = streamed(other, "Wait")(b"", timeout=60)
    assert await watch.read() == b"begun"
    for _ in range(10):
        streams = [streamed(channel, "Wait")(b"", timeout=60) for _ in range(60)]
        await asyncio.gather(*[stream.read() for stream in streams])
        for stream in streams:
            stream.cancel()
    assert await unary(other, "Echo")(b"here", timeout=60) == b"here"
    assert not watch.done()
    assert not behind.told("connection_ended")


async def test_uploads_that_are_not_taken_do_not_hold_up_calls_of_the_same_connection(open_door: Open, until: Until) -> None:
    behind = await open_door()
    channel = await behind.channel()

    taken = list[int]()

    async def much() -> AsyncIterator[bytes]:
        for _ in range(8):
            taken.append(1)
            yield bytes(1 << 20)

    stalled = [uploading(channel, "Stall")(much(), timeout=60) for _ in range(24)]
    await until(lambda: sum(taken) >= 24)
    for _ in range(100):
        assert await unary(channel, "Echo")(bytes(1000), timeout=10) == bytes(1000)
    for call in stalled:
        call.cancel()
