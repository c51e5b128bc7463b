"""The histories that the Functions are held to, and servers to hold them on."""

from collections.abc import Callable, Sequence

import pytest

from . import histories_of_failovers, particular
from .explore import explore
from .functions import Server
from .world import Call

FAST = ["--appendonly", "no", "--save", ""]


@pytest.fixture(scope="session")
def histories() -> list[Sequence[Call]]:
    """One for each kind of step that two gateways can make, the shortest first; and the particular ones."""
    found = [explore(repeatable=repeatable, workers=2) for repeatable in (False, True)]
    return [
        *particular.HISTORIES,
        *histories_of_failovers.HISTORIES,
        *sorted((history for one in found for history in one.histories()), key=len),
    ]


@pytest.fixture(scope="session", params=["valkey", "redis"])
def server(request: pytest.FixtureRequest, start_redis: Callable[..., str]) -> Server:
    return Server(start_redis(request.param, FAST))


@pytest.fixture(scope="session")
def valkey(start_redis: Callable[..., str]) -> Server:
    return Server(start_redis("valkey", FAST))
