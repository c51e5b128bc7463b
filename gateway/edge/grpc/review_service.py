"""ReviewService: message in, reviews, message out. No decisions."""

from dataclasses import dataclass

from callgate.v1 import review_service_pb2 as pb
from callgate.v1.review_service_pb2_grpc import ReviewServiceServicer
from gateway.edge.grpc import review_wire as wire
from gateway.edge.grpc.authentication import Authentication
from gateway.edge.grpc.context import Context
from gateway.edge.grpc.paging import PAGE_BYTES, place_of, size_of, token_of
from gateway.model.principal import Principal
from gateway.pipeline.reviews import Reviews
from gateway.records.ledger.protocol import OpenReview

# Reviews in one page, where the caller names no number, and at most.
PAGE, MOST = 100, 1000


@dataclass(frozen=True, slots=True)
class ReviewEdge(ReviewServiceServicer):
    authentication: Authentication
    reviews: Reviews

    async def ListReviews(self, request: pb.ListReviewsRequest, context: Context) -> pb.ListReviewsResponse:
        caller, response, size = self.authentication.caller(context), pb.ListReviewsResponse(), 0
        most = size_of(request, PAGE, MOST)
        after = OpenReview(*place_of(_listed(caller.principal), request.page_token)) if request.page_token else None
        async for place, reviewed in self.reviews.list(caller, after=after):
            message = wire.review(reviewed)
            response.reviews.append(message)
            size += message.ByteSize()
            if len(response.reviews) >= most or size > PAGE_BYTES:
                response.next_page_token = token_of(_listed(caller.principal), place.opened, place.id)
                break
        return response

    async def GetReview(self, request: pb.GetReviewRequest, context: Context) -> pb.GetReviewResponse:
        return pb.GetReviewResponse(
            review=wire.review(await self.reviews.show(self.authentication.caller(context), request.id))
        )

    async def ResolveReview(self, request: pb.ResolveReviewRequest, context: Context) -> pb.ResolveReviewResponse:
        caller, decision, reason = (
            self.authentication.caller(context),
            wire.decision_from(request),
            wire.reason_from(request),
        )
        repeated_by, seen = wire.decision_id_from(request), wire.attempts_seen_from(request)
        resolved = await self.reviews.resolve(caller, request.id, decision, reason, decision_id=repeated_by, seen=seen)
        return pb.ResolveReviewResponse(review=wire.review(resolved))


def _listed(principal: Principal) -> str:
    return f"reviews of {principal.tenant}"
