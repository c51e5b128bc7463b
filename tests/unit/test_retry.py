from datetime import UTC, datetime

import pytest

from gateway.decisions.retry import CAP, backoff, parse_retry_after

NOW = datetime(2026, 1, 1, 12, 0, 0, tzinfo=UTC)


def test_the_delay_is_drawn_from_an_interval_that_doubles_up_to_the_cap() -> None:
    longest = [backoff(attempt, None, lambda: 1.0) for attempt in range(1, 9)]
    assert longest == [0.2, 0.4, 0.8, 1.6, 3.2, CAP, CAP, CAP]
    assert backoff(3, None, lambda: 0.0) == 0.0


def test_a_longer_retry_after_wins() -> None:
    assert backoff(1, 9.0, lambda: 1.0) == 9.0
    assert backoff(4, 0.1, lambda: 1.0) == 1.6


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0),
        ("0", 0.0),
        ("Thu, 01 Jan 2026 12:00:30 GMT", 30.0),
        ("Thu, 01 Jan 2026 11:59:00 GMT", 0.0),
        ("-3", None),
        ("soon", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_is_read_in_both_its_forms(value: str | None, seconds: float | None) -> None:
    assert parse_retry_after(value, NOW) == seconds
