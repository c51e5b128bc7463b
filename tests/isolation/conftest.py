"""The pipeline over its fakes, with real upstreams on loopback, servers on real ports, and whole gateways on a real Redis."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import StartRedis
from tests.gateway.edge.grpc.conftest import serve
from tests.gateway.pipeline.conftest import open_desk, shop
from tests.isolation.gateways import Place

__all__ = ["open_desk", "serve", "shop"]


@pytest.fixture(scope="session")
def isolated_redis(start_redis: StartRedis) -> str:
    """One for these tests: who may call is a table of a whole store, and no tenant's."""
    return start_redis()


@pytest.fixture
def place(isolated_redis: str, tmp_path: Path, free_port: Callable[[], int]) -> Place:
    """A place for gateways. What one test lets in, the others' files do not have; the store's table is theirs all the same."""
    return Place(isolated_redis, tmp_path, free_port)
