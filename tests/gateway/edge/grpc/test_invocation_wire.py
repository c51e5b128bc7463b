from typing import Any

import pytest
from google.protobuf.duration_pb2 import Duration

from callgate.v1 import fault_code_pb2, invocation_pb2
from callgate.v1.invocation_service_pb2 import InvokeRequest
from gateway.edge.grpc import invocation_wire
from gateway.edge.grpc.recording_wire import entry, entry_from, outcome_from
from gateway.model.errors import RequestInvalid
from gateway.model.invocation import Answer, Attempt, Invocation, InvocationState, Outcome, Request, Verdict
from gateway.model.principal import Principal
from gateway.pipeline.call import Mode
from gateway.records.recordings.protocol import CallKey, RecordedCall
from registry.model.tool import Effect
from sandbox.api.fault_code import FaultCode
from sandbox.api.result import Evidence


def request(**fields: Any) -> InvokeRequest:
    return InvokeRequest(**{"tool": "t", "args_json": b"{}", "idempotency_key": "k" * 16, **fields})


@pytest.mark.parametrize(
    ("wait", "remaining", "patience"),
    [
        (None, None, None),
        (None, 10.0, 9.0),
        (None, 1.0, 0.8),
        (None, 0.1, 0.0),
        (0, 10.0, 0.0),
        (3, 10.0, 3.0),
        (30, 10.0, 9.0),
        (30, None, 30.0),
    ],
)
def test_a_call_is_waited_for_as_asked_and_answered_before_its_rpc_ends(
    wait: int | None, remaining: float | None, patience: float | None
) -> None:
    asked = request() if wait is None else request(wait=Duration(seconds=wait))
    assert invocation_wire.patience(asked, remaining) == patience


def test_a_negative_wait_is_refused() -> None:
    with pytest.raises(RequestInvalid):
        invocation_wire.patience(request(wait=Duration(seconds=-1)), None)


def test_the_token_of_a_call_is_read_and_an_older_client_sends_none() -> None:
    assert invocation_wire.call_from(request(call_token="t" * 64)).token == "t" * 64
    assert invocation_wire.call_from(request()).token == ""


@pytest.mark.parametrize("token", ["t" * 65, "to ken", "tökén"])
def test_a_token_that_is_too_long_or_unprintable_is_refused(token: str) -> None:
    with pytest.raises(RequestInvalid, match="call_token"):
        invocation_wire.call_from(request(call_token=token))


def test_equal_calls_of_two_tokens_are_equal() -> None:
    one, other = (invocation_wire.call_from(request(call_token=token)) for token in ("one", "other"))
    assert one == other


@pytest.mark.parametrize(
    ("fields", "mode", "recording"),
    [
        ({}, Mode.LIVE, ""),
        ({"recording": "ignored"}, Mode.LIVE, ""),
        ({"mode": "RUN_MODE_RECORD", "recording": "suite", "run_id": "r"}, Mode.RECORD, "suite"),
        ({"mode": "RUN_MODE_REPLAY_STRICT", "run_id": "r"}, Mode.REPLAY_STRICT, "r"),
        ({"mode": "RUN_MODE_REPLAY_OR_LIVE", "recording": "suite", "run_id": "r"}, Mode.REPLAY_OR_LIVE, "suite"),
    ],
)
def test_the_mode_of_a_run_and_its_recording_are_read(fields: Any, mode: Mode, recording: str) -> None:
    call = invocation_wire.call_from(request(**fields))
    assert (call.mode, call.recording) == (mode, recording)


@pytest.mark.parametrize(
    "fields",
    [
        {"mode": 99, "recording": "suite"},
        {"mode": "RUN_MODE_RECORD"},
        {"mode": "RUN_MODE_REPLAY_STRICT", "recording": "suite"},
        {"mode": "RUN_MODE_REPLAY_OR_LIVE", "recording": "suite"},
    ],
)
def test_a_mode_that_is_not_known_and_one_without_a_recording_or_a_run_are_refused(fields: Any) -> None:
    with pytest.raises(RequestInvalid):
        invocation_wire.call_from(request(**fields))


HEADERS = (("etag", "7"), ("warning", "a"), ("warning", "b"))
ANSWER = Answer(503, "text/plain", b"\xff", None, (("next", "https://x/2"),), headers=HEADERS, headers_left_out=3)


@pytest.mark.parametrize("verdict", list(Verdict))
def test_an_entry_of_a_recording_comes_back_from_the_wire_as_it_was(verdict: Verdict) -> None:
    answered = verdict in {Verdict.SUCCEEDED, Verdict.TOOL_FAILED, Verdict.TIMED_OUT}
    told = verdict not in {Verdict.SUCCEEDED, Verdict.CANCELLED}
    possible = verdict not in {Verdict.SUCCEEDED, Verdict.UNKNOWN}
    begun = verdict in {Verdict.TOOL_FAILED, Verdict.LIMIT_EXCEEDED, Verdict.TIMED_OUT}
    fault = {
        Verdict.TOOL_FAILED: FaultCode.HTTP_STATUS,
        Verdict.SANDBOX_FAILED: FaultCode.BOX_DIED,
        Verdict.LIMIT_EXCEEDED: FaultCode.RESPONSE_TOO_LARGE,
    }.get(verdict)
    outcome = Outcome(
        verdict,
        ANSWER if answered else None,
        fault,
        "It broke." if told else "",
        possible,
        http_status=503 if begun else 0,
        retry_after=1.25 if verdict is Verdict.TOOL_FAILED else None,
        not_done=begun or verdict is Verdict.SANDBOX_FAILED,
    )
    kept = RecordedCall("pay@1.0.0", CallKey("sha256:" + "0" * 64, "1" * 64), 2, outcome)
    assert entry_from(entry(kept)) == kept


@pytest.mark.parametrize("code", list(FaultCode))
def test_each_fault_has_its_number_on_the_wire(code: FaultCode) -> None:
    failed = Attempt(
        number=1,
        box="box-1",
        accessor="",
        evidence=Evidence.SENT,
        http_status=0,
        fault=code,
        bytes_out=0,
        bytes_in=0,
        connections=(),
        phases=(),
        started=0.0,
        duration=0.1,
    )
    assert fault_code_pb2.FaultCode.Name(invocation_wire.attempt(failed).fault) == f"FAULT_CODE_{code.name}"
    outcome = Outcome(Verdict.TOOL_FAILED, fault=code)
    assert outcome_from(invocation_wire.outcome(outcome)) == outcome


def test_an_attempt_without_a_fault_has_none_on_the_wire() -> None:
    answered = Attempt(
        number=1,
        box="box-1",
        accessor="",
        evidence=Evidence.RESPONDED,
        http_status=503,
        fault=None,
        bytes_out=0,
        bytes_in=0,
        connections=(),
        phases=(),
        started=0.0,
        duration=0.1,
    )
    assert invocation_wire.attempt(answered).fault == fault_code_pb2.FAULT_CODE_UNSPECIFIED


@pytest.mark.parametrize("verdict", [Verdict.TOOL_FAILED, Verdict.SANDBOX_FAILED, Verdict.LIMIT_EXCEEDED])
def test_an_outcome_with_a_code_of_another_release_can_be_told_and_told_again(verdict: Verdict) -> None:
    outcome = Outcome(verdict, fault=FaultCode.UNRECOGNIZED, message="It broke.")
    assert outcome_from(invocation_wire.outcome(outcome)) == outcome


def test_a_recording_with_a_number_of_a_later_release_is_taken_in() -> None:
    later = invocation_pb2.Outcome(tool_failed=invocation_pb2.ToolFailed(fault=9_999, message="It broke."))  # type: ignore[arg-type]
    assert outcome_from(later).fault is FaultCode.UNRECOGNIZED


@pytest.mark.parametrize(("size", "kept"), [(1, True), (invocation_wire.KEPT_BYTES + 1, False)])
def test_the_message_of_a_large_answer_is_not_kept_for_its_repetition(size: int, kept: bool) -> None:
    asked = Request(
        tool="t",
        version="t@1.0.0",
        digest="sha256:0",
        effect=Effect.READ,
        args_json=b"{}",
        run_id="",
        traceparent="",
        timeout=60.0,
        max_attempts=3,
    )
    outcome = Outcome(Verdict.SUCCEEDED, Answer(200, "text/plain", b"x" * size))
    caller = Principal("acme", "planner", "ada")
    found = Invocation(
        id="inv_1",
        principal=caller,
        request=asked,
        state=InvocationState.SUCCEEDED,
        outcome=outcome,
        attempts=(),
        accepted=0.0,
        deadline=0.0,
        ended=0.0,
        max_attempts=3,
    )
    assert invocation_wire.response_from_record(found) == invocation_wire.response_from_record(found)
    assert (invocation_wire.response_from_record(found) is invocation_wire.response_from_record(found)) is kept
