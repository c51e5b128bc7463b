"""What a call would send, and what would refuse it. The proto file defines the messages."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from callgate import checks, messages
from callgate.convert import named
from callgate.errors import Violation
from callgate.types import Effect, SchemaForm
from callgate.v1 import error_pb2, tool_pb2
from callgate.v1 import invocation_service_pb2 as pb


@dataclass(frozen=True, slots=True)
class PreviewedRequest:
    """An HTTP request as it would leave a box. "[secret]" stands for what the box puts in. `body`: at most its first 64 KiB;
    `body_length`: bytes in all."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    body_length: int


@dataclass(frozen=True, slots=True)
class PreviewedProgram:
    """What a container tool's program would be started with. `input` is its standard input, at most the first 64 KiB."""

    image: str
    command: tuple[str, ...]
    input: bytes
    input_length: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why the call would be refused. `reason` is the name of the gateway's ErrorReason, such as ARGUMENTS_INVALID."""

    reason: str
    message: str
    cure: str
    violations: tuple[Violation, ...] = ()


@dataclass(frozen=True, slots=True)
class Preview:
    """What a call would send: a request, or a program's input; None for both where the arguments make none.

    `tool` is `name@version`. `refusals`: what would refuse the call, as far as it is known without making it.
    """

    tool: str
    tool_digest: str
    effect: Effect
    request: PreviewedRequest | None
    program: PreviewedProgram | None
    refusals: tuple[Refusal, ...]


def wanted(tool: str, arguments: Mapping[str, Any], form: SchemaForm | None) -> pb.PreviewInvocationRequest:
    """Raises ArgumentsInvalid where the arguments cannot be written as JSON, RequestInvalid for a senseless tool."""
    return pb.PreviewInvocationRequest(
        tool=checks.required("tool", tool), args_json=messages.encode(arguments), schema_form=messages.schema_form(form)
    )


def preview(message: pb.PreviewInvocationResponse) -> Preview:
    return Preview(
        message.tool,
        message.tool_digest,
        named(Effect, tool_pb2.Effect, message.effect),
        _request(message.request) if message.HasField("request") else None,
        _program(message.program) if message.HasField("program") else None,
        tuple(_refusal(one) for one in message.refusals),
    )


def _request(message: pb.PreviewedRequest) -> PreviewedRequest:
    headers = tuple((one.name, one.value) for one in message.headers)
    return PreviewedRequest(message.method, message.url, headers, message.body, message.body_length)


def _program(message: pb.PreviewedProgram) -> PreviewedProgram:
    return PreviewedProgram(message.image, tuple(message.command), message.input, message.input_length)


def _refusal(detail: error_pb2.ErrorDetail) -> Refusal:
    known = detail.reason in error_pb2.ErrorReason.values()
    reason = error_pb2.ErrorReason.Name(detail.reason).removeprefix("ERROR_REASON_") if known else "UNSPECIFIED"
    violations = tuple(Violation(one.pointer, one.expected) for one in detail.violations)
    return Refusal(reason, detail.message, detail.cure, violations)
