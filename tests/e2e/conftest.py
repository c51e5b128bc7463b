"""The parts, started: one stack that tests share, and new ones for tests that break something."""

import secrets
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import docker
import pytest

from examples.orders.server import Shop, serve

from .cable import Cable
from .collector import Collector
from .hostile import Hostile, description
from .house import House

REPOSITORY = Path(__file__).parents[2]
ORDERS = REPOSITORY / "examples" / "orders" / "openapi.yaml"


@pytest.fixture(scope="session")
def collector() -> Iterator[Collector]:
    with Collector() as collector:
        yield collector


@contextmanager
def _home() -> Iterator[Path]:
    """A short path, for the kernel bounds a socket's."""
    home = Path(tempfile.mkdtemp(prefix="cge-", dir="/tmp"))
    yield home
    shutil.rmtree(home)


@pytest.fixture(scope="session")
def house(dockerd: docker.APIClient, free_port: Callable[[], int], collector: Collector) -> Iterator[House]:
    """The shared stack. Whoever breaks it takes `new_house`."""
    with _home() as home:
        with House(home, f"127.0.0.1:{free_port()}", dockerd, telemetry=collector.settings) as house:
            yield house
        assert house.boxes() == set()


@pytest.fixture
def new_house(house: House, dockerd: docker.APIClient, free_port: Callable[[], int]) -> Iterator[House]:
    """A stack to break, with one box that waits. (The shared one comes first: it may be the one that runs the engine.)"""
    with _home() as home:
        with House(home, f"127.0.0.1:{free_port()}", dockerd, pool_size=1) as broken:
            yield broken
        assert broken.boxes() == set()


@pytest.fixture
def cable(house: House) -> Iterator[Cable]:
    """A whole one. It is cut when the gateway that used it has gone."""
    with _home() as home:
        cable = Cable(home / "docker.sock")
        cable.mend()
        yield cable
        cable.cut()


@pytest.fixture
def house_on_a_cable(cable: Cable, dockerd: docker.APIClient, free_port: Callable[[], int]) -> Iterator[House]:
    with _home() as home:
        with House(home, f"127.0.0.1:{free_port()}", dockerd, pool_size=1, docker_socket=cable.path) as house:
            yield house
        assert house.boxes() == set()


@dataclass(frozen=True)
class OpenShop:
    """The orders API, running. `token` is the secret that it wants to see."""

    state: Shop
    url: str
    token: str


@pytest.fixture
def open_shop() -> Iterator[Callable[[House], OpenShop]]:
    """Open a shop of the test's own and offer its tools in a house, with their credential."""
    with ExitStack() as closing:

        def open_(house: House) -> OpenShop:
            token = secrets.token_urlsafe(24)
            server = serve(token)
            closing.callback(server.server_close)
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
            closing.callback(server.shutdown)
            shop = OpenShop(server.shop, f"http://127.0.0.1:{server.server_port}", token)  # type: ignore[attr-defined]
            house.offer(ORDERS.read_bytes(), "orders", shop.url, token)
            return shop

        yield open_


@pytest.fixture
def shop(house: House, open_shop: Callable[[House], OpenShop]) -> OpenShop:
    return open_shop(house)


@pytest.fixture
def upstream() -> Iterator[Hostile]:
    with Hostile() as upstream:
        yield upstream


@pytest.fixture
def hostile(house: House, upstream: Hostile) -> Hostile:
    """The hostile upstream, its tools offered in the shared house, without a credential."""
    house.offer(description(), "hostile", upstream.url)
    return upstream
