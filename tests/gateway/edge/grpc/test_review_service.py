"""Reviews at the edge."""

from hashlib import sha256
from types import SimpleNamespace

from callgate.v1 import review_service_pb2 as pb
from gateway.decisions.policy import Policy
from gateway.decisions.review_report import report
from gateway.edge.grpc.authentication import Authentication
from gateway.edge.grpc.review_service import ReviewEdge
from gateway.model.invocation import Answer, Invocation, InvocationState, Outcome, Request, Review, Verdict
from gateway.model.principal import Principal
from gateway.pipeline.reviews import Reviewed, Reviews
from gateway.records.ledger.memory_ledger import MemoryLedger
from registry.calling.arguments import ArgumentChecker
from registry.catalog.catalog import MemoryCatalog
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


class FullReviews(Reviews):
    """A hundred, each with a large answer."""

    async def list(self, _principal: Principal) -> list[Reviewed]:
        return [reviewed(number) for number in range(100)]


async def test_however_large_the_answers_under_review_are_the_oldest_can_be_listed() -> None:
    ledger, catalog = MemoryLedger(), MemoryCatalog()
    authentication = Authentication({sha256(b"token").hexdigest(): CALLER}, {})
    reviews = FullReviews(Policy({}, private=(), vault="http://127.0.0.1:1"), ledger, catalog, ArgumentChecker())
    context = SimpleNamespace(invocation_metadata=lambda: [("authorization", "Bearer token")])
    edge = ReviewEdge(authentication, reviews)
    found = await edge.ListReviews(pb.ListReviewsRequest(), context)  # type: ignore[arg-type]  # all that it asks a context
    assert found.ByteSize() < 4 << 20
    assert found.reviews[0].invocation.id == "inv_0"
