"""The pipeline over its fakes, with real upstreams on loopback, servers on real ports, and whole gateways on a real Redis."""

from collections.abc import Callable
from pathlib import Path

import pytest
import redis

from tests.conftest import StartRedis
from tests.e2e.conftest import collector, house, open_house
from tests.gateway.edge.grpc.conftest import serve
from tests.gateway.pipeline.conftest import open_desk, shop
from tests.isolation.gateways import Place
from tests.security.conftest import attacking

__all__ = ["attacking", "collector", "house", "open_desk", "open_house", "serve", "shop"]


@pytest.fixture(scope="session")
def isolated_redis(start_redis: StartRedis) -> str:
    """A server for these tests, which empty it."""
    return start_redis()


@pytest.fixture
def place(isolated_redis: str, tmp_path: Path, free_port: Callable[[], int]) -> Place:
    """A place for gateways, with a file and a store that no other test has written to."""
    with redis.Redis.from_url(isolated_redis) as client:
        client.flushall()
    return Place(isolated_redis, tmp_path, free_port)
