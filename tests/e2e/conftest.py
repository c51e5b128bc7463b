"""The parts, started: one stack that tests share, and new ones for tests that break something."""

import secrets
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import docker
import pytest

from examples.orders.server import Shop, serve
from sandbox.hardening.profile import RUN_DIR_LABEL
from tests.conftest import FreePort

from .cable import Cable
from .collector import Collector
from .hostile import Hostile, description
from .house import ENGINE, House

REPOSITORY = Path(__file__).parents[2]
ORDERS = REPOSITORY / "examples" / "orders" / "openapi.yaml"


@pytest.fixture(scope="session")
def collector() -> Iterator[Collector]:
    with Collector() as collector:
        yield collector


@contextmanager
def _home() -> Iterator[Path]:
    """A short path, for the kernel bounds a socket's."""
    with tempfile.TemporaryDirectory(prefix="cge-", dir="/tmp") as home:
        yield Path(home)


class OpenHouse(Protocol):
    """Starts a stack with these options. A box that outlives it fails the test."""

    def __call__(
        self, *, pool_size: int = 2, docker_socket: Path = ENGINE, telemetry: Mapping[str, str] | None = None
    ) -> AbstractContextManager[House]: ...


#: Opens a shop of the test's own and offers its tools in a house, with their credential.
Open = Callable[[House], "OpenShop"]


@pytest.fixture(scope="session")
def open_house(dockerd: docker.APIClient, free_port: FreePort) -> OpenHouse:
    @contextmanager
    def open_(
        *, pool_size: int = 2, docker_socket: Path = ENGINE, telemetry: Mapping[str, str] | None = None
    ) -> Iterator[House]:
        with _home() as home:
            listen = f"127.0.0.1:{free_port()}"
            with House(home, listen, dockerd, pool_size=pool_size, docker_socket=docker_socket, telemetry=telemetry) as house:
                yield house
            left = house.boxes()
            for box in left:
                dockerd.remove_container(box, force=True)
            for volume in dockerd.volumes(filters={"label": f"{RUN_DIR_LABEL}={home}/run"})["Volumes"] or ():
                dockerd.remove_volume(volume["Name"])  # the proofs of gateways that were killed
            assert left == set(), "boxes outlived their gateway"

    return open_


@pytest.fixture(scope="session")
def house(open_house: OpenHouse, collector: Collector) -> Iterator[House]:
    """The shared stack. A test that breaks one takes `new_house`."""
    with open_house(pool_size=2, telemetry=collector.settings) as house:
        yield house


@pytest.fixture
def new_house(house: House, open_house: OpenHouse) -> Iterator[House]:
    """A stack to break, with one box that waits. (The shared one comes first: it may be the one that runs the engine.)"""
    with open_house(pool_size=1) as new:
        yield new


@pytest.fixture
def cable(house: House) -> Iterator[Cable]:
    """A whole one. It is cut when the gateway that used it has gone."""
    with _home() as home:
        cable = Cable(home / "docker.sock")
        cable.mend()
        yield cable
        cable.cut()


@pytest.fixture
def house_on_a_cable(cable: Cable, open_house: OpenHouse) -> Iterator[House]:
    with open_house(pool_size=1, docker_socket=cable.path) as house:
        yield house
        cable.mend()  # where the test has failed, for the boxes' sake


@dataclass(frozen=True)
class OpenShop:
    """The orders API, running. `token` is the secret that it wants to see."""

    state: Shop
    url: str
    token: str


@pytest.fixture
def open_shop() -> Iterator[Open]:
    with ExitStack() as closing:

        def open_(house: House) -> OpenShop:
            token = secrets.token_urlsafe(24)
            server = serve(token)
            closing.callback(server.server_close)
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
            closing.callback(server.shutdown)
            state: Shop = server.shop  # type: ignore[attr-defined]  # the server carries its shop for tests
            shop = OpenShop(state, f"http://127.0.0.1:{server.server_port}", token)
            house.offer(ORDERS.read_bytes(), "orders", shop.url, token)
            return shop

        yield open_


@pytest.fixture
def shop(house: House, open_shop: Open) -> OpenShop:
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
