"""A POST that was answered 429 failed at once as one that may have acted, its Retry-After was hidden, and for a day the same
key gave the 429 again, though nothing had happened."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from callgate import Evidence, Invocation, State, ToolFailed
from callgate.errors import InvocationFailed, ManifestInvalid
from callgate.keys import new_key
from tests.e2e.house import House, eventually, within

from .conftest import Offer
from .scripted import Scripted, answer

POST = ("POST", "/pay")
BUSY = answer(429, b'{"error": "slow down"}')


def refusal(ended: Invocation) -> ToolFailed:
    assert isinstance(ended.outcome, ToolFailed)
    return ended.outcome


def test_a_post_that_was_not_done_is_sent_again_within_its_time_and_acts_once(
    house: House, scripted: Scripted, offer: Offer
) -> None:
    pay = offer(house, scripted.url, {"pay": POST})["pay"]
    scripted.tell(*POST, BUSY, answer(429, b"", "Retry-After: 1"), answer(201, b'{"paid": true}'))
    ended = house.client.call(pay, {})
    assert ended.json() == {"paid": True}
    assert [one.evidence for one in ended.attempts] == [Evidence.NOT_DONE, Evidence.NOT_DONE, Evidence.RESPONDED]
    first, second, third = (one.started for one in ended.attempts)
    assert first is not None
    assert second is not None
    assert third is not None
    assert (third - second).total_seconds() >= 1
    assert scripted.received(*POST) == 3


def test_retry_after_is_honoured_as_a_date_of_the_upstreams_own_clock(house: House, scripted: Scripted, offer: Offer) -> None:
    pay = offer(house, scripted.url, {"pay": POST})["pay"]
    there = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=3)  # its clock is behind
    date, later = (format_datetime(moment, usegmt=True) for moment in (there, there + timedelta(seconds=2)))
    scripted.tell(*POST, answer(429, b"", f"Date: {date}", f"Retry-After: {later}"))
    ended = house.client.call(pay, {})
    assert ended.state is State.SUCCEEDED
    first, second = (one.started for one in ended.attempts)
    assert first is not None
    assert second is not None
    assert 2 <= (second - first).total_seconds() < 10


def test_a_retry_after_beyond_the_calls_time_is_told_at_once_and_the_key_is_free(
    house: House, scripted: Scripted, offer: Offer
) -> None:
    pay, key = offer(house, scripted.url, {"pay": POST})["pay"], new_key()
    scripted.tell(*POST, answer(429, b'{"error": "slow down"}', "Retry-After: 3600"))
    with within(5):
        ended = house.client.call(pay, {}, key=key, timeout=20)
    told = refusal(ended)
    assert (told.fault, told.http_status, told.retry_after) == ("HTTP_STATUS", 429, 3600.0)
    assert (told.not_done, told.effect_possible) == (True, False)
    assert told.result is not None
    assert told.result.body == b'{"error": "slow down"}'
    assert (ended.state, ended.under_review) == (State.FAILED, False)
    with pytest.raises(InvocationFailed) as failed:
        ended.raise_for_outcome()
    assert (failed.value.retryable, failed.value.retry_after) == (True, 3600.0)

    # It can be looked into until the same key is used again: for the same call, which is then made.
    assert house.client.invocations.get(ended.id).outcome == ended.outcome
    again = house.client.call(pay, {}, key=key)
    assert (again.id, again.state, again.from_record) == (ended.id, State.SUCCEEDED, False)
    assert house.client.call(pay, {}, key=key).from_record
    assert scripted.received(*POST) == 2


def test_attempts_that_were_all_not_done_leave_the_key_free_for_another_call(
    house: House, scripted: Scripted, offer: Offer
) -> None:
    tools, key = offer(house, scripted.url, {"pay": POST, "refund": ("POST", "/refund")}), new_key()
    scripted.tell(*POST, BUSY, BUSY, BUSY)
    ended = house.client.call(tools["pay"], {}, key=key)
    assert (refusal(ended).not_done, len(ended.attempts)) == (True, 3)
    assert house.client.call(tools["refund"], {}, key=key).state is State.SUCCEEDED


def test_a_caller_that_was_told_that_its_call_is_under_way_finds_that_it_was_not_done_and_can_call_again(
    house: House, scripted: Scripted, offer: Offer
) -> None:
    pay, key = offer(house, scripted.url, {"pay": POST})["pay"], new_key()
    scripted.tell(*POST, answer(429, b"", "Retry-After: 3600"))
    begun = house.client.call(pay, {}, key=key, wait=0)
    eventually(lambda: house.client.invocations.get(begun.id).outcome is not None, what="the end")
    assert refusal(house.client.invocations.get(begun.id)).not_done
    again = house.client.call(pay, {}, key=key)
    assert (again.id, again.state) == (begun.id, State.SUCCEEDED)


def test_what_a_probe_found_before_the_key_was_free_decides_nothing_of_the_next_call(
    house: House, scripted: Scripted, offer: Offer
) -> None:
    look, lost = ("GET", "/status"), ()
    status = offer(house, scripted.url, {"status": look})["status"]
    probe = {"tool": status, "arguments": {}, "happened": {"pointer": "/done", "equals": True}, "settle": 0.1}
    pay, key = offer(house, scripted.url, {"pay": POST}, {"pay": {"probe": probe}})["pay"], new_key()
    scripted.tell(*look, answer(200, b'{"done": false}'), answer(200, b'{"done": true}'))
    scripted.tell(*POST, lost, answer(429, b"", "Retry-After: 3600"), lost)
    assert refusal(house.client.call(pay, {}, key=key)).not_done
    again = house.client.call(pay, {}, key=key)
    assert (again.state, again.outcome_source) == (State.SUCCEEDED, f"probe:{status}")
    assert (scripted.received(*POST), scripted.received(*look)) == (3, 2)


def test_another_status_says_that_nothing_was_done_only_where_the_manifest_says_so(
    house: House, scripted: Scripted, offer: Offer
) -> None:
    tools = {"pay": POST, "order": ("POST", "/order")}
    names = offer(house, scripted.url, tools, {"order": {"not_done_statuses": [429, 503]}})
    for route in tools.values():
        scripted.tell(*route, answer(503))
    told = refusal(house.client.call(names["pay"], {}))
    assert (told.not_done, told.effect_possible, scripted.received(*POST)) == (False, True, 1)
    assert house.client.call(names["order"], {}).state is State.SUCCEEDED


@pytest.mark.parametrize("status", [200, 302, 500, 502, 504, 600])
def test_a_status_that_cannot_mean_it_is_refused(house: House, scripted: Scripted, offer: Offer, status: int) -> None:
    with pytest.raises(ManifestInvalid, match="not_done_statuses"):
        offer(house, scripted.url, {"pay": POST}, {"pay": {"not_done_statuses": [status]}})
