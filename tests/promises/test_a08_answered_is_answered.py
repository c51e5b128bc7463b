"""An answer of 20 MB with status 200 made an unknown outcome and a review, though the upstream had said that it was done."""

from collections.abc import Callable, Iterator

import pytest

from callgate import Evidence, LimitExceeded, State, TimedOut, ToolFailed
from callgate.keys import new_key
from tests.e2e.house import House, within

from .conftest import Offer
from .scripted import HANG, Answer, Scripted, answer, head

LARGE = 20_000_000
POST, PUT = ("POST", "/act"), ("PUT", "/act")


def chunked() -> Iterator[bytes]:
    yield head(201, "Content-Type: application/json", "Transfer-Encoding: chunked")
    for _ in range(LARGE // 10_000):
        yield b"2710\r\n" + b"x" * 10_000 + b"\r\n"
    yield b"0\r\n\r\n"


def without_length() -> Answer:
    return [head(201, "Content-Type: application/json"), b"x" * LARGE]


@pytest.mark.parametrize("large", [lambda: answer(201, b"x" * LARGE), chunked, without_length])
@pytest.mark.parametrize("route", [POST, PUT], ids=["POST", "PUT"])
def test_an_answer_that_is_too_large_is_an_answer_and_its_status_says_what_was_done(
    house: House, scripted: Scripted, offer: Offer, large: Callable[[], Answer], route: tuple[str, str]
) -> None:
    # What is held to its schema is no artifact.
    strict = {"act": {"strict_responses": True}}
    act, key = offer(house, scripted.url, {"act": route}, strict)["act"], new_key()
    scripted.tell(*route, large())
    first, second = (house.client.call(act, {}, key=key) for _ in range(2))
    assert isinstance(first.outcome, LimitExceeded)
    assert (first.outcome.limit, first.outcome.effect_possible) == ("response_bytes", True)
    assert first.outcome.http_status == 201
    assert (first.state, first.under_review) == (State.FAILED, False)
    assert [(one.evidence, one.http_status) for one in first.attempts] == [(Evidence.RESPONDED, 201)]
    assert (second.from_record, second.outcome) == (True, first.outcome)
    assert scripted.received(*route) == 1


BROKEN: dict[str, tuple[Answer, str]] = {
    "in its body": ([head(201, "Content-Length: 100"), b"{"], "UPSTREAM_BROKE"),
    "in its head": ([head(201)[:-2] + b"X-Half: "], "UPSTREAM_BROKE"),
    "in a chunk that is none": ([head(201, "Transfer-Encoding: chunked"), b"what\r\n"], "UPSTREAM_BROKE"),
    "by a head without end": ([head(201, "X: " + "x" * 400_000)], "UPSTREAM_BROKE"),
    "by a header that is none": ([b"HTTP/1.1 201 X\r\nno colon\r\n\r\n"], "UPSTREAM_BROKE"),
}


@pytest.mark.parametrize(("broken", "fault"), BROKEN.values(), ids=BROKEN.keys())
def test_an_answer_that_breaks_off_after_its_status_is_an_answer(
    house: House, scripted: Scripted, offer: Offer, broken: Answer, fault: str
) -> None:
    act, key = offer(house, scripted.url, {"act": POST})["act"], new_key()
    scripted.tell(*POST, broken)
    first, second = (house.client.call(act, {}, key=key) for _ in range(2))
    assert isinstance(first.outcome, ToolFailed)
    assert (first.outcome.fault, first.outcome.http_status, first.outcome.effect_possible) == (fault, 201, True)
    assert (first.under_review, first.outcome.not_done, second.from_record) == (False, False, True)
    assert scripted.received(*POST) == 1


def test_an_answer_that_breaks_off_is_asked_for_again_where_that_is_safe(
    house: House, scripted: Scripted, offer: Offer
) -> None:
    act = offer(house, scripted.url, {"act": PUT})["act"]
    scripted.tell(*PUT, BROKEN["in its body"][0], answer(200, b'{"done": true}'))
    ended = house.client.call(act, {})
    assert ended.json() == {"done": True}
    assert [one.http_status for one in ended.attempts] == [201, 200]


def test_a_failure_whose_body_is_lost_is_the_failure_that_its_status_says(
    house: House, scripted: Scripted, offer: Offer
) -> None:
    act = offer(house, scripted.url, {"act": POST})["act"]
    scripted.tell(*POST, [head(404, "Content-Length: 100"), b"{"])
    outcome = house.client.call(act, {}).outcome
    assert isinstance(outcome, ToolFailed)
    assert (outcome.fault, outcome.http_status, outcome.result) == ("HTTP_STATUS", 404, None)


def test_what_is_no_answer_stays_unknown(house: House, scripted: Scripted, offer: Offer) -> None:
    act = offer(house, scripted.url, {"act": POST})["act"]
    for nothing in (b"HTTP/1.1 20", b"220 hello, this is another protocol\r\n", b"HTTP/1.1 102 X\r\n\r\n"):
        scripted.tell(*POST, [nothing])
        ended = house.client.call(act, {})
        assert (ended.state, ended.attempts[0].evidence) == (State.UNKNOWN, Evidence.SENT)


def test_a_call_whose_time_ends_in_the_body_of_its_answer_is_out_of_time_and_tells_the_status(
    house: House, scripted: Scripted, offer: Offer
) -> None:
    act = offer(house, scripted.url, {"act": POST})["act"]
    scripted.tell(*POST, [head(200, "Content-Length: 100"), b"{", HANG])
    with within(5):
        ended = house.client.call(act, {}, timeout=1)
    assert isinstance(ended.outcome, TimedOut)
    assert (ended.outcome.http_status, ended.outcome.effect_possible, ended.under_review) == (200, True, False)
