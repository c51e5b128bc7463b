"""`callgate call`: what is sent, what is printed, and what the exit code says."""

import json
from pathlib import Path
from typing import get_args

import pytest
from grpc import StatusCode

from callgate import Outcome
from callgate.v1 import error_pb2, invocation_pb2
from gateway.cli.terminal.data import KINDS
from tests.cli.conftest import Callgate, Gateway, Running

OK = invocation_pb2.Outcome(
    succeeded={"result": {"http_status": 200, "content_type": "application/json", "body": b'{"id": 7}'}}
)
FAILED = invocation_pb2.Outcome(
    tool_failed={"fault": "FAULT_CODE_HTTP_STATUS", "message": "it answered 404", "result": {"body": b"no order"}}
)


def test_a_success_prints_the_body_alone_on_stdout_and_exits_with_0(callgate: Callgate, gateway: Gateway) -> None:
    gateway.invocation.outcome.CopyFrom(OK)
    done = callgate("call", "orders_get", "id=7")
    assert (done.exit_code, json.loads(done.stdout)) == (0, {"id": 7})
    assert "inv-1" in done.stderr


@pytest.mark.parametrize(
    ("outcome", "code"),
    [
        (FAILED, 1),
        (invocation_pb2.Outcome(limit_exceeded={"limit": "LIMIT_KIND_RESPONSE_BYTES"}), 1),
        (invocation_pb2.Outcome(timed_out={}), 1),
        (invocation_pb2.Outcome(cancelled={}), 1),
        (invocation_pb2.Outcome(sandbox_failed={}), 1),
        (invocation_pb2.Outcome(unknown={}), 4),
        (None, 4),
    ],
)
def test_nothing_but_a_success_exits_with_0(
    callgate: Callgate, gateway: Gateway, outcome: invocation_pb2.Outcome | None, code: int
) -> None:
    if outcome:
        gateway.invocation.outcome.CopyFrom(outcome)
    assert callgate("call", "orders_get", "--wait", "0").exit_code == code
    assert callgate("call", "orders_get", "--wait", "0", "-o", "json").exit_code == code


def test_a_call_that_is_not_waited_for_says_how_to_look_at_it_and_how_to_end_it(callgate: Callgate) -> None:
    said = callgate("call", "orders_get", "--wait", "0").stderr
    for told in ("under way", "callgate show inv-1", "callgate cancel inv-1"):
        assert told in said


def test_a_failed_tool_leaves_stdout_empty(callgate: Callgate, gateway: Gateway) -> None:
    gateway.invocation.outcome.CopyFrom(FAILED)
    done = callgate("call", "orders_get")
    assert done.stdout == ""
    assert "HTTP_STATUS: it answered 404" in done.stderr
    assert "no order" in done.stderr


@pytest.mark.parametrize("outcome", [FAILED, invocation_pb2.Outcome(unknown={})])
def test_a_call_that_ends_under_review_says_so_and_how_to_look_at_it(
    callgate: Callgate, gateway: Gateway, outcome: invocation_pb2.Outcome
) -> None:
    gateway.invocation.outcome.CopyFrom(outcome)
    assert "review" not in callgate("call", "orders_get").stderr
    gateway.invocation.under_review = True
    assert "under review: callgate review show inv-1" in callgate("call", "orders_get").stderr


@pytest.mark.parametrize(
    ("words", "sent"),
    [
        ([], {}),
        (["id=7", "name=tea", "deep=[1,{}]", "quoted=\"1.0\"", "nan=NaN", "empty=", "a=b=c"],
         {"id": 7, "name": "tea", "deep": [1, {}], "quoted": "1.0", "nan": "NaN", "empty": "", "a": "b=c"}),
        (['{"id": 7}'], {"id": 7}),
        (["id=9007199254740993"], {"id": 9007199254740993}),
        (['{"id": 18446744073709551615}'], {"id": 18446744073709551615}),
    ],
)  # fmt: skip
def test_arguments_are_json_or_key_and_value(
    callgate: Callgate, gateway: Gateway, words: list[str], sent: dict[str, object]
) -> None:
    callgate("call", "orders_get", *words, "--key", "the-key-of-this-call", "--timeout", "2")
    assert json.loads(gateway.requests[0].args_json) == sent
    assert gateway.requests[0].idempotency_key == "the-key-of-this-call"
    assert gateway.requests[0].timeout.seconds == 2


@pytest.mark.parametrize("words", [[], ["-o", "json"], ["-o", "yaml"]])
def test_an_integer_of_an_answer_is_printed_digit_for_digit(callgate: Callgate, gateway: Gateway, words: list[str]) -> None:
    answered = {"http_status": 200, "content_type": "application/json", "body": b'{"id": 9007199254740993}'}
    gateway.invocation.outcome.CopyFrom(invocation_pb2.Outcome(succeeded={"result": answered}))
    assert "9007199254740993" in callgate("call", "orders_get", *words).stdout


def test_arguments_come_from_stdin_which_no_process_list_shows(callgate: Callgate, gateway: Gateway) -> None:
    callgate("call", "orders_get", "-", stdin='{"secret": "s"}')
    assert json.loads(gateway.requests[0].args_json) == {"secret": "s"}


@pytest.mark.parametrize("words", [["swordfish"], ["=swordfish"], ["a=1", "a=2"], ['{"a": swordfish}'], ['{"a": NaN}']])
def test_malformed_arguments_are_wrong_usage_and_not_repeated(callgate: Callgate, gateway: Gateway, words: list[str]) -> None:
    done = callgate("call", "orders_get", *words)
    assert done.exit_code == 2
    assert "swordfish" not in done.output
    assert gateway.requests == []


def test_a_refusal_tells_cause_cure_and_violations_and_exits_with_3(callgate: Callgate, gateway: Gateway) -> None:
    violation = error_pb2.Violation(pointer="/id", expected="an integer")
    reason = error_pb2.ERROR_REASON_ARGUMENTS_INVALID
    detail = error_pb2.ErrorDetail(reason=reason, message="do not fit", cure="Correct them.", violations=[violation])
    gateway.refusal = (StatusCode.INVALID_ARGUMENT, detail)
    done = callgate("call", "orders_get")
    assert (done.exit_code, done.stdout) == (3, "")
    for told in ("do not fit", "Correct them.", "/id: an integer"):
        assert told in done.stderr
    assert "Traceback" not in done.stderr
    detail.message = "do not fit: an integer"
    assert callgate("call", "orders_get").stderr.count("an integer") == 1


@pytest.mark.parametrize(
    ("words", "hinted"), [(["path=12345"], True), (["path=abc"], False), (['{"path": 12345}'], False), ([], False)]
)
def test_where_a_word_was_read_as_json_and_does_not_fit_the_cure_says_how_to_send_a_text(
    callgate: Callgate, gateway: Gateway, words: list[str], hinted: bool
) -> None:
    gateway.refuse_with(error_pb2.ErrorDetail(reason=error_pb2.ERROR_REASON_ARGUMENTS_INVALID, cure="Correct them."))
    assert ("path='\"…\"'" in callgate("call", "orders_get", *words).stderr) == hinted
    if hinted:
        callgate("call", "orders_get", 'path="12345"')
        assert json.loads(gateway.requests[-1].args_json) == {"path": "12345"}


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("body={item: tea}", "body=… is malformed JSON in line 1, column 2"),
        ("body=@order.json", "write - <FILE"),
        ("body=tea", "callgate tools show orders_get"),
    ],
)
def test_where_arguments_do_not_fit_it_is_told_what_was_not_read_as_it_was_meant(
    callgate: Callgate, gateway: Gateway, word: str, hint: str
) -> None:
    gateway.refuse_with(error_pb2.ErrorDetail(reason=error_pb2.ERROR_REASON_ARGUMENTS_INVALID, cure="Correct them."))
    told = callgate("call", "orders_get", word).stderr
    assert (hint in told, "tea" in told, "order.json" in told) == (True, False, False)


def test_a_file_that_is_named_as_other_programs_take_it_is_wrong_usage_with_the_right_way(callgate: Callgate) -> None:
    done = callgate("call", "orders_get", "@order.json")
    assert (done.exit_code, "write - <FILE" in done.stderr) == (2, True)


@pytest.mark.parametrize(
    ("outcome", "command"),
    [
        (invocation_pb2.Outcome(tool_failed={"fault": "FAULT_CODE_EGRESS_DENIED"}), "callgate up --allow-private"),
        (invocation_pb2.Outcome(tool_failed={"fault": "FAULT_CODE_HTTP_STATUS", "http_status": 401}), "--credential SCHEME"),
        (invocation_pb2.Outcome(sandbox_failed={"fault": "FAULT_CODE_SECRET_UNAVAILABLE"}), "callgate secret set"),
    ],
)
def test_a_fault_that_an_operator_mends_is_told_with_the_command(
    callgate: Callgate, gateway: Gateway, outcome: invocation_pb2.Outcome, command: str
) -> None:
    gateway.invocation.outcome.CopyFrom(outcome)
    done = callgate("call", "orders_get")
    assert (done.exit_code, command in done.stderr) == (1, True)


def test_a_gateway_that_is_down_is_told_with_the_key_to_go_on_with(callgate: Callgate, running: Running) -> None:
    running.stop()
    done = callgate("call", "orders_get", "--key", "the-key-of-this-call")
    assert done.exit_code == 3
    assert "callgate up" in done.stderr
    assert "--key the-key-of-this-call" in done.stderr


def test_a_hostile_answer_does_not_reach_the_terminal(callgate: Callgate, gateway: Gateway) -> None:
    outcome = invocation_pb2.Outcome(succeeded={"result": {"http_status": 200, "body": b"\x1b]0;owned\x07[red]plain[/red]"}})
    gateway.invocation.outcome.CopyFrom(outcome)
    done = callgate("call", "orders_get")
    assert "\x1b" not in done.stdout
    assert "[red]plain[/red]" in done.stdout


def test_binary_answers_are_base64_in_json(callgate: Callgate, gateway: Gateway) -> None:
    gateway.invocation.outcome.CopyFrom(invocation_pb2.Outcome(succeeded={"result": {"body": b"\xff\xfe"}}))
    outcome = json.loads(callgate("call", "orders_get", "-o", "json").stdout)["outcome"]
    assert (outcome["kind"], outcome["result"]["body"]) == ("Succeeded", {"base64": "//4="})


PNG = b"\x89PNG\r\n\x1a\n\xff"


def _answers(gateway: Gateway, body: bytes, content_type: str = "image/png", **more: object) -> None:
    result = {"http_status": 200, "content_type": content_type, "body": body, **more}
    gateway.invocation.outcome.CopyFrom(invocation_pb2.Outcome(succeeded={"result": result}))


@pytest.mark.parametrize("content_type", ["image/png", "", "text/plain"])
def test_a_pipe_gets_what_is_no_text_as_it_is(callgate: Callgate, gateway: Gateway, content_type: str) -> None:
    _answers(gateway, PNG, content_type)
    done = callgate("call", "orders_get")
    assert (done.exit_code, done.stdout_bytes) == (0, PNG)


def test_a_file_gets_any_answer_as_it_is(callgate: Callgate, gateway: Gateway, tmp_path: Path) -> None:
    _answers(gateway, b'{"id": 7}', "application/json")
    done = callgate("call", "orders_get", "--output", str(tmp_path / "order.json"))
    assert (done.exit_code, done.stdout, (tmp_path / "order.json").read_bytes()) == (0, "", b'{"id": 7}')
    assert "9 bytes" in done.stderr


def test_stdout_gets_a_text_as_it_is_where_that_is_asked_for(callgate: Callgate, gateway: Gateway) -> None:
    _answers(gateway, "\u202e\n".encode(), "text/plain")
    assert callgate("call", "orders_get", "--output", "-").stdout_bytes == "\u202e\n".encode()


def test_a_file_that_cannot_be_written_is_refused_before_the_call(callgate: Callgate, gateway: Gateway, tmp_path: Path) -> None:
    for file in (tmp_path, tmp_path / "nowhere" / "out"):
        done = callgate("call", "orders_get", "--output", str(file))
        assert (done.exit_code, gateway.requests) == (2, [])
        assert "nothing was sent" in done.stderr


def test_what_came_of_a_stream_goes_to_stdout_and_the_call_has_failed_all_the_same(
    callgate: Callgate, gateway: Gateway
) -> None:
    result = {"http_status": 200, "content_type": "text/event-stream", "body": b"data: 1\n\n"}
    gateway.invocation.outcome.CopyFrom(invocation_pb2.Outcome(timed_out={"result": result, "message": "over"}))
    done = callgate("call", "orders_get")
    assert (done.exit_code, done.stdout) == (1, "data: 1\n\n\n")


def test_where_to_look_for_what_was_begun_is_told(callgate: Callgate, gateway: Gateway) -> None:
    _answers(gateway, b"", "", links=[{"relation": "location", "target": "https://api.example/jobs/7"}])
    assert "location: https://api.example/jobs/7" in callgate("call", "orders_get").stderr


def test_headers_are_in_the_data(callgate: Callgate, gateway: Gateway) -> None:
    _answers(gateway, b"{}", "application/json", headers=[{"name": "etag", "value": "7"}], headers_left_out=1)
    result = json.loads(callgate("call", "orders_get", "-o", "json").stdout)["outcome"]["result"]
    assert (result["headers"], result["headers_left_out"]) == ({"etag": "7"}, 1)


def test_each_kind_of_outcome_has_its_name_in_json() -> None:
    assert set(KINDS) == set(get_args(Outcome))
    assert len(set(KINDS.values())) == len(KINDS)
