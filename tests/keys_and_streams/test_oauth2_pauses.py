"""An endpoint that has no token for now is left alone for as long as it asks, and for longer each time; callers are told so."""

from datetime import UTC, datetime, timedelta

import pytest

from callgate import Succeeded
from callgate.errors import TokenUnavailable
from tests.real_apis.recipes import HANG, Answer, answer, head

from .token_api import TokenApi, granted

LATER = datetime.now(UTC) + timedelta(days=1)


def waits(api: TokenApi) -> float:
    """For how long a caller is to wait who is refused now."""
    refusal = api.refusal()
    assert isinstance(refusal, TokenUnavailable)
    assert refusal.retryable
    assert refusal.retry_after is not None
    return refusal.retry_after


@pytest.mark.parametrize(
    ("says", "least", "most"),
    [
        (answer(429, b"", "Retry-After: 999999999"), 300, 300),
        (answer(503, b"", f"Retry-After: {'9' * 400}"), 300, 300),
        (answer(429, b'{"error": "slow_down"}', "Retry-After: 42"), 42, 42),
        (answer(503, b"", f"Retry-After: {LATER:%a, %d %b %Y %H:%M:%S} GMT"), 300, 300),
        (answer(503, b"", "Retry-After: Mon, 30 Nov 2026 10:01:00 GMT", "Date: Mon, 30 Nov 2026 10:00:00 GMT"), 60, 60),
        (answer(429, b"", "Retry-After: soon"), 2, 2),
        (answer(429, b"", "Retry-After: -5"), 2, 2),
    ],
    ids=["for ages", "for longer", "beside an error", "until tomorrow", "by its own clock", "a word", "less than nothing"],
)  # fmt: skip
def test_an_endpoint_is_left_alone_for_as_long_as_it_asks_up_to_minutes(
    api: TokenApi, says: Answer, least: float, most: float
) -> None:
    api.offer()
    api.grants(says)
    assert least <= waits(api) <= most
    for _ in range(3):
        assert least - 30 < waits(api) <= most
    assert len(api.forms()) == 1


@pytest.mark.parametrize(
    "says",
    [answer(200, b"<html>Log in</html>", media_type="text/html"), answer(500), [head(200), b" " * 300_000]],
    ids=["a page", "an error", "too much"],
)
def test_an_endpoint_that_goes_on_to_fail_is_asked_less_often_each_time(api: TokenApi, says: Answer) -> None:
    api.offer()
    api.grants(*[says] * 6, granted(expires_in=0), says)
    api.serves()
    told = []
    for _ in range(6):
        told.append(waits(api))
        api.end_pause()
    assert told == [2, 4, 8, 16, 30, 30]
    assert isinstance(api.call().outcome, Succeeded)
    assert waits(api) == 2


def test_callers_that_come_meanwhile_are_told_what_is_left_of_the_pause(api: TokenApi) -> None:
    api.offer()
    api.grants(answer(429, b"", "Retry-After: 100"))
    first, second = waits(api), waits(api)
    assert second < first == 100
    assert len(api.forms()) == 1


def test_an_endpoint_that_hangs_until_the_calls_time_is_over_raises_the_pause_as_well(api: TokenApi) -> None:
    """The call tells what its box is going to tell, which it does not outlive: as often as it was in vain before."""
    api.offer(defaults={"limits": {"timeout": 2.0, "attempt_timeout": 2.0}})
    api.grants(answer(500), answer(500), [HANG])
    told = []
    for _ in range(3):
        told.append(waits(api))
        api.end_pause()
    assert told == [2, 4, 8]
