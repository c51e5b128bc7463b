"""Each logical call acts at most once, however often it is sent and whatever the upstream does."""

import pytest

from callgate import CallgateError, Evidence, Invocation, RetryPolicy, Succeeded, TimedOut, ToolFailed, Unknown
from callgate.errors import KeyReused, OutcomeUnknown
from callgate.keys import new_key

from .conftest import OpenShop
from .hostile import Hostile
from .house import House, eventually, within

ORDER = {"body": {"item": "lamp", "quantity": 1}}


def answer(invocation: Invocation) -> tuple[object, ...]:
    """All but whether it was read from the record."""
    return invocation.id, invocation.outcome, invocation.attempts, invocation.ended


def test_the_same_key_twice_makes_one_order_and_replays_its_answer(house: House, shop: OpenShop) -> None:
    key = new_key()
    first, second = (house.client.call("create_order", ORDER, key=key) for _ in range(2))
    assert (first.from_record, second.from_record) == (False, True)
    assert answer(first) == answer(second)
    assert shop.state.requests == len(shop.state.orders) == 1


def test_twenty_duplicates_at_once_make_one_order_and_get_equal_answers(house: House, shop: OpenShop) -> None:
    key = new_key()
    calls = [house.begin("create_order", ORDER, key) for _ in range(20)]
    invocations = [call.result(30) for call in calls]
    assert shop.state.requests == len(shop.state.orders) == 1
    assert sum(not invocation.from_record for invocation in invocations) == 1
    assert {answer(invocation) for invocation in invocations} == {answer(invocations[0])}
    assert isinstance(invocations[0].outcome, Succeeded)


def test_the_same_key_with_other_arguments_is_refused(house: House, shop: OpenShop) -> None:
    key = new_key()
    house.client.call("create_order", ORDER, key=key)
    with pytest.raises(KeyReused) as refusal:
        house.client.call("create_order", {"body": {"item": "lamp", "quantity": 2}}, key=key)
    assert (refusal.value.reason, refusal.value.retryable) == ("KEY_REUSED", False)
    assert refusal.value.invocation_id == house.id_of(key)
    assert "Look at that invocation" in refusal.value.cure
    assert len(shop.state.orders) == 1


def test_the_same_key_with_another_tool_is_refused(house: House, shop: OpenShop) -> None:
    key = new_key()
    house.client.call("list_orders", {}, key=key)
    with pytest.raises(KeyReused):
        house.client.call("get_order", {"order_id": "ord_1"}, key=key)


def test_a_read_survives_a_503_in_a_fresh_box(house: House, shop: OpenShop) -> None:
    shop.state.failures_left = 1
    invocation = house.client.call("list_orders", {})
    assert invocation.json() == {"orders": []}
    assert [attempt.http_status for attempt in invocation.attempts] == [503, 200]
    assert len({attempt.box for attempt in invocation.attempts}) == 2
    assert len({attempt.token_accessor for attempt in invocation.attempts}) == 2
    assert shop.state.requests == 2


def test_a_post_that_gets_a_503_is_not_sent_again(house: House, shop: OpenShop) -> None:
    shop.state.failures_left = 1
    invocation = house.client.call("create_order", ORDER)
    assert isinstance(invocation.outcome, ToolFailed)
    assert invocation.outcome.fault == "HTTP_STATUS"
    assert invocation.outcome.effect_possible
    assert [attempt.http_status for attempt in invocation.attempts] == [503]
    assert shop.state.requests == 1


def test_a_post_whose_answer_is_lost_is_unknown_and_stays_so(house: House, hostile: Hostile) -> None:
    key = new_key()
    first, second = (house.client.call("write_broken", {}, key=key) for _ in range(2))
    assert isinstance(first.outcome, Unknown)
    with pytest.raises(OutcomeUnknown):
        first.raise_for_outcome()
    assert [attempt.evidence for attempt in first.attempts] == [Evidence.SENT]
    assert second.from_record
    assert answer(first) == answer(second)
    assert hostile.received("POST", "/break") == 1


def test_a_get_whose_answer_is_lost_is_sent_again_and_then_given_up(house: House, hostile: Hostile) -> None:
    invocation = house.client.call("read_broken", {})
    assert isinstance(invocation.outcome, ToolFailed)
    assert invocation.outcome.fault == "UPSTREAM_BROKE"
    assert [attempt.evidence for attempt in invocation.attempts] == [Evidence.SENT] * 3
    assert len({attempt.box for attempt in invocation.attempts}) == 3
    assert hostile.received("GET", "/break") == 3


@pytest.mark.slow
@pytest.mark.parametrize(("tool", "expected"), [("read_slowly", TimedOut), ("write_slowly", Unknown)])
def test_a_call_ends_when_its_time_is_over(house: House, hostile: Hostile, tool: str, expected: type[object]) -> None:
    with within(3):
        invocation = house.client.call(tool, {}, timeout=1)
    assert isinstance(invocation.outcome, expected)
    assert len(invocation.attempts) == len(hostile.requests) == 1


def test_a_caller_that_hangs_up_finds_the_outcome_by_its_key(house: House, hostile: Hostile) -> None:
    key = new_key()
    with house.connect(RetryPolicy(patience=0)) as caller:
        call = house.begin("write_slowly", {}, key, caller)
        eventually(lambda: hostile.requests, what="the request upstream")
    with pytest.raises(CallgateError):
        call.result(10)
    hostile.released.set()
    assert isinstance(house.client.call("write_slowly", {}, key=key).outcome, Succeeded)
    assert hostile.received("POST", "/hang") == 1
