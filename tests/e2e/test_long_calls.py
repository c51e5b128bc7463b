"""A call outlives its caller's patience: a caller that asks later, at any gateway, finds it."""

from uuid import uuid4

import pytest

from callgate import State, Succeeded
from callgate.keys import new_key
from tests.conftest import FreePort

from .hostile import Hostile, description
from .house import House, eventually, within
from .second_gateway import SecondGateway


@pytest.fixture
def prefix(house: House, upstream: Hostile) -> str:
    made = f"t{uuid4().hex[:8]}_"
    house.offer(description(prefix=made), made.rstrip("_"), upstream.url)
    return made


@pytest.mark.slow
def test_a_caller_that_does_not_wait_finds_the_end_at_another_gateway(
    house: House, upstream: Hostile, prefix: str, free_port: FreePort
) -> None:
    key, tool = new_key(), f"{prefix}write_slowly"
    with within(5):
        begun = house.client.call(tool, {}, key=key, wait=0)
    assert begun.outcome is None
    eventually(lambda: upstream.requests, what="the request upstream")
    with SecondGateway(house, free_port) as second, second.connect() as other:
        assert other.invocations.get(begun.id).state is State.DISPATCHED
        attached = other.call(tool, {}, key=key, wait=1)
        assert (attached.id, attached.outcome) == (begun.id, None)
        upstream.released.set()
        ended = other.invocations.handle(begun.id).wait(timeout=20)
        assert isinstance(ended.outcome, Succeeded)
        seen = list(other.invocations.handle(begun.id).watch())
        assert [event.number for event in seen] == list(range(1, len(seen) + 1))
        for after in range(len(seen)):
            assert list(house.client.invocations.handle(begun.id).watch(after=after, timeout=10)) == seen[after:]
        assert other.call(tool, {}, key=key).outcome == ended.outcome
    assert upstream.received("POST", "/hang") == 1


@pytest.mark.slow
def test_a_call_under_way_is_answered_before_the_rpc_would_fail(house: House, upstream: Hostile, prefix: str) -> None:
    with within(10):
        begun = house.client.call(f"{prefix}read_slowly", {}, wait=1.5)
    assert begun.state is State.DISPATCHED
    upstream.released.set()
    assert house.client.invocations.handle(begun.id).wait(timeout=20).state is State.SUCCEEDED
