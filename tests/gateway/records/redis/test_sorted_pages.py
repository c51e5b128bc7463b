"""A sorted set is read whole, in pages, whatever is added and removed meanwhile."""

import bisect

from hypothesis import given
from hypothesis import strategies as st

from gateway.records.redis.sorted_pages import PAGE, Member, members


class SortedSet:
    """A store with one set. `on_page` is called before each page."""

    def __init__(self, entries: list[Member]) -> None:
        self.entries = sorted(entries)
        self.removed: list[Member] = []
        self.pages = 0

    async def scored(self, _key: str, low: float, high: float, *, skip: int, limit: int) -> list[tuple[str, float]]:
        self.pages += 1
        for member in self.removed:
            self.entries.remove(member)
        self.removed.clear()
        within = [entry for entry in self.entries if low <= entry.score <= high]
        return [(entry.name, entry.score) for entry in within[skip : skip + limit]]


SCORES = st.sampled_from([1.0, 2.0, 3.0])


@given(st.lists(SCORES, min_size=0, max_size=5), st.integers(0, 3), SCORES, SCORES)
async def test_every_member_between_two_scores_is_read_once(scores: list[float], times: int, low: float, high: float) -> None:
    entries = [Member(score, f"m{number:05}") for number, score in enumerate(scores * (times * PAGE))]
    store = SortedSet(entries)
    read = [member async for member in members(store, "k", low=low, high=high)]
    assert read == [entry for entry in store.entries if low <= entry.score <= high]
    if read:
        middle = read[len(read) // 2]
        follow = [member async for member in members(store, "k", low=low, high=high, after=middle)]
        assert follow == read[bisect.bisect_right(read, middle) :]


async def test_what_is_removed_meanwhile_hides_nothing() -> None:
    store = SortedSet([Member(1.0, f"m{number:05}") for number in range(3 * PAGE)])
    read = []
    async for member in members(store, "k"):
        read.append(member)
        store.removed.append(member)
    assert len(read) == 3 * PAGE
