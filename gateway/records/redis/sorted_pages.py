"""Reads a sorted set whole, in pages. Each page begins after the last member that was read, by score and then by name: what is
added or removed meanwhile moves nothing out of the reader's way."""

import math
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol

#: Members in one page.
PAGE = 250


@dataclass(frozen=True, slots=True, order=True)
class Member:
    """One entry of a sorted set. They come in this order."""

    score: float
    name: str


class Scored(Protocol):
    async def scored(self, key: str, low: float, high: float, *, skip: int, limit: int) -> list[tuple[str, float]]:
        """Up to `limit` members with scores from `low` to `high`, in order, without the first `skip`."""
        ...


async def members(
    store: Scored, key: str, *, low: float = -math.inf, high: float = math.inf, after: Member | None = None
) -> AsyncIterator[Member]:
    """All members with scores from `low` to `high`, both included, that follow `after`."""
    while found := await _page(store, key, (max(low, after.score) if after else low, high), after):
        for member in found:
            yield member
        after = found[-1]


async def _page(store: Scored, key: str, scores: tuple[float, float], after: Member | None) -> list[Member]:
    """Members of one score are passed over until the first that follows `after`: they may be more than a page."""
    skip = 0
    while True:
        found = [Member(score, name) for name, score in await store.scored(key, *scores, skip=skip, limit=PAGE)]
        following = [member for member in found if after is None or member > after]
        if following or len(found) < PAGE:
            return following
        skip += len(found)
