"""A caller ends its call under way, and is told what the call may have done."""

from collections.abc import Callable
from concurrent.futures import Future

import pytest

from callgate import Cancelled, Invocation, State, Unknown
from callgate.errors import OutcomeUnknown
from callgate.keys import new_key

from .hostile import Hostile
from .house import House, eventually, within

Begin = Callable[[str], tuple[str, Future[Invocation]]]


@pytest.fixture
def under_way(house: House, hostile: Hostile) -> Begin:
    """Begin a call that hangs upstream; answers its id and its future."""

    def begin(tool: str) -> tuple[str, Future[Invocation]]:
        key = new_key()
        call = house.begin(tool, {}, key)
        eventually(lambda: hostile.requests, what="the request upstream")
        return house.id_of(key), call

    return begin


def test_a_hanging_get_is_cancelled_within_two_seconds_and_its_box_goes(house: House, under_way: Begin) -> None:
    id, call = under_way("read_slowly")
    with within(2):
        house.client.invocations.handle(id).cancel()
        invocation = call.result(10)
    assert invocation.state is State.CANCELLED
    assert invocation.outcome == Cancelled(effect_possible=False)
    assert "DISPATCHED" in house.settle(id)
    assert invocation.attempts[0].box not in house.boxes() | house.socket_directories()


def test_a_hanging_post_that_is_cancelled_may_have_acted(house: House, hostile: Hostile, under_way: Begin) -> None:
    id, call = under_way("write_slowly")
    with within(2):
        house.client.invocations.handle(id).cancel()
        invocation = call.result(10)
    assert isinstance(invocation.outcome, Unknown)
    with pytest.raises(OutcomeUnknown, match="had been let go"):
        invocation.raise_for_outcome()
    house.settle(id)
    assert invocation.attempts[0].box not in house.boxes()
    assert hostile.received("POST", "/hang") == 1


def test_a_call_that_waits_for_its_next_attempt_is_cancelled_within_two_seconds(house: House, hostile: Hostile) -> None:
    hostile.later, key = 20, new_key()
    call = house.begin("read_later", {}, key)
    eventually(
        lambda: hostile.requests and house.client.invocations.get(house.id_of(key)).state is State.RETRY_WAIT, what="RETRY_WAIT"
    )
    with within(2):
        house.client.invocations.handle(house.id_of(key)).cancel()
        invocation = call.result(30)
    assert invocation.state is State.CANCELLED
    assert hostile.received("GET", "/later") == 1


def test_what_has_ended_is_not_cancelled_any_more(house: House, hostile: Hostile) -> None:
    ended = house.client.call("read_plain", {})
    assert house.client.invocations.handle(ended.id).cancel() == ended
