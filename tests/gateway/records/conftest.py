"""A server for each test that asks for one, and a store at it."""

from collections.abc import AsyncIterator, Callable

import pytest

from gateway.records.redis.client import Store
from tests.gateway.records.stores import opened


@pytest.fixture
def url(request: pytest.FixtureRequest, start_redis: Callable[..., str]) -> str:
    """A server of the test's own, of the kind that an indirect parameter names."""
    return start_redis(getattr(request, "param", "valkey"))


@pytest.fixture
async def store(url: str) -> AsyncIterator[Store]:
    async with opened(url) as store:
        yield store
