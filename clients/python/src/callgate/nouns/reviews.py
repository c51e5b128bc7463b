"""`client.reviews`: what the gateway could not decide, and what a person decides."""

from collections.abc import AsyncIterator
from functools import partial

from callgate import review_messages
from callgate.blocking import BlockingNoun, blocking, iterating
from callgate.retry import READ
from callgate.reviews import Decision, Review
from callgate.session import Noun


class AsyncReviews(Noun):
    """What the gateway could not decide, and what a person decides."""

    async def list(self) -> AsyncIterator[Review]:
        """All open reviews of this tenant, oldest first. Raises NotPermitted where the caller may not review.

        Pages come as they are asked for.
        """
        async for page in self._session.pages(self._session.reviews.ListReviews, review_messages.list_reviews):
            for one in page.reviews:
                yield review_messages.review(one)

    async def get(self, invocation_id: str) -> Review:
        """The review of an invocation, open or decided."""
        request = partial(review_messages.get, invocation_id)
        return review_messages.review((await self._session.send(self._session.reviews.GetReview, request, READ)).review)

    async def decide(self, invocation_id: str, decision: Decision, *, reason: str, attempts_seen: int | None = None) -> Review:
        """Decide an open review, once; the reason goes into the audit log. Returns the review as it stands then.

        `attempts_seen`: how many attempts it had when you looked, `len(review.invocation.attempts)`. None: the client looks
        before it first sends the decision. Raises ReviewNotOpen where it is decided already, or an attempt was made since.
        """
        request = review_messages.resolve(invocation_id, decision, reason, attempts_seen)
        if attempts_seen is None:  # before the first try: another one must not decide about what has come between the two
            request.attempts_seen = len((await self.get(invocation_id)).invocation.attempts)
        answer = await self._session.send(self._session.reviews.ResolveReview, lambda: request, READ)
        return review_messages.review(answer.review)


class Reviews(BlockingNoun[AsyncReviews]):
    """What the gateway could not decide, and what a person decides."""

    list = iterating(AsyncReviews.list)
    get = blocking(AsyncReviews.get)
    decide = blocking(AsyncReviews.decide)
