"""A person decides what became of a call whose answer was lost; on real parts."""

import pytest

from callgate import AnotherAttempt, DeclareFailed, DeclareSucceeded, State
from callgate.errors import ReviewNotOpen
from callgate.keys import new_key

from .hostile import Hostile
from .house import House


def lost(house: House, key: str) -> str:
    """The id of a call whose answer was lost, once its box is gone."""
    invocation = house.client.call("write_broken", {}, key=key)
    assert invocation.state is State.UNKNOWN
    assert invocation.under_review
    house.settle(invocation.id)
    return invocation.id


def test_a_person_gives_the_answer_that_was_lost_and_the_caller_gets_it_by_its_key(house: House, hostile: Hostile) -> None:
    key = new_key()
    id = lost(house, key)
    assert id in {review.invocation.id for review in house.client.reviews.list()}
    review = house.client.reviews.get(id)
    assert (review.request.method, review.open) == ("POST", True)
    assert [attempt.fault for attempt in review.invocation.attempts] == ["UPSTREAM_BROKE"]
    decided = house.client.reviews.decide(id, DeclareSucceeded({"id": 7}), reason="it is in the upstream's log")
    assert (decided.author, decided.reason) == ("operator/operator", "it is in the upstream's log")
    again = house.client.call("write_broken", {}, key=key)
    assert (again.from_record, again.json(), again.outcome_source) == (True, {"id": 7}, "review")
    assert hostile.received("POST", "/break") == 1
    assert id not in {review.invocation.id for review in house.client.reviews.list()}


@pytest.mark.slow
def test_a_call_that_a_person_retries_is_made_once_more_in_a_fresh_box(house: House, hostile: Hostile) -> None:
    id = lost(house, new_key())
    house.client.reviews.decide(id, AnotherAttempt(), reason="the upstream has no trace of it")
    found = house.client.invocations.handle(id).wait(timeout=30)
    assert found.state is State.UNKNOWN
    assert len({attempt.box for attempt in found.attempts}) == 2
    assert hostile.received("POST", "/break") == 2


def test_what_one_person_has_decided_another_cannot(house: House, hostile: Hostile) -> None:
    id = lost(house, new_key())
    house.client.reviews.decide(id, DeclareFailed(), reason="it is not wanted any more")
    with pytest.raises(ReviewNotOpen):
        house.client.reviews.decide(id, AnotherAttempt(), reason="too late")
    assert hostile.received("POST", "/break") == 1
