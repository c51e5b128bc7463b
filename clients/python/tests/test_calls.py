"""What a call sends, how often, and what it makes of the answer."""

import json
import math
import threading

import pytest
from grpc import StatusCode
from opentelemetry import trace
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags

from callgate import Client, FaultCode, RetryPolicy, SandboxFailed, ToolFailed, Unknown, convert, errors
from callgate.v1 import error_pb2, invocation_pb2
from clients.python.tests.conftest import Gateway, Pauses


def test_a_call_sends_its_arguments_as_json_with_a_fresh_key_and_the_token(client: Client, gateway: Gateway) -> None:
    client.call("orders_get", {"id": 7, "name": "ä"}, run_id="run-1", timeout=2.5)
    client.call("orders_get", {})
    first, second = gateway.requests
    assert json.loads(first.args_json) == {"id": 7, "name": "ä"}
    assert (first.tool, first.run_id, first.timeout.ToMilliseconds()) == ("orders_get", "run-1", 2500)
    assert not second.HasField("timeout")
    assert first.idempotency_key != second.idempotency_key
    assert len(first.idempotency_key) >= 16
    assert gateway.metadata[0]["authorization"] == "Bearer a-token-for-tests"


def test_an_unavailable_gateway_gets_the_same_key_again(client: Client, gateway: Gateway, pauses: Pauses) -> None:
    for _ in range(3):
        gateway.refuse(StatusCode.UNAVAILABLE)
    assert client.call("orders_get", {}).json() == {"ok": True}
    assert len(gateway.requests) == 4
    assert len({request.idempotency_key for request in gateway.requests}) == 1
    assert pauses.taken == [0.1, 0.2, 0.4]


def test_a_refusal_that_says_retryable_is_obeyed_and_so_is_its_retry_after(
    client: Client, gateway: Gateway, pauses: Pauses
) -> None:
    gateway.refuse(
        StatusCode.RESOURCE_EXHAUSTED, reason=error_pb2.ERROR_REASON_POOL_EXHAUSTED, retryable=True, retry_after={"seconds": 3}
    )
    assert client.call("orders_get", {}, key="the-key-of-this-call").json() == {"ok": True}
    assert [request.idempotency_key for request in gateway.requests] == ["the-key-of-this-call"] * 2
    assert pauses.taken == [3.0]


def test_a_reused_key_is_never_sent_again(client: Client, gateway: Gateway) -> None:
    gateway.refuse(
        StatusCode.FAILED_PRECONDITION, reason=error_pb2.ERROR_REASON_KEY_REUSED, message="other arguments", cure="a fresh key"
    )
    with pytest.raises(errors.KeyReused, match="other arguments") as caught:
        client.call("orders_get", {}, key="the-key-of-this-call")
    assert len(gateway.requests) == 1
    assert caught.value.cure == "a fresh key"
    assert caught.value.idempotency_key == "the-key-of-this-call"


def test_a_passed_deadline_attaches_with_the_same_key(client: Client, gateway: Gateway) -> None:
    for _ in range(3):
        gateway.refuse(StatusCode.DEADLINE_EXCEEDED)
    assert client.call("orders_get", {}).json() == {"ok": True}
    assert len(gateway.requests) == 4
    assert len({request.idempotency_key for request in gateway.requests}) == 1


def test_a_call_under_way_is_asked_after_until_it_has_ended(client: Client, gateway: Gateway) -> None:
    gateway.under_way = 2
    assert client.call("orders_get", {}).json() == {"ok": True}
    assert len(gateway.requests) == 3
    assert len({request.idempotency_key for request in gateway.requests}) == 1


def test_all_requests_of_a_call_carry_one_token_and_those_of_the_next_another(client: Client, gateway: Gateway) -> None:
    gateway.break_off()
    gateway.refuse(StatusCode.DEADLINE_EXCEEDED)
    gateway.refuse(StatusCode.UNAVAILABLE, reason=error_pb2.ERROR_REASON_STORE_UNAVAILABLE, retryable=True)
    gateway.under_way = 1
    client.call("orders_get", {}, key="a-key-of-sixteen-characters")
    *of_the_first, token = [request.call_token for request in gateway.requests]
    client.call("orders_get", {}, key="a-key-of-sixteen-characters")
    assert of_the_first == [token] * 4
    assert "" != gateway.requests[-1].call_token != token


def test_a_caller_that_does_not_wait_gets_the_call_under_way(client: Client, gateway: Gateway) -> None:
    gateway.under_way = 1
    invocation = client.call("orders_get", {}, wait=0)
    assert invocation.outcome is None
    assert gateway.requests[0].HasField("wait")
    assert len(gateway.requests) == 1
    assert client.invocations.handle(invocation.id).wait().id == invocation.id


def test_no_answer_until_the_time_is_over_is_told(client: Client, gateway: Gateway, pauses: Pauses) -> None:
    for _ in range(1000):
        gateway.refuse(StatusCode.DEADLINE_EXCEEDED)
    with pytest.raises(errors.NoAnswer) as caught:
        client.call("orders_get", {}, timeout=20)
    assert 20 < pauses.now < 30
    assert caught.value.idempotency_key == gateway.requests[0].idempotency_key


def test_silence_does_not_use_up_the_patience_with_a_gateway_that_then_restarts(
    client: Client, gateway: Gateway, pauses: Pauses
) -> None:
    gateway.refuse(StatusCode.DEADLINE_EXCEEDED)
    gateway.refuse(StatusCode.UNAVAILABLE, first=lambda: pauses.sleep(50.0))
    assert client.call("orders_get", {}).json() == {"ok": True}


def test_patience_with_an_unavailable_gateway_ends_and_the_error_tells_the_key(
    client: Client, gateway: Gateway, pauses: Pauses
) -> None:
    for _ in range(100):
        gateway.refuse(StatusCode.UNAVAILABLE)
    with pytest.raises(errors.GatewayUnavailable) as caught:
        client.call("orders_get", {})
    assert pauses.now <= 30.0
    assert caught.value.idempotency_key == gateway.requests[0].idempotency_key


def test_a_gateway_killed_in_the_middle_of_a_call_is_asked_again_with_the_same_key(gateway: Gateway) -> None:
    def die() -> None:
        killer = threading.Thread(target=restart)
        killer.start()
        stopped.wait(20)

    def restart() -> None:
        gateway.kill()
        stopped.set()
        gateway.start()

    stopped = threading.Event()
    gateway.script.append(die)
    with Client(gateway.address) as client:
        assert client.call("orders_get", {}).json() == {"ok": True}
    assert len(gateway.requests) == 2
    assert len({request.idempotency_key for request in gateway.requests}) == 1


def test_an_unreachable_gateway_is_told_with_a_cure(gateway: Gateway, pauses: Pauses) -> None:
    gateway.kill()
    client = pauses.pace(Client(gateway.address, retry=RetryPolicy(patience=0)))
    with client, pytest.raises(errors.GatewayUnavailable) as caught:
        list(client.tools.list())
    assert "callgate up" in caught.value.cure
    assert pauses.taken == []


@pytest.mark.parametrize("arguments", [{"a": math.nan}, {"a": object()}, {"a": "\ud800"}, {"a": "x" * (1 << 20)}])
def test_arguments_that_are_not_json_are_refused_before_anything_is_sent(
    client: Client, gateway: Gateway, arguments: dict[str, object]
) -> None:
    with pytest.raises(errors.ArgumentsInvalid) as caught:
        client.call("orders_get", arguments)
    assert caught.value.violations[0].pointer == ""
    assert gateway.requests == []


@pytest.mark.parametrize("timeout", [0, -1, math.nan, math.inf])
def test_a_senseless_timeout_is_refused(client: Client, gateway: Gateway, timeout: float) -> None:
    with pytest.raises(errors.RequestInvalid):
        client.call("orders_get", {}, timeout=timeout)
    assert gateway.requests == []


def test_a_failed_tool_never_looks_like_a_success(client: Client, gateway: Gateway) -> None:
    answer = invocation_pb2.ToolResult(http_status=503, body=b'{"ok":true}')
    failed = invocation_pb2.ToolFailed(result=answer, fault="FAULT_CODE_HTTP_STATUS", message="503", effect_possible=True)
    gateway.outcome = invocation_pb2.Outcome(tool_failed=failed)
    invocation = client.call("orders_get", {})
    assert isinstance(invocation.outcome, ToolFailed)
    with pytest.raises(errors.InvocationFailed, match="HTTP_STATUS") as caught:
        invocation.json()
    assert caught.value.outcome is invocation.outcome
    assert not caught.value.retryable


def test_what_was_not_done_may_be_called_again_and_says_when(client: Client, gateway: Gateway) -> None:
    failed = invocation_pb2.ToolFailed(fault="FAULT_CODE_HTTP_STATUS", message="busy.", http_status=429, not_done=True)
    failed.retry_after.FromMilliseconds(1500)
    gateway.outcome = invocation_pb2.Outcome(tool_failed=failed)
    invocation = client.call("orders_get", {})
    assert str(invocation.outcome) == "the tool failed: HTTP_STATUS: busy. (call again after 1.5 s)"
    with pytest.raises(errors.InvocationFailed, match="HTTP_STATUS") as caught:
        invocation.json()
    assert (caught.value.retryable, caught.value.retry_after) == (True, 1.5)
    assert "the same key" in caught.value.cure


@pytest.mark.parametrize("kind", ["tool_failed", "limit_exceeded", "timed_out", "sandbox_failed", "cancelled"])
def test_a_failure_that_may_have_acted_says_so(client: Client, gateway: Gateway, kind: str) -> None:
    gateway.outcome = invocation_pb2.Outcome()
    getattr(gateway.outcome, kind).effect_possible = True
    outcome = client.call("orders_get", {}).outcome
    assert getattr(outcome, "effect_possible", False)
    assert "may have had an effect" in str(outcome)


def test_an_outcome_tells_the_status_of_an_answer_whose_body_did_not_come(client: Client, gateway: Gateway) -> None:
    for kind in ("tool_failed", "limit_exceeded", "timed_out"):
        gateway.outcome = invocation_pb2.Outcome()
        getattr(gateway.outcome, kind).http_status = 201
        assert getattr(client.call("orders_get", {}).outcome, "http_status", 0) == 201


def test_a_fault_is_read_by_its_name(client: Client, gateway: Gateway) -> None:
    gateway.outcome = invocation_pb2.Outcome(sandbox_failed={"fault": "FAULT_CODE_POOL_EXHAUSTED", "message": "no box"})
    outcome = client.call("orders_get", {}).outcome
    assert isinstance(outcome, SandboxFailed)
    assert outcome.fault is FaultCode.POOL_EXHAUSTED
    assert str(outcome) == "the sandbox failed: POOL_EXHAUSTED: no box"


@pytest.mark.parametrize("number", [0, 9_999])
def test_a_fault_that_the_sdk_does_not_know_is_unrecognized(client: Client, gateway: Gateway, number: int) -> None:
    failed = invocation_pb2.ToolFailed(fault=number)  # type: ignore[arg-type]  # of a later release, where it has no name here
    gateway.outcome = invocation_pb2.Outcome(tool_failed=failed)
    outcome = client.call("orders_get", {}).outcome
    assert isinstance(outcome, ToolFailed)
    assert outcome.fault is FaultCode.UNRECOGNIZED


def test_an_attempt_with_an_answer_has_no_fault() -> None:
    assert convert.attempt(invocation_pb2.InvocationAttempt(evidence="EVIDENCE_RESPONDED", http_status=503)).fault is None
    broken = convert.attempt(invocation_pb2.InvocationAttempt(evidence="EVIDENCE_SENT", fault="FAULT_CODE_UPSTREAM_BROKE"))
    assert broken.fault == "UPSTREAM_BROKE"


@pytest.mark.parametrize("outcome", [invocation_pb2.Outcome(unknown={"message": "lost"}), invocation_pb2.Outcome()])
def test_an_unknown_outcome_and_one_of_an_unknown_kind_are_both_unknown(
    client: Client, gateway: Gateway, outcome: invocation_pb2.Outcome
) -> None:
    gateway.outcome = outcome
    invocation = client.call("orders_get", {})
    assert isinstance(invocation.outcome, Unknown)
    with pytest.raises(errors.OutcomeUnknown):
        invocation.raise_for_outcome()


def test_an_invocation_under_way_has_no_outcome_yet(client: Client) -> None:
    with pytest.raises(errors.InvocationUnderWay):
        client.invocations.get("inv-1").json()


def test_an_empty_body_is_none(client: Client, gateway: Gateway) -> None:
    gateway.outcome.succeeded.result.body = b""
    assert client.call("orders_get", {}).json() is None


def test_each_rpc_carries_the_traceparent_of_the_span_around_it(client: Client, gateway: Gateway) -> None:
    parent = SpanContext(0xABC, 0xDEF, is_remote=False, trace_flags=TraceFlags(1))
    with trace.use_span(NonRecordingSpan(parent)):
        client.call("orders_get", {})
    assert gateway.metadata[0]["traceparent"].split("-")[1] == f"{0xABC:032x}"
