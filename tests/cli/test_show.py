"""`callgate show`, `cancel` and `tools`: what can be read."""

import json

import pytest
from grpc import StatusCode

from callgate.v1 import error_pb2, invocation_pb2, tool_pb2
from callgate.v1.catalog_service_pb2 import TOOL_VIEW_NAMES
from gateway.cli.terminal.exit_codes import NOT_FOUND, REFUSED
from tests.cli.conftest import Callgate, Gateway

ATTEMPT = {
    "number": 1,
    "box": "cg-box-1",
    "token_accessor": "acc-1",
    "evidence": "EVIDENCE_RESPONDED",
    "http_status": 200,
    "bytes_out": 1234,
    "bytes_in": 5678,
    "connections": [
        {"host": "api.example", "port": 443, "address": "8.8.8.8", "verdict": "open", "bytes_out": 1234, "bytes_in": 5678},
        {"host": "evil.example", "port": 80, "verdict": "evil.example port 80 is not among the destinations of this job"},
    ],
    "phases": [{"kind": "ATTEMPT_PHASE_KIND_EXCHANGE", "offset": {"nanos": 2_000_000}, "duration": {"nanos": 3_500_000}}],
    "duration": {"nanos": 41_000_000},
}


@pytest.fixture
def ended(gateway: Gateway) -> Gateway:
    """A call that has ended, its box removed and its token revoked."""
    gateway.invocation.state = invocation_pb2.INVOCATION_STATE_SUCCEEDED
    gateway.invocation.attempts.add(**ATTEMPT)
    gateway.invocation.accept_time.FromMilliseconds(1_000)
    gateway.invocation.end_time.FromMilliseconds(1_050)
    facts = [("RECORDED", {}), ("TOKEN_REVOKED", {"obligation": "token:acc-1"}), ("BOX_REMOVED", {"box": "cg-box-1"})]
    gateway.events = [
        invocation_pb2.InvocationEvent(
            number=number, kind=kind, attributes=attributes, state=invocation_pb2.INVOCATION_STATE_SUCCEEDED
        )
        for number, (kind, attributes) in enumerate(facts, start=1)
    ]
    return gateway


def test_the_timeline_shows_attempts_with_all_that_left_the_box(callgate: Callgate, ended: Gateway) -> None:
    done = callgate("show", "inv-1")
    assert done.exit_code == 0
    for told in (
        "inv-1",
        "took 50.0 ms",
        "attempt 1  RESPONDED  HTTP 200  41.0 ms",
        "box cg-box-1: removed",
        "token acc-1: revoked",
        "1,234 bytes out, 5,678 bytes in",
        "api.example:443 (8.8.8.8): open, 1,234 bytes out, 5,678 bytes in",
        "evil.example:80 (no address): evil.example port 80 is not among",
        "exchange",
        "3.5 ms",
        "3 events",
    ):
        assert told in done.stdout


def test_an_attempt_without_an_answer_shows_its_fault(callgate: Callgate, ended: Gateway) -> None:
    ended.invocation.attempts.add(number=2, evidence="EVIDENCE_SENT", fault="FAULT_CODE_UPSTREAM_BROKE")
    ended.invocation.attempts.add(number=3, evidence="EVIDENCE_RESPONDED")
    shown = callgate("show", "inv-1").stdout
    assert "attempt 2  SENT  UPSTREAM_BROKE" in shown
    assert "attempt 3  RESPONDED  completed" in shown
    plain = json.loads(callgate("show", "inv-1", "-o", "json").stdout)["invocation"]["attempts"]
    assert [attempt["fault"] for attempt in plain] == [None, "UPSTREAM_BROKE", None]


def test_what_no_event_tells_is_not_claimed(callgate: Callgate, ended: Gateway) -> None:
    ended.events = ended.events[:1]
    shown = callgate("show", "inv-1").stdout
    assert "box cg-box-1: not seen removed" in shown
    assert "token acc-1: not seen revoked" in shown


def test_a_box_that_was_never_let_go_is_not_waited_for(callgate: Callgate, ended: Gateway) -> None:
    ended.invocation.attempts.add(number=2, box="cg-box-2", evidence="EVIDENCE_NOT_SENT")
    ended.invocation.attempts.add(number=3, evidence="EVIDENCE_NOT_SENT", fault="FAULT_CODE_POOL_EXHAUSTED")
    ended.invocation.attempts.add(number=4, box="cg-box-4", evidence="EVIDENCE_NOT_SENT")
    ended.events.append(
        invocation_pb2.InvocationEvent(number=4, kind="DISPATCHED", attributes={"attempt": "4", "box": "cg-box-4"})
    )
    shown = callgate("show", "inv-1").stdout
    assert "box cg-box-2: never let go" in shown
    assert "no box" in shown
    assert "box cg-box-4: not seen removed" in shown


def test_a_lost_attempt_has_the_box_and_the_token_that_its_events_name(callgate: Callgate, ended: Gateway) -> None:
    ended.invocation.attempts.add(number=2, evidence="EVIDENCE_SENT", fault="FAULT_CODE_HOLDER_LOST")
    facts = [
        ("TOKEN_ISSUED", {"attempt": "2", "obligation": "token:acc-2"}),
        ("DISPATCHED", {"attempt": "2", "box": "cg-box-2"}),
        ("TOKEN_REVOKED", {"obligation": "token:acc-2"}),
    ]
    ended.events += [invocation_pb2.InvocationEvent(kind=kind, attributes=attributes) for kind, attributes in facts]
    shown = callgate("show", "inv-1").stdout
    assert "box cg-box-2: not seen removed" in shown
    assert "token acc-2: revoked" in shown
    gone = {"obligation": "box:cg-box-2", "author": "operator/ada", "host": "host-1"}
    ended.events.append(invocation_pb2.InvocationEvent(kind="DECLARED_GONE", attributes=gone))
    assert "box cg-box-2: declared gone, with its host" in callgate("show", "inv-1").stdout


def test_the_timeline_waits_for_the_clean_up(callgate: Callgate, ended: Gateway) -> None:
    callgate("show", "inv-1")
    assert ended.requests[0].until_settled


def test_the_timeline_is_json_where_asked_for(callgate: Callgate, ended: Gateway) -> None:
    shown = json.loads(callgate("show", "inv-1", "-o", "json").stdout)
    assert shown["invocation"]["attempts"][0]["phases"] == [{"name": "exchange", "offset": 0.002, "duration": 0.0035}]
    assert [event["kind"] for event in shown["events"]] == ["RECORDED", "TOKEN_REVOKED", "BOX_REMOVED"]


def test_an_unknown_invocation_is_refused(callgate: Callgate, gateway: Gateway) -> None:
    detail = error_pb2.ErrorDetail(reason=error_pb2.ERROR_REASON_INVOCATION_NOT_FOUND, message="no such invocation")
    gateway.refusal = (StatusCode.NOT_FOUND, detail)
    for command in ("show", "cancel"):
        done = callgate(command, "inv-2")
        assert done.exit_code == NOT_FOUND
        assert "no such invocation" in done.stderr


def test_cancelling_tells_how_the_call_stands(callgate: Callgate, gateway: Gateway) -> None:
    gateway.invocation.outcome.CopyFrom(invocation_pb2.Outcome(cancelled={"effect_possible": True}))
    done = callgate("cancel", "inv-1")
    assert done.exit_code == 0
    assert "cancelled (the request may have had an effect)" in done.stdout


def test_tools_are_listed_and_shown(callgate: Callgate, gateway: Gateway) -> None:
    assert "orders_get@1.0.0" in callgate("tools", "--toolset", "orders").stdout
    assert gateway.requests[0].toolset == "orders"
    assert json.loads(callgate("tools", "-o", "json").stdout)[0]["effect"] == "READ"
    assert json.loads(callgate("tools", "show", "orders_get").stdout)["input_schema"] == {"type": "object"}


@pytest.mark.parametrize("form", ["table", "json", "yaml"])
def test_a_toolset_without_a_tool_to_call_is_an_error_with_an_exit_code_of_its_own(
    callgate: Callgate, gateway: Gateway, form: str
) -> None:
    gateway.tools = []
    done = callgate("tools", "--toolset", "nope", "-o", form)
    assert (done.exit_code, done.stdout) == (NOT_FOUND, "")
    assert "toolset nope" in done.stderr
    assert "callgate toolset status" in done.stderr


@pytest.mark.parametrize("words", [("call", "nope"), ("tools", "show", "nope")])
def test_so_is_a_tool_that_is_not_there(callgate: Callgate, gateway: Gateway, words: tuple[str, ...]) -> None:
    detail = error_pb2.ErrorDetail(reason=error_pb2.ERROR_REASON_TOOL_NOT_FOUND, message="there is no tool nope")
    gateway.refusal = (StatusCode.NOT_FOUND, detail)
    done = callgate(*words)
    assert (done.exit_code, "there is no tool nope" in done.stderr) == (NOT_FOUND, True)


def test_a_tenant_without_tools_is_told_how_it_gets_some(callgate: Callgate, gateway: Gateway) -> None:
    gateway.tools = []
    listed = callgate("tools")
    assert listed.exit_code == 0
    assert listed.stdout == ""
    assert "callgate toolset publish" in listed.stderr
    assert callgate("tools", "-o", "json").stdout.strip() == "[]"


def test_what_is_called_by_its_name_is_whole_in_a_narrow_terminal(callgate: Callgate) -> None:
    for columns in (80, 30, 10):
        assert "orders_get@1.0.0" in callgate("tools", columns=columns).stdout


def test_tools_are_shown_in_the_form_that_a_provider_takes(callgate: Callgate, gateway: Gateway) -> None:
    gateway.tool = tool_pb2.Tool(name="a", version="1.0.0", input_schema_json=b'{"type":"object"}')
    shown = json.loads(callgate("tools", "show", "a", "--schema-form", "strict").stdout)
    assert shown["input_schema"] == {"type": "object"}
    assert gateway.requests[0].schema_form == tool_pb2.SCHEMA_FORM_STRICT
    gateway.tool.schema_form_refusal = "the schema leads back to itself"
    refused = callgate("tools", "show", "a", "--schema-form", "inlined")
    assert (refused.exit_code, refused.stdout) == (REFUSED, "")
    assert "leads back to itself" in refused.stderr


def test_tools_are_listed_by_a_pattern_and_as_names_alone(callgate: Callgate, gateway: Gateway) -> None:
    shown = callgate("tools", "--name", "orders_*", "--names")
    assert (gateway.requests[0].name_pattern, gateway.requests[0].view) == ("orders_*", TOOL_VIEW_NAMES)
    assert "orders_get@1.0.0" in shown.stdout
    (named,) = json.loads(callgate("tools", "--names", "-o", "json").stdout)
    assert "input_schema" not in named
    gateway.tools = []
    nothing = callgate("tools", "--name", "x*", "--toolset", "orders")
    assert (nothing.exit_code, "tool like x* of a toolset orders" in nothing.stderr) == (NOT_FOUND, True)
