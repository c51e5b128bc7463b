"""A gateway is killed or told to stop in the middle of calls: nothing acts twice, nothing is lost, and nothing is left."""

import os
import signal
from concurrent.futures import Future

import pytest

from callgate import Evidence, Invocation, State, Unknown
from callgate.errors import ShuttingDown
from callgate.keys import new_key

from .hostile import Hostile, description
from .house import CLEAN_WITHIN, House, eventually

pytestmark = pytest.mark.slow  # each test starts a stack of its own

SECRET = "the-token-of-the-hostile-one"


@pytest.fixture
def under_way(new_house: House, upstream: Hostile) -> dict[str, Future[Invocation]]:
    """A hanging GET and a hanging POST, each in a box."""
    new_house.offer(description(secured=True), "hostile", upstream.url, SECRET)
    calls = {tool: new_house.begin(tool, {}, new_key()) for tool in ("read_slowly", "write_slowly")}
    eventually(lambda: len(upstream.requests) == 2, what="both requests upstream")
    return calls


@pytest.fixture
def prepared(new_house: House, under_way: dict[str, Future[Invocation]]) -> Future[Invocation]:
    """A POST that has a box and a live token, and has sent nothing: its box was stopped while it waited."""
    eventually(lambda: len(new_house.boxes()) == 3 == len(new_house.ready_boxes()), what="one box that waits")
    *_, waiting = new_house.ready_boxes()
    os.kill(waiting, signal.SIGSTOP)
    call = new_house.begin("write_plain", {}, new_key())
    eventually(new_house.live_tokens, what="a token")
    return call


@pytest.fixture
def delayed(new_house: House, upstream: Hostile, under_way: dict[str, Future[Invocation]]) -> Future[Invocation]:
    """A GET between two attempts: the upstream wanted to be asked again later."""
    upstream.later, key = 8, new_key()
    call = new_house.begin("read_later", {}, key)
    eventually(lambda: upstream.received("GET", "/later"), what="the first attempt")
    eventually(
        lambda: new_house.client.invocations.get(new_house.id_of(key)).state is State.RETRY_WAIT, what="the wait for the second"
    )
    upstream.later = 0
    return call


def test_after_a_kill_nothing_acts_twice_nothing_is_lost_and_nothing_is_left(
    new_house: House,
    upstream: Hostile,
    under_way: dict[str, Future[Invocation]],
    delayed: Future[Invocation],
    prepared: Future[Invocation],
) -> None:
    house = new_house
    calls = {**under_way, "read_later": delayed, "write_plain": prepared}
    orphans, directories = house.boxes(), set(house.state.run.glob("gw-*"))
    house.signal_gateway(signal.SIGKILL)
    assert house.exit_code() == -signal.SIGKILL
    upstream.released.set()
    house.start_gateway()
    ended = {tool: call.result(CLEAN_WITHIN) for tool, call in calls.items()}

    # What may have acted is unknown, and was not repeated.
    written = ended["write_slowly"]
    assert isinstance(written.outcome, Unknown)
    assert [(attempt.evidence, attempt.fault) for attempt in written.attempts] == [(Evidence.SENT, "HOLDER_LOST")]
    assert upstream.received("POST", "/hang") == 1
    # What is safe to repeat was repeated.
    read = ended["read_slowly"]
    assert read.state is State.SUCCEEDED
    assert [attempt.evidence for attempt in read.attempts] == [Evidence.SENT, Evidence.RESPONDED]
    assert upstream.received("GET", "/hang") == 2
    # What waited was gone on with.
    assert [attempt.http_status for attempt in ended["read_later"].attempts] == [503, 200]
    assert upstream.received("GET", "/later") == 2
    # What had sent nothing began anew.
    assert ended["write_plain"].state is State.SUCCEEDED
    assert upstream.received("POST", "/plain") == 1

    for invocation in ended.values():
        house.settle(invocation.id)
    eventually(house.is_at_rest, CLEAN_WITHIN, "no boxes and socket directories but the new gateway's own")
    assert not orphans & house.boxes()
    assert not directories & set(house.state.run.glob("gw-*"))
    eventually(lambda: house.live_tokens() == [], CLEAN_WITHIN, "no live token")


def test_a_read_is_made_again_where_its_gateway_is_killed_in_the_moment_in_which_it_arrives(
    new_house: House, upstream: Hostile
) -> None:
    house = new_house
    house.offer(description(), "hostile", upstream.url)
    upstream.on_request = lambda: house.signal_gateway(signal.SIGKILL)
    call = house.begin("read_slowly", {}, new_key())
    assert house.exit_code() == -signal.SIGKILL
    upstream.on_request = bool
    upstream.released.set()
    house.start_gateway()
    ended = call.result(CLEAN_WITHIN)
    assert ended.state is State.SUCCEEDED
    assert ended.attempts[-1].evidence is Evidence.RESPONDED
    assert upstream.received("GET", "/hang") == 2
    house.settle(ended.id)
    eventually(house.is_at_rest, CLEAN_WITHIN, "no boxes and socket directories but the new gateway's own")


def test_a_gateway_that_is_told_to_stop_ends_its_calls_first_and_leaves_nothing(
    new_house: House, upstream: Hostile, under_way: dict[str, Future[Invocation]]
) -> None:
    house = new_house
    house.signal_gateway(signal.SIGTERM)
    eventually(lambda: not house.is_serving(), what="the gateway to drain")
    with pytest.raises(ShuttingDown):
        house.hasty.call("read_plain", {})
    upstream.released.set()
    assert {call.result(10).state for call in under_way.values()} == {State.SUCCEEDED}
    assert house.exit_code() == 0
    assert len(upstream.requests) == 2
    assert house.boxes() == set()
    assert list(house.state.run.iterdir()) == []
    assert house.live_tokens() == []
