"""Reviews at the edge."""

from collections.abc import AsyncIterator
from types import SimpleNamespace

import pytest

from callgate.v1 import review_service_pb2 as pb
from gateway.decisions.policy import Policy
from gateway.decisions.review_report import report
from gateway.edge.grpc import review_wire as wire
from gateway.edge.grpc.paging import token_of
from gateway.edge.grpc.review_service import ReviewEdge
from gateway.model.errors import RequestInvalid
from gateway.model.invocation import Answer, Invocation, InvocationState, Outcome, Request, Review, Verdict
from gateway.model.principal import Caller, Principal, Rule
from gateway.pipeline.reviews import Reviewed, Reviews
from gateway.records.ledger.memory_ledger import MemoryLedger
from gateway.records.ledger.protocol import OpenReview
from registry.catalog.publications import MemoryCatalogs
from registry.checking.argument_checker import ArgumentChecker
from registry.model.tool import Effect
from sandbox.api.fault_code import FaultCode
from sandbox.reaping.box_registry import MemoryBoxRegistry
from tests.gateway.edge.grpc.serving import knowing

CALLER, STRANGER = Principal("acme", "planner", "ada"), Principal("other", "planner", "ada")
NO_VAULT = "http://127.0.0.1:1"
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


class ManyReviews(Reviews):
    """A hundred and five, each with a large answer."""

    async def list(self, _caller: Caller, *, after: OpenReview | None = None) -> AsyncIterator[tuple[OpenReview, Reviewed]]:
        for number in range(105):
            place = OpenReview(number // 10, f"inv_{number:03}")
            if after is None or place > after:
                yield place, reviewed(number)


@pytest.fixture
def edge() -> ReviewEdge:
    authentication = knowing({"token": Caller(CALLER, Rule()), "other": Caller(STRANGER, Rule())})
    policy = Policy(private=(), vault=NO_VAULT)
    reviews = ManyReviews(policy, MemoryLedger(), MemoryCatalogs(), ArgumentChecker(), MemoryBoxRegistry())
    return ReviewEdge(authentication, reviews)


async def page(edge: ReviewEdge, size: int = 0, token: str = "", caller: str = "token") -> pb.ListReviewsResponse:
    context = SimpleNamespace(invocation_metadata=lambda: [("authorization", f"Bearer {caller}")])
    request = pb.ListReviewsRequest(page_size=size, page_token=token)
    return await edge.ListReviews(request, context)  # type: ignore[arg-type]  # all that it asks a context


async def every_page(edge: ReviewEdge, size: int) -> AsyncIterator[pb.ListReviewsResponse]:
    token = ""
    while True:
        yield (found := await page(edge, size, token))
        if not (token := found.next_page_token):
            return


@pytest.mark.parametrize("size", [0, 1, 2, 5000])
async def test_all_reviews_are_listed_in_pages_none_of_which_is_too_large(edge: ReviewEdge, size: int) -> None:
    pages = [found async for found in every_page(edge, size)]
    assert all(found.ByteSize() < 5 << 20 for found in pages)
    assert [review.invocation.id for found in pages for review in found.reviews] == [f"inv_{number}" for number in range(105)]


@pytest.mark.parametrize(
    "token", ["create_order", "\N{GREEK SMALL LETTER ALPHA}", "W10", "e30", "!", token_of("tools", 3, "inv_3")]
)
async def test_a_token_of_another_list_is_refused(edge: ReviewEdge, token: str) -> None:
    with pytest.raises(RequestInvalid, match="not of this list"):
        await page(edge, 1, token)


async def test_a_token_of_another_tenants_list_is_refused(edge: ReviewEdge) -> None:
    with pytest.raises(RequestInvalid, match="not of this list"):
        await page(edge, 1, (await page(edge, 1)).next_page_token, caller="other")


def test_a_client_of_an_older_release_names_neither_its_decision_nor_the_attempts_that_it_has_seen() -> None:
    request = pb.ResolveReviewRequest(id="inv_1", reason="looked", retry={})
    assert (wire.decision_id_from(request), wire.attempts_seen_from(request)) == ("", None)
    assert wire.attempts_seen_from(pb.ResolveReviewRequest(attempts_seen=0)) == 0


def test_the_id_of_a_decision_is_short() -> None:
    assert wire.decision_id_from(pb.ResolveReviewRequest(decision_id="x" * 255)) == "x" * 255
    with pytest.raises(RequestInvalid, match="at most 255 characters"):
        wire.decision_id_from(pb.ResolveReviewRequest(decision_id="x" * 256))
