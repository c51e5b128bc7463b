"""The conversions between a review's messages and its values."""

import orjson

from callgate.v1 import review_service_pb2 as pb
from callgate.v1.host_service_pb2 import DeclareHostLostRequest
from callgate.v1.run_service_pb2 import KillRunRequest
from gateway.edge.grpc.invocation_wire import invocation, timestamp
from gateway.model.errors import RequestInvalid
from gateway.pipeline.reviews import AnotherAttempt, Decision, DeclareFailed, DeclareSucceeded, Reviewed
from registry.model.clean_text import clean, is_plain, visible

REASON_LENGTH = 1000
VALUE_BYTES = 1 << 20
ID_LENGTH = 255


def review(value: Reviewed) -> pb.Review:
    found = value.invocation.review
    return pb.Review(
        invocation=invocation(value.invocation),
        open_time=timestamp(found.opened) if found else None,
        summary=visible(value.report.summary),
        suggestion=value.report.suggestion,
        request=request(value),
        author=found.author if found else "",
        reason=found.reason if found else "",
    )


def request(value: Reviewed) -> pb.RedactedRequest:
    version = value.version
    return pb.RedactedRequest(
        method=version.draft.operation.method if version else "",
        endpoint=clean(version.endpoint) if version else "",
        arguments_json=orjson.dumps(value.arguments),
    )


def reason_from(message: pb.ResolveReviewRequest | DeclareHostLostRequest | KillRunRequest) -> str:
    if not message.reason.strip() or len(message.reason) > REASON_LENGTH or not is_plain(message.reason):
        raise RequestInvalid(f"a reason must be given, of at most {REASON_LENGTH} printable characters")
    return message.reason


def decision_id_from(message: pb.ResolveReviewRequest) -> str:
    """Empty where the client does not repeat a decision: one of an older release."""
    if len(message.decision_id) > ID_LENGTH:
        raise RequestInvalid(f"decision_id must be of at most {ID_LENGTH} characters")
    return message.decision_id


def attempts_seen_from(message: pb.ResolveReviewRequest) -> int | None:
    return message.attempts_seen if message.HasField("attempts_seen") else None


def decision_from(message: pb.ResolveReviewRequest) -> Decision:
    match message.WhichOneof("decision"):
        case "retry":
            return AnotherAttempt()
        case "succeed":
            if len(message.succeed.value_json) > VALUE_BYTES:
                raise RequestInvalid(f"the value must be at most {VALUE_BYTES} bytes")
            return DeclareSucceeded(message.succeed.value_json)
        case "fail":
            return DeclareFailed(message.fail.effect_possible)
    raise RequestInvalid("the decision is missing: set `retry` (another attempt), `succeed` or `fail`")
