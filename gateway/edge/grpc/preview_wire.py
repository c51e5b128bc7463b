"""Conversions between messages and previews of calls."""

from callgate.v1 import error_pb2
from callgate.v1 import invocation_service_pb2 as pb
from gateway.edge.grpc.invocation_wire import is_strict
from gateway.edge.grpc.status import describe, internal
from gateway.model.errors import RequestInvalid
from gateway.pipeline.call import Call
from gateway.pipeline.preview import Preview
from registry.calling.request import HttpRequest, ProgramInput
from registry.model.clean_text import visible
from registry.model.tool import Container

#: Bytes of a body, and of a program's input, that are shown.
SHOWN = 64 << 10


def call_from(request: pb.PreviewInvocationRequest) -> Call:
    """Raises RequestInvalid."""
    if not request.tool:
        raise RequestInvalid("tool is empty")
    return Call(request.tool, request.args_json, key="", strict=is_strict(request.schema_form))


def response(preview: Preview) -> pb.PreviewInvocationResponse:
    version = preview.version
    told = pb.PreviewInvocationResponse(
        tool=version.reference,
        tool_digest=version.digest,
        effect=f"EFFECT_{version.draft.effect}",
        refusals=[_refusal(one) for one in preview.refusals],
    )
    if isinstance(preview.sent, HttpRequest):
        told.request.CopyFrom(_request(preview.sent))
    if isinstance(preview.sent, ProgramInput) and version.draft.container is not None:
        told.program.CopyFrom(_program(version.draft.container, preview.sent))
    return told


def _request(sent: HttpRequest) -> pb.PreviewedRequest:
    body = _with_names(sent)
    return pb.PreviewedRequest(
        method=sent.method,
        url=visible(sent.url),
        headers=[pb.PreviewedHeader(name=name, value=visible(value)) for name, value in sent.headers],
        body=body[:SHOWN],
        body_length=len(body),
    )


def _with_names(sent: HttpRequest) -> bytes:
    """The body, with a name in the place of each artifact."""
    body = sent.body or b""
    for one in reversed(sent.insertions):
        body = b"%b[artifact %b]%b" % (body[: one.at], one.artifact.encode(), body[one.at :])
    return body


def _program(container: Container, sent: ProgramInput) -> pb.PreviewedProgram:
    return pb.PreviewedProgram(
        image=container.image, command=container.command, input=sent.content[:SHOWN], input_length=len(sent.content)
    )


def _refusal(error: Exception) -> error_pb2.ErrorDetail:
    """As the status of a call would carry it."""
    _, detail = describe(error) or internal("preview")
    return detail
