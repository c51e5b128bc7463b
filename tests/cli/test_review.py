"""`callgate review`, to the letter of what goes over the wire."""

import json

import pytest

from tests.cli.conftest import Callgate, Gateway


def test_the_list_names_what_waits(callgate: Callgate) -> None:
    done = callgate("review", "list")
    assert done.exit_code == 0
    assert "inv-1" in done.stdout
    assert "It was let go." in done.stdout


def test_the_report_shows_the_request_the_attempts_and_what_to_do(callgate: Callgate) -> None:
    done = callgate("review", "show", "inv-1")
    assert done.exit_code == 0
    for shown in ("POST https://api.example/pay", '"amount": 1', "UPSTREAM_BROKE", "SENT", "Look upstream."):
        assert shown in done.stdout
    assert "callgate review resolve inv-1 --reason" in done.stderr


def test_the_id_is_whole_in_a_narrow_terminal(callgate: Callgate, gateway: Gateway) -> None:
    gateway.review.invocation.id = "inv_65e778b0a1b8231285e43964d3cc3352"
    gateway.review.invocation.tool = "orders_create_order@1.0.0"
    gateway.review.open_time.FromSeconds(1_800_000_000)
    shown = callgate("review", "list", columns=80).stdout
    assert gateway.review.invocation.id in shown
    assert max(map(len, shown.splitlines())) <= 80


def test_after_the_decision_the_report_says_that_the_arguments_are_not_kept(callgate: Callgate, gateway: Gateway) -> None:
    gateway.review.author, gateway.review.request.arguments_json = "operator/ada", b"{}"
    shown = callgate("review", "show", "inv-1").stdout
    assert "The arguments are not kept after the decision." in shown
    assert "{}" not in shown


def test_the_report_as_json_is_whole(callgate: Callgate) -> None:
    report = json.loads(callgate("review", "show", "inv-1", "-o", "json").stdout)
    assert report["request"]["arguments"] == {"amount": 1}
    assert report["invocation"]["under_review"] is True


@pytest.mark.parametrize(
    ("words", "decision", "value"),
    [
        (["--another-attempt"], "retry", None),
        (["--declare-succeeded", '{"id": 7}'], "succeed", b'{"id":7}'),
        (["--declare-failed"], "fail", False),
        (["--declare-failed", "--effect-possible"], "fail", True),
    ],
)
def test_a_decision_is_sent_with_its_reason(
    callgate: Callgate, gateway: Gateway, words: list[str], decision: str, value: bytes | bool | None
) -> None:
    done = callgate("review", "resolve", "inv-1", "--reason", "looked upstream", *words)
    assert done.exit_code == 0, done.stderr
    assert "operator/ada decided" in done.stdout
    looked, request = gateway.requests
    assert (looked.id, request.attempts_seen) == ("inv-1", 1)
    assert (request.id, request.reason, request.WhichOneof("decision")) == ("inv-1", "looked upstream", decision)
    if decision == "succeed":
        assert request.succeed.value_json == value
    if decision == "fail":
        assert request.fail.effect_possible is value


def test_a_decision_names_the_attempts_that_its_author_has_seen(callgate: Callgate, gateway: Gateway) -> None:
    words = ["--reason", "x", "--another-attempt", "--attempts-seen", "2"]
    assert callgate("review", "resolve", "inv-1", *words).exit_code == 0
    assert [request.attempts_seen for request in gateway.requests] == [2]


def test_a_decision_is_told_as_applied_though_its_attempt_is_under_review_by_now(callgate: Callgate, gateway: Gateway) -> None:
    gateway.later_review = True
    done = callgate("review", "resolve", "inv-1", "--reason", "x", "--another-attempt")
    assert (done.exit_code, "which came after your decision" in done.stdout) == (0, True)


@pytest.mark.parametrize("words", [[], ["--another-attempt", "--declare-failed"], ["--declare-succeeded", "{"]])
def test_no_decision_two_or_a_malformed_one_is_wrong_usage_and_nothing_is_sent(
    callgate: Callgate, gateway: Gateway, words: list[str]
) -> None:
    assert callgate("review", "resolve", "inv-1", "--reason", "x", *words).exit_code == 2
    assert gateway.requests == []


def test_a_decision_without_a_reason_is_wrong_usage(callgate: Callgate) -> None:
    assert callgate("review", "resolve", "inv-1", "--another-attempt").exit_code == 2
