"""A primary and its replica, and a store's client for each of the two."""

from collections.abc import AsyncIterator, Callable

import pytest

from gateway.records.redis import store_history
from gateway.records.redis.client import Store
from tests.gateway.records.stores import opened, unopened

from .failing_over import AT_ONCE, Pair


@pytest.fixture
async def pair(start_redis: Callable[..., str]) -> Pair:
    pair = Pair(start_redis("redis", AT_ONCE), start_redis("redis", AT_ONCE))
    await pair.follow()
    return pair


@pytest.fixture
async def before(pair: Pair) -> AsyncIterator[Store]:
    async with opened(pair.primary) as store:
        yield store


@pytest.fixture
async def after(pair: Pair) -> AsyncIterator[Store]:
    """The replica, as those see it that were sent there."""
    async with unopened(pair.replica) as store:
        yield store


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A claim does not wait for the history to be settled."""
    monkeypatch.setattr(store_history, "SETTLED_WITHIN", 0.0)
