"""What follows an attempt: another one, the fallback or the end; by its result, what was sent before, and what is left."""

from dataclasses import replace

import pytest

from gateway.decisions.history import History
from gateway.decisions.next_step import Attempting, Ending, FallingBack, NextStep, Standing
from gateway.decisions.result_policy import Again
from gateway.decisions.retry import Retries
from gateway.model.invocation import Attempt, Outcome, Verdict
from registry.model.tool import Draft, Effect, Operation, ToolVersion
from sandbox.api.fault_code import FaultCode
from sandbox.api.result import Evidence

OPERATION = Operation("POST", "http://127.0.0.1", "/", (), None, ())
VERSION = ToolVersion(Draft("charge", "shop", "", {}, None, OPERATION, effect=Effect.IDEMPOTENT), "1.0.0", "sha256:0")
STANDING = Standing(VERSION, Effect.IDEMPOTENT, 3, remaining=60.0, repeatable_for=60.0, has_fallback=False)
BROKE = Outcome(Verdict.TOOL_FAILED, fault=FaultCode.UPSTREAM_BROKE)
AGAIN = Again(None, BROKE, loads=True)


def at_once() -> NextStep:
    """Without delays, and with a retry budget of its own."""
    return NextStep(Retries(random=lambda: 0.0))


def attempt(
    number: int, evidence: Evidence = Evidence.NOT_SENT, fault: FaultCode | None = None, *, last: bool = False
) -> Attempt:
    return Attempt(
        number=number,
        box="",
        accessor="",
        evidence=evidence,
        http_status=0,
        fault=fault,
        bytes_out=0,
        bytes_in=0,
        connections=(),
        phases=(),
        started=0.0,
        duration=0.0,
        last=last,
    )


def history(*evidence: Evidence, judged: int = 0) -> History:
    return History(tuple(attempt(number, one) for number, one in enumerate(evidence, 1)), judged)


def test_an_invocation_begins_with_an_attempt() -> None:
    assert at_once().first(History(), STANDING) == Attempting()


def test_an_invocation_is_gone_on_with_by_an_attempt_while_some_are_left() -> None:
    assert at_once().first(history(Evidence.NOT_SENT), STANDING) == Attempting()
    assert isinstance(at_once().first(history(*[Evidence.NOT_SENT] * 3), STANDING), FallingBack)


def test_an_attempt_that_was_recorded_as_the_last_is_followed_by_the_fallback() -> None:
    taken_up = at_once().first(History((attempt(1, fault=FaultCode.UPSTREAM_OPEN, last=True),)), STANDING)
    assert isinstance(taken_up, FallingBack)
    assert taken_up.primary.fault is FaultCode.UPSTREAM_OPEN


def test_what_a_review_has_decided_about_is_no_last_attempt() -> None:
    assert at_once().first(History((attempt(1, last=True),), judged=1), STANDING) == Attempting()


def test_an_invocation_whose_time_is_over_ends_before_another_attempt_with_what_is_known_of_it() -> None:
    over = replace(STANDING, remaining=0.0)
    for made, not_done, possible in (
        (history(), True, False),
        (history(Evidence.NOT_SENT, Evidence.NOT_DONE), True, False),
        (history(Evidence.SENT), False, True),
        (history(Evidence.RESPONDED), False, True),
    ):
        step = at_once().first(made, over)
        assert isinstance(step, Ending)
        assert (step.outcome.verdict, step.outcome.fault) == (Verdict.TIMED_OUT, FaultCode.TIMED_OUT)
        assert (step.outcome.not_done, step.outcome.effect_possible, step.review) == (not_done, possible, not not_done)


def test_out_of_time_is_no_failure_of_the_sandbox() -> None:
    late = Outcome(Verdict.SANDBOX_FAILED, fault=FaultCode.PERMISSION_REFUSED, message="Not in time.")
    step = at_once().after(Again(None, late, loads=False), history(Evidence.NOT_SENT), replace(STANDING, remaining=0.0))
    assert isinstance(step, Ending)
    assert (step.outcome.verdict, step.outcome.not_done, step.review) == (Verdict.TIMED_OUT, True, False)


def test_what_the_upstream_has_provably_not_done_is_left_to_its_caller_and_to_no_reviewer() -> None:
    refused = Outcome(Verdict.TOOL_FAILED, fault=FaultCode.HTTP_STATUS, retry_after=99.0, not_done=True)
    again = Again(99.0, refused, loads=True)
    step = at_once().after(again, history(Evidence.NOT_DONE), STANDING)
    assert isinstance(step, Ending)
    assert (step.outcome.not_done, step.outcome.retry_after, step.review) == (True, 99.0, False)
    step = at_once().after(again, history(Evidence.SENT, Evidence.NOT_DONE), STANDING)
    assert isinstance(step, Ending)
    assert (step.outcome.not_done, step.outcome.effect_possible, step.review) == (False, True, True)


def test_an_end_is_an_end_without_a_review() -> None:
    done = Outcome(Verdict.SUCCEEDED)
    assert at_once().after(done, history(Evidence.RESPONDED), STANDING) == Ending(done)


def test_a_failed_attempt_is_followed_by_another_while_attempts_and_time_are_left() -> None:
    assert at_once().after(AGAIN, history(Evidence.NOT_SENT), STANDING) == Attempting(0.0)
    assert isinstance(at_once().after(AGAIN, history(*[Evidence.NOT_SENT] * 3), STANDING), Ending)
    assert isinstance(at_once().after(AGAIN, history(Evidence.NOT_SENT), replace(STANDING, remaining=0.0)), Ending)


def test_what_may_have_been_received_is_repeated_only_while_the_upstream_knows_its_key() -> None:
    closed = replace(STANDING, repeatable_for=0.0)
    assert at_once().after(AGAIN, history(Evidence.NOT_SENT), closed) == Attempting(0.0)
    assert isinstance(at_once().after(AGAIN, history(Evidence.SENT), closed), Ending)
    assert at_once().after(AGAIN, history(Evidence.SENT, Evidence.NOT_SENT, judged=1), closed) == Attempting(0.0)


@pytest.mark.parametrize(("effect", "review"), [(Effect.READ, False), (Effect.IDEMPOTENT, True)])
def test_exhausted_attempts_of_a_tool_that_acts_end_under_review_where_one_may_have_acted(
    effect: Effect, *, review: bool
) -> None:
    unreached = Again(None, replace(BROKE, not_done=True), loads=True)
    step = at_once().after(unreached, history(Evidence.SENT, *[Evidence.NOT_SENT] * 2), replace(STANDING, effect=effect))
    assert isinstance(step, Ending)
    assert (step.review, step.outcome.not_done) == (review, False)


@pytest.mark.parametrize("effect", list(Effect))
def test_exhausted_attempts_of_which_none_was_sent_leave_the_key_free_and_are_for_no_reviewer(effect: Effect) -> None:
    unreached = Again(None, replace(BROKE, not_done=True), loads=True)
    for made in (history(*[Evidence.NOT_SENT] * 3), history(Evidence.NOT_DONE, Evidence.NOT_SENT, Evidence.NOT_SENT)):
        step = at_once().after(unreached, made, replace(STANDING, effect=effect))
        assert step == Ending(unreached.otherwise, review=False)


def test_attempts_that_another_gateway_finds_exhausted_were_not_done_only_where_none_was_sent() -> None:
    assert history(*[Evidence.NOT_SENT] * 3).all_failed(Effect.NON_IDEMPOTENT).not_done
    assert not history(Evidence.SENT, Evidence.NOT_SENT).all_failed(Effect.IDEMPOTENT).not_done


def test_the_fallback_follows_exhausted_attempts_of_which_none_can_have_acted() -> None:
    falling_back = replace(STANDING, has_fallback=True)
    assert isinstance(at_once().after(AGAIN, history(*[Evidence.NOT_SENT] * 3), falling_back), FallingBack)
    assert isinstance(at_once().after(AGAIN, history(*[Evidence.SENT] * 3), falling_back), Ending)


def test_the_fallback_does_not_wait_for_an_upstream_that_is_left_alone() -> None:
    waiting = History((attempt(1, fault=FaultCode.UPSTREAM_OPEN),))
    assert at_once().after(AGAIN, waiting, STANDING) == Attempting(0.0)
    assert isinstance(at_once().after(AGAIN, waiting, replace(STANDING, has_fallback=True)), FallingBack)


@pytest.mark.parametrize(
    ("evidence", "effect", "verdict", "possible"),
    [
        (Evidence.NOT_SENT, Effect.IDEMPOTENT, Verdict.TOOL_FAILED, False),
        (Evidence.RESPONDED, Effect.IDEMPOTENT, Verdict.TOOL_FAILED, True),
        (Evidence.RESPONDED, Effect.NON_IDEMPOTENT, Verdict.TOOL_FAILED, True),
        (Evidence.NOT_DONE, Effect.NON_IDEMPOTENT, Verdict.TOOL_FAILED, False),
        (Evidence.SENT, Effect.IDEMPOTENT, Verdict.TOOL_FAILED, True),
        (Evidence.SENT, Effect.NON_IDEMPOTENT, Verdict.UNKNOWN, True),
        (Evidence.SENT, Effect.READ, Verdict.TOOL_FAILED, False),
    ],
)
def test_an_end_tells_of_what_an_earlier_attempt_may_have_done(
    evidence: Evidence, effect: Effect, verdict: Verdict, *, possible: bool
) -> None:
    outcome = history(evidence, Evidence.NOT_SENT).in_view_of(BROKE, effect)
    assert (outcome.verdict, outcome.effect_possible) == (verdict, possible)


def test_an_end_does_not_tell_of_what_a_review_has_decided_about() -> None:
    assert history(Evidence.SENT, Evidence.NOT_SENT, judged=1).in_view_of(BROKE, Effect.IDEMPOTENT) == BROKE


@pytest.mark.parametrize(
    ("last", "fault"), [(None, FaultCode.HTTP_STATUS), (FaultCode.UPSTREAM_BROKE, FaultCode.UPSTREAM_BROKE)]
)
def test_attempts_that_have_all_failed_fail_their_call_by_the_fault_of_the_last(
    last: FaultCode | None, fault: FaultCode
) -> None:
    ended = History((attempt(1, Evidence.RESPONDED, last),)).all_failed(Effect.READ)
    assert (ended.verdict, ended.fault) == (Verdict.TOOL_FAILED, fault)
