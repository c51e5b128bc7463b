"""Reviews ↔ messages."""

import json
from collections.abc import Callable
from typing import Any

from callgate import checks, convert
from callgate.keys import new_key
from callgate.messages import encode_value, invocation
from callgate.reviews import AnotherAttempt, Decision, DeclareFailed, DeclareSucceeded, RedactedRequest, Review
from callgate.v1 import review_service_pb2 as pb


def list_reviews(page_token: str) -> pb.ListReviewsRequest:
    return pb.ListReviewsRequest(page_token=page_token)


def get(invocation_id: str) -> pb.GetReviewRequest:
    return pb.GetReviewRequest(id=invocation(invocation_id))


def resolve(invocation_id: str, decision: Decision, reason: str, attempts_seen: int | None) -> pb.ResolveReviewRequest:
    """A new decision, under an id of its own: the request may be sent again.

    Raises ArgumentsInvalid where a value cannot be written as JSON, RequestInvalid for what is no decision.
    """
    seen = None if attempts_seen is None else checks.count("attempts_seen", attempts_seen)
    of = invocation(invocation_id)
    request = pb.ResolveReviewRequest(id=of, reason=checks.text("reason", reason), decision_id=new_key(), attempts_seen=seen)
    if type(decision) not in _DECISIONS:
        kinds = ", ".join(kind.__name__ for kind in _DECISIONS)
        raise checks.invalid(f"the decision must be one of {kinds}", f"Give one of {kinds}.")
    _DECISIONS[type(decision)](request, decision)
    return request


def review(message: pb.Review) -> Review:
    return Review(
        invocation=convert.invocation(message.invocation),
        opened=convert.moment(message.open_time) if message.HasField("open_time") else None,
        summary=message.summary,
        suggestion=message.suggestion,
        request=_request(message.request),
        author=message.author,
        reason=message.reason,
    )


def _request(message: pb.RedactedRequest) -> RedactedRequest:
    return RedactedRequest(message.method, message.endpoint, json.loads(message.arguments_json or b"{}"))


def _another_attempt(request: pb.ResolveReviewRequest, _: AnotherAttempt) -> None:
    request.retry.SetInParent()


def _declare_succeeded(request: pb.ResolveReviewRequest, decision: DeclareSucceeded) -> None:
    request.succeed.value_json = encode_value(decision.value)


def _declare_failed(request: pb.ResolveReviewRequest, decision: DeclareFailed) -> None:
    request.fail.effect_possible = checks.flag("effect_possible", decision.effect_possible)
    request.fail.SetInParent()


_DECISIONS: dict[type, Callable[[pb.ResolveReviewRequest, Any], None]] = {
    AnotherAttempt: _another_attempt,
    DeclareSucceeded: _declare_succeeded,
    DeclareFailed: _declare_failed,
}
