"""What the tests of all adapters have: a gateway in their own process, and a client of it."""

from collections.abc import Iterator

import pytest

from callgate import Client, Effect, Unknown
from callgate.testing import FakeGateway


@pytest.fixture
def shop() -> Iterator[FakeGateway]:
    """Each adapter's tests add `order`, with the names of parameters that would trouble their framework."""
    with FakeGateway() as gateway:

        @gateway.tool(effect=Effect.READ)
        def price(item: str) -> dict[str, int]:
            return {"price": 3}

        @gateway.tool
        def lost(item: str) -> Unknown:
            return Unknown("the answer was lost")

        yield gateway


@pytest.fixture
def client(gateway: FakeGateway) -> Iterator[Client]:
    with gateway.client() as client:
        yield client
