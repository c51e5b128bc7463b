"""Reviews at the edge."""

import asyncio
from types import SimpleNamespace
from typing import Any

from callgate.v1 import review_service_pb2 as pb
from gateway.decisions.review_report import report
from gateway.edge.grpc.review_service import ReviewEdge
from gateway.model.invocation import Answer, Invocation, InvocationState, Outcome, Request, Review, Verdict
from gateway.model.principal import Principal
from gateway.pipeline.reviews import Reviewed
from registry.model.tool import Effect
from sandbox.api.fault_code import FaultCode

CALLER = Principal("acme", "planner", "ada")
REQUEST = Request(
    tool="t",
    version="t@1.0.0",
    digest="sha256:0",
    effect=Effect.IDEMPOTENT,
    args_json=b"{}",
    run_id="",
    traceparent="",
    timeout=60.0,
    max_attempts=3,
)


def reviewed(number: int) -> Reviewed:
    answer = Answer(503, "text/plain", b"x" * (1 << 20))
    outcome = Outcome(Verdict.TOOL_FAILED, answer, FaultCode.HTTP_STATUS)
    found = Invocation(
        id=f"inv_{number}",
        principal=CALLER,
        request=REQUEST,
        state=InvocationState.FAILED,
        outcome=outcome,
        attempts=(),
        accepted=0.0,
        deadline=0.0,
        ended=0.0,
        max_attempts=3,
        review=Review(0.0),
    )
    return Reviewed(found, report(found), None, {})


def test_however_large_the_answers_under_review_are_the_oldest_can_be_listed() -> None:
    class Reviews:
        async def list(self, principal: Principal) -> list[Reviewed]:
            return [reviewed(number) for number in range(100)]

    async def scenario() -> pb.ListReviewsResponse:
        edge: Any = ReviewEdge(SimpleNamespace(caller=lambda _: CALLER), Reviews())  # type: ignore[arg-type]
        return await edge.ListReviews(pb.ListReviewsRequest(), SimpleNamespace(invocation_metadata=list))  # type: ignore[no-any-return]

    found = asyncio.run(scenario())
    assert found.ByteSize() < 4 << 20
    assert found.reviews[0].invocation.id == "inv_0"
