"""ReviewService: message in, reviews, message out. No decisions."""

from dataclasses import dataclass

from callgate.v1 import review_service_pb2 as pb
from callgate.v1.review_service_pb2_grpc import ReviewServiceServicer
from gateway.edge.grpc import review_wire as wire
from gateway.edge.grpc.authentication import Authentication
from gateway.edge.grpc.boundary import Context
from gateway.edge.grpc.paging import fitting
from gateway.model.principal import Principal
from gateway.pipeline.reviews import Reviews


@dataclass(frozen=True, slots=True)
class ReviewEdge(ReviewServiceServicer):
    authentication: Authentication
    reviews: Reviews

    async def ListReviews(self, request: pb.ListReviewsRequest, context: Context) -> pb.ListReviewsResponse:
        found = await self.reviews.list(self._principal(context))
        return pb.ListReviewsResponse(reviews=fitting(wire.review(one) for one in found))

    async def GetReview(self, request: pb.GetReviewRequest, context: Context) -> pb.GetReviewResponse:
        return pb.GetReviewResponse(review=wire.review(await self.reviews.show(self._principal(context), request.id)))

    async def ResolveReview(self, request: pb.ResolveReviewRequest, context: Context) -> pb.ResolveReviewResponse:
        principal, decision, reason = self._principal(context), wire.decision_from(request), wire.reason_from(request)
        return pb.ResolveReviewResponse(review=wire.review(await self.reviews.resolve(principal, request.id, decision, reason)))

    def _principal(self, context: Context) -> Principal:
        return self.authentication.authenticate(context.invocation_metadata() or ())
