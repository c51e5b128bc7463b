"""The table of evidence and effect in `result_policy`, row by row."""

import pytest

from gateway.decisions.answers import answer_of
from gateway.decisions.endings import cancelled
from gateway.decisions.result_policy import Again, decide, evidence_of
from gateway.model.invocation import Outcome, Verdict
from registry.model.tool import Effect
from sandbox.api.fault_code import FaultCode
from sandbox.api.result import Evidence, Faulted, Head, Responded, Usage

URL = "https://api.example.com/things"
REPEATABLE = [effect for effect in Effect if effect is not Effect.NON_IDEMPOTENT]


def response(status: int, **headers: str) -> Responded:
    return Responded(status, tuple((name.replace("_", "-"), value) for name, value in headers.items()), b"{}", Usage())


def fault(kind: FaultCode, evidence: Evidence) -> Faulted:
    return Faulted(kind, evidence, "why", Usage())


@pytest.mark.parametrize("effect", list(Effect))
@pytest.mark.parametrize("status", [200, 201, 204, 299])
def test_a_2xx_answer_is_a_success(effect: Effect, status: int) -> None:
    decision = decide(response(status), effect, None)
    assert isinstance(decision, Outcome)
    assert decision.verdict is Verdict.SUCCEEDED


@pytest.mark.parametrize("effect", list(Effect))
@pytest.mark.parametrize("status", [301, 400, 404, 409, 500])
def test_any_other_final_answer_is_the_tools_failure_and_never_repeated(effect: Effect, status: int) -> None:
    decision = decide(response(status), effect, answer_of(response(status), "GET", URL))
    assert isinstance(decision, Outcome)
    assert decision.verdict is Verdict.TOOL_FAILED
    assert decision.answer is not None


@pytest.mark.parametrize("status", [502, 503, 504])
def test_a_busy_answer_is_repeated_only_where_that_is_safe(status: int) -> None:
    for effect in REPEATABLE:
        assert isinstance(decide(response(status), effect, None), Again)
    assert isinstance(decide(response(status), Effect.NON_IDEMPOTENT, None), Outcome)


def test_retry_after_is_honoured() -> None:
    decision = decide(response(503, retry_after="7"), Effect.READ, None)
    assert isinstance(decision, Again)
    assert decision.retry_after == 7.0


@pytest.mark.parametrize("effect", list(Effect))
@pytest.mark.parametrize(
    "kind", [FaultCode.UPSTREAM_UNREACHABLE, FaultCode.BOX_DIED, FaultCode.SECRET_UNAVAILABLE, FaultCode.TIMED_OUT]
)
def test_what_was_provably_not_sent_is_tried_again_whatever_its_effect(effect: Effect, kind: FaultCode) -> None:
    assert isinstance(decide(fault(kind, Evidence.NOT_SENT), effect, None), Again)


@pytest.mark.parametrize("effect", list(Effect))
@pytest.mark.parametrize("kind", [code for code in FaultCode if code is not FaultCode.UNRECOGNIZED])
def test_what_was_provably_not_sent_ends_as_not_done_and_nothing_else_does(effect: Effect, kind: FaultCode) -> None:
    for evidence, undone in ((Evidence.NOT_SENT, True), (Evidence.SENT, False)):
        decision = decide(fault(kind, evidence), effect, None)
        end = decision.otherwise if isinstance(decision, Again) else decision
        assert (end.not_done, end.effect_possible and end.not_done) == (undone, False)


@pytest.mark.parametrize("kind", [FaultCode.UPSTREAM_BROKE, FaultCode.BOX_DIED, FaultCode.TIMED_OUT])
def test_what_may_have_been_sent_is_unknown_unless_it_is_repeatable(kind: FaultCode) -> None:
    for effect in REPEATABLE:
        assert isinstance(decide(fault(kind, Evidence.SENT), effect, None), Again)
    decision = decide(fault(kind, Evidence.SENT), Effect.NON_IDEMPOTENT, None)
    assert isinstance(decision, Outcome)
    assert decision.verdict is Verdict.UNKNOWN


@pytest.mark.parametrize("effect", list(Effect))
def test_a_refused_destination_is_not_tried_again(effect: Effect) -> None:
    decision = decide(fault(FaultCode.EGRESS_DENIED, Evidence.NOT_SENT), effect, None)
    assert isinstance(decision, Outcome)
    assert decision.verdict is Verdict.TOOL_FAILED
    assert not decision.effect_possible


@pytest.mark.parametrize("effect", list(Effect))
@pytest.mark.parametrize(("status", "statuses"), [(429, (429,)), (503, (429, 503)), (409, (409,))])
def test_an_answer_that_says_that_nothing_was_done_permits_another_attempt_whatever_the_effect(
    effect: Effect, status: int, statuses: tuple[int, ...]
) -> None:
    for result in (response(status, retry_after="7"), begun(FaultCode.UPSTREAM_BROKE, status, ("retry-after", "7"))):
        decision = decide(result, effect, None, not_done=statuses)
        assert isinstance(decision, Again)
        assert decision.retry_after == decision.otherwise.retry_after == 7.0
        assert (decision.otherwise.not_done, decision.otherwise.effect_possible) == (True, False)
        assert evidence_of(result, statuses) is Evidence.NOT_DONE


def test_no_answer_says_that_nothing_was_done_where_the_operator_has_said_so() -> None:
    assert evidence_of(response(429), ()) is Evidence.RESPONDED
    decision = decide(response(429), Effect.NON_IDEMPOTENT, None, not_done=())
    assert isinstance(decision, Outcome)
    assert (decision.not_done, decision.effect_possible) == (False, True)


def begun(kind: FaultCode, status: int, *headers: tuple[str, str]) -> Faulted:
    return Faulted(kind, Evidence.RESPONDED, "why", Usage(), head=Head(status, headers))


@pytest.mark.parametrize("effect", list(Effect))
@pytest.mark.parametrize(
    ("kind", "verdict"),
    [
        (FaultCode.RESPONSE_TOO_LARGE, Verdict.LIMIT_EXCEEDED),
        (FaultCode.EGRESS_EXCEEDED, Verdict.LIMIT_EXCEEDED),
        (FaultCode.UPSTREAM_BROKE, Verdict.TOOL_FAILED),
        (FaultCode.TIMED_OUT, Verdict.TIMED_OUT),
        (FaultCode.BOX_DIED, Verdict.SANDBOX_FAILED),
        (FaultCode.QUOTA_EXCEEDED, Verdict.LIMIT_EXCEEDED),
        (FaultCode.ARTIFACTS_UNAVAILABLE, Verdict.SANDBOX_FAILED),
    ],
)
def test_a_success_whose_answer_is_not_there_is_known_by_its_status(kind: FaultCode, verdict: Verdict, effect: Effect) -> None:
    decision = decide(begun(kind, 201), effect, None)
    again = effect.repeatable and kind in {FaultCode.UPSTREAM_BROKE, FaultCode.TIMED_OUT, FaultCode.BOX_DIED}
    assert isinstance(decision, Again) is again
    outcome = decision.otherwise if isinstance(decision, Again) else decision
    assert (outcome.verdict, outcome.http_status, outcome.effect_possible) == (verdict, 201, effect.acts)
    assert "201" in outcome.message


@pytest.mark.parametrize("kind", [FaultCode.RESPONSE_TOO_LARGE, FaultCode.UPSTREAM_BROKE, FaultCode.TIMED_OUT])
def test_a_failure_whose_answer_is_not_there_is_judged_by_its_status(kind: FaultCode) -> None:
    refused = decide(begun(kind, 404), Effect.IDEMPOTENT, None)
    assert isinstance(refused, Outcome)
    assert (refused.verdict, refused.fault, refused.http_status) == (Verdict.TOOL_FAILED, FaultCode.HTTP_STATUS, 404)
    assert isinstance(decide(begun(kind, 503), Effect.IDEMPOTENT, None), Again)
    assert isinstance(decide(begun(kind, 503), Effect.NON_IDEMPOTENT, None), Outcome)


def test_a_programs_output_that_is_too_large_says_nothing_of_what_the_program_did() -> None:
    decision = decide(fault(FaultCode.RESPONSE_TOO_LARGE, Evidence.SENT), Effect.NON_IDEMPOTENT, None)
    assert isinstance(decision, Outcome)
    assert decision.verdict is Verdict.UNKNOWN
    decision = decide(fault(FaultCode.RESPONSE_TOO_LARGE, Evidence.SENT), Effect.IDEMPOTENT, None)
    assert isinstance(decision, Outcome)
    assert (decision.verdict, decision.effect_possible) == (Verdict.LIMIT_EXCEEDED, True)


def test_every_fault_has_a_verdict() -> None:
    for kind in FaultCode:
        for evidence in (Evidence.NOT_SENT, Evidence.SENT):
            for effect in Effect:
                decide(fault(kind, evidence), effect, None)


def test_a_cancelled_call_that_may_have_acted_is_unknown_unless_it_is_repeatable() -> None:
    assert cancelled(Effect.NON_IDEMPOTENT, sent=True).verdict is Verdict.UNKNOWN
    assert cancelled(Effect.NON_IDEMPOTENT, sent=False).verdict is Verdict.CANCELLED
    assert cancelled(Effect.IDEMPOTENT, sent=True).effect_possible


def test_not_modified_is_an_answer_to_who_has_asked_for_it_and_to_no_other() -> None:
    asked = decide(response(304), Effect.READ, answer_of(response(304), "GET", URL), conditional=True)
    assert isinstance(asked, Outcome)
    assert (asked.verdict, asked.answer and asked.answer.http_status) == (Verdict.SUCCEEDED, 304)
    unasked = decide(response(304), Effect.READ, None)
    assert isinstance(unasked, Outcome)
    assert (unasked.verdict, unasked.fault) == (Verdict.TOOL_FAILED, FaultCode.HTTP_STATUS)


def test_why_a_redirect_was_not_followed_is_told() -> None:
    result = Responded(307, (), b"", Usage(), unfollowed="it leads to http://10.0.0.1:80")
    decision = decide(result, Effect.NON_IDEMPOTENT, None)
    assert isinstance(decision, Outcome)
    assert decision.message.endswith("The redirect was not followed: it leads to http://10.0.0.1:80.")
    assert decision.effect_possible


STREAM = (("content-type", "text/event-stream"),)


@pytest.mark.parametrize("effect", list(Effect))
@pytest.mark.parametrize(
    ("kind", "verdict"),
    [
        (FaultCode.TIMED_OUT, Verdict.TIMED_OUT),
        (FaultCode.UPSTREAM_BROKE, Verdict.TOOL_FAILED),
        (FaultCode.EGRESS_EXCEEDED, Verdict.LIMIT_EXCEEDED),
        (FaultCode.QUOTA_EXCEEDED, Verdict.LIMIT_EXCEEDED),
        (FaultCode.ARTIFACTS_UNAVAILABLE, Verdict.SANDBOX_FAILED),
    ],
)
def test_of_a_stream_that_ends_without_its_end_what_came_is_kept_and_nothing_is_sent_again(
    kind: FaultCode, verdict: Verdict, effect: Effect
) -> None:
    result = Faulted(kind, Evidence.RESPONDED, "why", Usage(), head=Head(200, STREAM), body=b"data: 1\n\n")
    decision = decide(result, effect, answer_of(result, "GET", URL))
    assert isinstance(decision, Outcome)
    assert (decision.verdict, decision.answer and decision.answer.body) == (verdict, b"data: 1\n\n")
    assert (decision.http_status, decision.effect_possible) == (200, effect.acts)


@pytest.mark.parametrize("effect", REPEATABLE)
def test_what_is_sent_and_cannot_be_read_from_its_store_may_be_tried_again(effect: Effect) -> None:
    assert isinstance(decide(fault(FaultCode.ARTIFACTS_UNAVAILABLE, Evidence.SENT), effect, None), Again)


def test_half_of_what_is_no_stream_is_not_kept() -> None:
    result = Faulted(FaultCode.TIMED_OUT, Evidence.RESPONDED, "why", Usage(), head=Head(200, ()), body=b'{"a": ')
    decision = decide(result, Effect.NON_IDEMPOTENT, answer_of(result, "GET", URL))
    assert isinstance(decision, Outcome)
    assert decision.answer is None
