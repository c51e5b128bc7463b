"""`invocations.preview`: what a call would send, as plain values."""

from callgate import Client, Effect, Preview, PreviewedProgram, PreviewedRequest, Refusal, SchemaForm
from callgate.errors import Violation
from callgate.v1 import error_pb2
from callgate.v1 import invocation_service_pb2 as pb
from clients.python.tests.conftest import Gateway


def test_a_request_and_its_refusals_are_read(client: Client, gateway: Gateway) -> None:
    refusal = error_pb2.ErrorDetail(
        reason=error_pb2.ERROR_REASON_APPROVAL_REQUIRED, message="m", cure="c", violations=[{"pointer": "/a", "expected": "b"}]
    )
    request = {"method": "GET", "url": "https://x", "headers": [{"name": "A", "value": "b"}], "body": b"x", "body_length": 9}
    gateway.preview.CopyFrom(
        pb.PreviewInvocationResponse(tool="t@1.0.0", tool_digest="d", effect="EFFECT_READ", request=request, refusals=[refusal])
    )
    found = client.invocations.preview("t", {"a": 1}, schema_form=SchemaForm.STRICT)
    sent = PreviewedRequest("GET", "https://x", (("A", "b"),), b"x", 9)
    refused = Refusal("APPROVAL_REQUIRED", "m", "c", (Violation("/a", "b"),))
    assert found == Preview("t@1.0.0", "d", Effect.READ, sent, None, (refused,))
    (asked,) = gateway.requests
    assert (asked.tool, asked.args_json, asked.schema_form) == ("t", b'{"a":1}', 3)


def test_a_program_and_a_reason_of_a_later_release_are_read(client: Client, gateway: Gateway) -> None:
    program = {"image": "i", "command": ["/p"], "input": b"{}", "input_length": 2}
    gateway.preview.CopyFrom(pb.PreviewInvocationResponse(tool="t@1.0.0", program=program))
    gateway.preview.refusals.add(message="m", cure="c").reason = 4711  # type: ignore[assignment]
    found = client.invocations.preview("t", {})
    assert found.program == PreviewedProgram("i", ("/p",), b"{}", 2)
    assert found.refusals == (Refusal("UNSPECIFIED", "m", "c"),)
    assert found.effect is Effect.UNSPECIFIED
