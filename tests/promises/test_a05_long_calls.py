"""A5: the SDK gave up on healthy long calls.

A balancer cut the connection every 50 s, each reconnect worked, and `watch` and the blocking call raised GatewayUnavailable at
100 s.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest

from callgate import Client, State
from callgate.keys import new_key
from tests.conftest import FreePort
from tests.e2e.hostile import Hostile, description
from tests.e2e.house import House, eventually
from tests.e2e.second_gateway import SecondGateway
from tests.promises.callers import Seen, blocking, with_asyncio
from tests.proxies import Proxies

pytestmark = pytest.mark.slow

Caller = Callable[[str, str, str, str], Seen]


@pytest.fixture
def prefix(house: House, upstream: Hostile) -> str:
    made = f"t{uuid4().hex[:8]}_"
    house.offer(description(prefix=made), made.rstrip("_"), upstream.url)
    return made


@pytest.mark.parametrize("caller", [blocking, with_asyncio])
def test_a_call_and_a_watch_outlive_a_balancer_that_cuts_what_is_quiet(
    house: House, upstream: Hostile, prefix: str, proxies: Proxies, caller: Caller
) -> None:
    balancer, token = proxies.haproxy(house.address, idle=1.2, mode="tcp"), house.state.token.read_text()
    with ThreadPoolExecutor(1) as threads:
        seen = threads.submit(caller, balancer.address, token, f"{prefix}write_slowly", new_key())
        eventually(lambda: balancer.ended >= 3 or seen.done(), 30, "three cuts")
        upstream.released.set()
        ended = seen.result(20)
    assert ended.invocation.state is State.SUCCEEDED
    assert ended.numbers == list(range(1, len(ended.numbers) + 1))
    assert upstream.received("POST", "/hang") == 1


def test_a_watch_goes_on_at_the_next_address_when_its_gateway_is_stopped(
    house: House, upstream: Hostile, prefix: str, free_port: FreePort
) -> None:
    begun = house.client.call(f"{prefix}write_slowly", {}, wait=0)
    token = house.state.token.read_text()
    with (
        SecondGateway(house, free_port) as second,
        Client(f"{second.address},{house.address}", token=token) as client,
        ThreadPoolExecutor(1) as threads,
    ):
        events = client.invocations.handle(begun.id).watch(until_settled=True)
        seen = [next(events)]
        second.stop()
        rest = threads.submit(list, events)
        upstream.released.set()
        seen += rest.result(20)
    assert [event.number for event in seen] == list(range(1, len(seen) + 1))
    assert "RECORDED" in {event.kind for event in seen}
