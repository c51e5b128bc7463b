"""The shared stack, the bank that counts, and agents in environments of their own."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from scripts.client_environments import interpreter
from scripts.node_environment import Node, node
from tests.clients.cutting import Cutter
from tests.clients.lives import relive
from tests.clients.stage import PythonOf, Stage
from tests.clients.typescript_package import Installed, installed
from tests.e2e.conftest import collector, hostile, house, new_house, open_house, open_shop, shop, upstream
from tests.e2e.house import House
from tests.promises.agents.running import Bank, Life, bank, live

__all__ = [
    "bank",
    "collector",
    "hostile",
    "house",
    "live",
    "new_house",
    "open_house",
    "open_shop",
    "relive",
    "shop",
    "upstream",
]

#: Frameworks tell their makers of each run, ask for newer versions and for consent, unless they are told not to.
QUIET = {
    "CREWAI_DISABLE_TELEMETRY": "true",
    "CREWAI_DISABLE_VERSION_CHECK": "true",
    "CREWAI_TESTING": "true",
    "CREWAI_TRACING_ENABLED": "false",
    "OTEL_SDK_DISABLED": "true",
}

#: The tests of the environments: what they import is not in this one.
collect_ignore = ["inside"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where no package is at hand yet, the first test of an environment fetches hundreds of megabytes."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.timeout(900))


@pytest.fixture(scope="package", autouse=True)
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What is in the environment of all that is started here, and of nothing that other tests start later."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**QUIET, "XDG_DATA_HOME": str(tmp_path_factory.mktemp("frameworks"))}.items():
            patch.setenv(name, value)
        yield


@pytest.fixture(scope="session")
def python_of() -> PythonOf:
    """The interpreter of an environment, which is made with the first test that asks for it."""
    return cache(lambda environment: str(interpreter(environment)))


@pytest.fixture(scope="session")
def locked_node() -> Node:
    """The Node of its lock, which is made with the first test that asks for it."""
    return node()


@pytest.fixture(scope="session")
def package(locked_node: Node, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The TypeScript client, packed and installed from its tarball."""
    return installed(locked_node, tmp_path_factory.mktemp("installed"))


@pytest.fixture
def cutter(house: House) -> Iterator[Cutter]:
    with Cutter(house.address) as cutter:
        yield cutter


@pytest.fixture
def stage(bank: Bank, live: Life, python_of: PythonOf, tmp_path: Path) -> Stage:
    return Stage(bank, live, python_of, tmp_path)
