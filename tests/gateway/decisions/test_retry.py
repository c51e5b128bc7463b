from datetime import UTC, datetime
from typing import Any

import pytest

from gateway.decisions.result_policy import Again
from gateway.decisions.retry import Retries, backoff
from gateway.decisions.retry_after import parse_retry_after, retry_after_of
from gateway.decisions.retry_budget import BURST
from gateway.model.invocation import Outcome, Verdict
from registry.model.tool import Draft, Effect, Operation, RetryPolicy, ToolVersion
from sandbox.api.result import Head

NOW = datetime(2026, 1, 1, 12, 0, 0, tzinfo=UTC)


def test_the_delay_is_drawn_from_an_interval_that_doubles_up_to_the_cap() -> None:
    longest = [backoff(attempt, None, RetryPolicy(), lambda: 1.0) for attempt in (*range(1, 9), 5000)]
    assert longest == [0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0, 5.0, 5.0]
    assert backoff(3, None, RetryPolicy(), lambda: 0.0) == 0.0


def test_the_interval_is_the_tool_versions_own() -> None:
    assert [backoff(attempt, None, RetryPolicy(1.0, 3.0), lambda: 1.0) for attempt in (1, 2, 3)] == [1.0, 2.0, 3.0]


def test_a_longer_retry_after_wins() -> None:
    assert backoff(1, 9.0, RetryPolicy(), lambda: 1.0) == 9.0
    assert backoff(4, 0.1, RetryPolicy(), lambda: 1.0) == 1.6


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0),
        ("0", 0.0),
        ("9" * 400, 366 * 24 * 3600.0),
        ("Thu, 01 Jan 2026 12:00:30 GMT", 30.0),
        ("Thu, 01 Jan 2026 11:59:00 GMT", 0.0),
        ("-3", None),
        ("soon", None),
        ("", None),
        (None, None),
        ("Mon, 01 Jan 99999999999999999999 00:00:00 GMT", None),
        ("Mon, 01 Jan 2026 00:00:00 +99999999999999999999", None),
    ],
)
def test_retry_after_is_read_in_both_its_forms(value: str | None, seconds: float | None) -> None:
    assert parse_retry_after(value, NOW) == seconds


def test_a_date_counts_from_the_answers_own() -> None:
    late = "Thu, 01 Jan 2026 15:00:30 GMT"
    told = Head(429, (("date", "Thu, 01 Jan 2026 15:00:00 GMT"), ("retry-after", late)))
    assert retry_after_of(told, NOW) == 30.0
    assert retry_after_of(Head(429, (("date", "today"), ("retry-after", late))), NOW) == 3 * 3600 + 30.0
    assert retry_after_of(Head(429), NOW) is None


OPERATION = Operation("GET", "http://api.example", "/things", (), None, ("application/json",))
FAILED = Outcome(Verdict.TOOL_FAILED, message="It broke.")
AGAIN = Again(None, FAILED, loads=True)


def version(**options: Any) -> ToolVersion:
    return ToolVersion(Draft("things", "set", "", {}, None, OPERATION, effect=Effect.READ, **options), "1.0.0", "sha256:0")


def test_the_last_attempt_is_the_last() -> None:
    assert Retries().follow(AGAIN, version(), attempt=3, most=3, left=60.0) == FAILED


def test_no_attempt_follows_that_would_come_too_late() -> None:
    end = Retries().follow(Again(9.0, FAILED, loads=True), version(), attempt=1, most=3, left=9.0)
    assert isinstance(end, Outcome)
    assert end.message == "It broke. No attempt could follow in time."


@pytest.mark.parametrize(("said", "told"), [("it broke", "it broke. No"), ("It broke.", "It broke. No"), ("", "No")])
def test_a_remark_is_a_sentence_of_its_own(said: str, told: str) -> None:
    failed = Outcome(Verdict.TOOL_FAILED, message=said)
    end = Retries().follow(Again(9.0, failed, loads=True), version(), attempt=1, most=3, left=9.0)
    assert isinstance(end, Outcome)
    assert end.message == f"{told} attempt could follow in time."


@pytest.mark.parametrize("budget", [0.0, 0.1, 0.15])
def test_an_upstream_that_always_fails_gets_less_than_a_fifth_more_load_by_retries(budget: float) -> None:
    retries, tool = Retries(random=lambda: 0.0), version(retry=RetryPolicy(budget=budget))
    calls, attempts = 1000, 0
    for _ in range(calls):
        retries.budget.earn(tool)
        number = 0
        follows: float | Outcome = 0.0
        while not isinstance(follows, Outcome):
            number += 1
            attempts += 1
            follows = retries.follow(AGAIN, tool, attempt=number, most=5, left=60.0)
    assert attempts - calls == pytest.approx(BURST + budget * calls, abs=BURST)
    assert attempts / calls < 1.2


def test_a_retry_that_loads_no_upstream_costs_no_budget() -> None:
    retries, tool = Retries(), version()
    for number in range(1, 100):
        assert not isinstance(
            retries.follow(Again(None, FAILED, loads=False), tool, attempt=number, most=1000, left=60.0), Outcome
        )


def test_one_tools_outage_spends_nothing_of_anothers_budget() -> None:
    retries, sick, well = Retries(), version(retry=RetryPolicy(budget=0.0)), version()
    well = ToolVersion(well.draft, "1.0.0", "sha256:1")
    while not isinstance(retries.follow(AGAIN, sick, attempt=1, most=99, left=60.0), Outcome):
        pass
    assert not isinstance(retries.follow(AGAIN, well, attempt=1, most=99, left=60.0), Outcome)
