"""The ledger's lists, read whole."""

from collections.abc import AsyncIterator
from typing import TypeVar

from gateway.records.ledger.protocol import Ledger

T = TypeVar("T")


async def whole(items: AsyncIterator[T]) -> list[T]:
    return [item async for item in items]


async def under_review(ledger: Ledger, tenant: str) -> list[str]:
    """The ids of the tenant's open reviews, oldest first."""
    return [review.id async for review in ledger.reviews(tenant)]
