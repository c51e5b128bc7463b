"""What an operator removes under a running gateway is made again, and health and cures tell the truth meanwhile.

One gateway lives through all of it, on an engine of its own whose disk is small. It is never started again.
"""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import docker
import grpc
import pytest
import redis
from grpc_health.v1 import health_pb2, health_pb2_grpc

from callgate import Invocation, State
from callgate.errors import EngineUnavailable
from callgate.keys import new_key
from gateway.embedded.engine_daemon import EngineDaemon
from gateway.embedded.state_dir import StateDir
from gateway.records.redis.client import LIBRARIES
from sandbox.api.engine_trouble import EngineTrouble
from sandbox.engine.runner_image import runner_image
from tests.conftest import FreePort
from tests.e2e.hostile import Hostile, description
from tests.e2e.house import House, eventually
from tests.e2e.test_parts_down import store_of
from tests.promises.disks import filled, small_disk

pytestmark = [pytest.mark.docker, pytest.mark.slow]  # an engine of its own, and a stack on it

#: Seconds in which what was removed must be there again.
SOON = 6.0
CALLS = "callgate.v1.InvocationService"
IMAGE = runner_image().name


@pytest.fixture(scope="module")
def disk() -> Iterator[Path]:
    """A disk of its own for an engine."""
    with small_disk("96m") as disk:  # room for the engine, its images and some boxes
        yield disk


@pytest.fixture(scope="module")
def engine(disk: Path) -> Iterator[Path]:
    """The socket of an engine whose images and boxes are this test's own."""
    with ExitStack() as closing, StateDir(disk / "home").hold() as state:
        daemon = EngineDaemon(state, disk / "engine.sock")
        asyncio.run(daemon.start())
        closing.callback(lambda: asyncio.run(daemon.stop()))
        yield disk / "engine.sock"


@pytest.fixture(scope="module")
def operator(engine: Path) -> Iterator[docker.APIClient]:
    """The operator's own hand on the engine."""
    client = docker.APIClient(f"unix://{engine}", timeout=30)
    yield client
    client.close()


@pytest.fixture(scope="module")
def upstream() -> Iterator[Hostile]:
    with Hostile() as upstream:
        yield upstream


@pytest.fixture(scope="module")
def house(engine: Path, operator: docker.APIClient, upstream: Hostile, free_port: FreePort) -> Iterator[House]:
    """One gateway, whose process is the same at the end."""
    with ExitStack() as closing:
        home = Path(closing.enter_context(tempfile.TemporaryDirectory(prefix="cge-", dir="/tmp")))
        house = House(home, f"127.0.0.1:{free_port()}", operator, pool_size=2, docker_socket=engine)
        closing.enter_context(house)
        house.offer(description(), "hostile", upstream.url)
        pid = house.gateway.pid
        yield house
        assert house.gateway.alive
        assert house.gateway.pid == pid


@pytest.fixture(autouse=True)
def _whole(house: House, upstream: Hostile) -> None:
    """Each test finds a gateway at rest that serves."""
    upstream.released.clear()
    eventually(lambda: serves(house, CALLS) and house.is_at_rest(), 20, "a gateway that serves")


# What is seen


def serves(house: House, service: str = "") -> bool:
    with grpc.insecure_channel(house.address) as channel:
        asked = health_pb2.HealthCheckRequest(service=service)
        return bool(
            health_pb2_grpc.HealthStub(channel).Check(asked, timeout=2).status == health_pb2.HealthCheckResponse.SERVING
        )


def logged(house: House, event: str) -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in house.log.read_text().splitlines() if line.startswith("{")]
    return [line for line in lines if line.get("event") == event]


def doctor(house: House) -> str:
    """What `callgate doctor` prints for this house, in one line."""
    command = ["-c", "from gateway.cli import main; main()", "doctor", "--home", str(house.state.home)]
    environment = {**os.environ, "COLUMNS": "1000"}
    return subprocess.run([sys.executable, *command], env=environment, capture_output=True, text=True, check=False).stdout


@contextmanager
def in_flight(house: House, upstream: Hostile) -> Iterator[None]:
    """A call that acts is under way meanwhile, and ends as if nothing had been."""
    before = upstream.received("POST", "/hang")
    call: Future[Invocation] = house.begin("write_slowly", {}, new_key())
    eventually(lambda: upstream.received("POST", "/hang") == before + 1, what="the request upstream")
    try:
        yield
    finally:
        upstream.released.set()
    ended = call.result(30)
    assert (ended.state, len(ended.attempts)) == (State.SUCCEEDED, 1)
    assert upstream.received("POST", "/hang") == before + 1


def calls_again(house: House, count: int = 1) -> None:
    """Calls that come now, from callers with a usual patience, are served soon."""
    calls = [house.begin("write_plain", {}, new_key()) for _ in range(count)]
    ended = [call.result(SOON) for call in calls]
    assert {one.state for one in ended} == {State.SUCCEEDED}, [one.attempts for one in ended]


# What is removed


def remove_image(operator: docker.APIClient) -> None:
    """As `docker rmi -f` and `docker image prune -a` do."""
    operator.remove_image(IMAGE, force=True)
    operator.prune_images(filters={"dangling": False})


def test_an_image_that_an_operator_removed_is_made_again_once(
    house: House, operator: docker.APIClient, upstream: Hostile
) -> None:
    made = len(logged(house, "runner_image_made"))
    with in_flight(house, upstream):
        remove_image(operator)
        calls_again(house, 12)
    eventually(house.is_at_rest, what="boxes that wait")
    assert len(logged(house, "runner_image_made")) == made + 1, "one builds for all"
    assert serves(house)


def test_a_run_directory_that_was_removed_is_made_again(house: House, upstream: Hostile) -> None:
    with in_flight(house, upstream):
        for place in house.state.run.iterdir():
            shutil.rmtree(place)
        calls_again(house, 4)
        # Sweeps of this gateway or another do not take the box for a dead gateway's.
        eventually(lambda: list(house.state.run.glob("gw-*/lock")), SOON, "the lock")
    calls_again(house)
    eventually(lambda: house.boxes() == house.socket_directories(), SOON, "each box with its sockets")


def test_sockets_that_were_removed_cost_no_call(house: House) -> None:
    for socket in house.state.run.glob("gw-*/cg-*/egress.sock"):
        socket.unlink()
    calls_again(house, 3)


def test_functions_that_were_flushed_while_the_gateway_was_idle_are_loaded_again(house: House) -> None:
    url = urlsplit(house.settings["CALLGATE_REDIS_URL"])
    with redis.Redis(port=url.port or 0, password=house.state.store_password.read_text()) as client:
        client.function_flush("SYNC")
        calls_again(house, 8)
        client.function_flush("SYNC")
        house.client.toolsets.import_openapi(description(prefix="more_"), "more", server="http://127.0.0.1:9")
        assert len(client.function_list()) == len(LIBRARIES)


def test_a_state_directory_that_was_removed_keeps_what_redis_could_not_take(house: House, upstream: Hostile) -> None:
    call = house.begin("write_slowly", {}, new_key())
    eventually(lambda: upstream.requests and not upstream.released.is_set() and upstream.requests[-1].path == "/hang")
    shutil.rmtree(house.state.gateway)
    with frozen(store_of(house)):
        upstream.released.set()
        eventually(lambda: list(house.state.gateway.glob("journal/*.json")), SOON, "the end in the journal")
    assert call.result(30).state is State.SUCCEEDED


def test_while_the_image_cannot_be_made_the_gateway_says_so_and_why(
    house: House, operator: docker.APIClient, disk: Path
) -> None:
    remove_image(operator)
    with filled(disk):
        for box in house.boxes():  # without boxes that wait, the gateway needs the image
            with suppress(docker.errors.NotFound):  # it went by itself
                operator.remove_container(box, force=True)
        eventually(lambda: not serves(house, CALLS), SOON, "NOT_SERVING")
        assert not serves(house)
        assert serves(house, "callgate.v1.CatalogService"), "which needs no boxes"
        with pytest.raises(EngineUnavailable, match="no space left on device") as refusal:
            house.hasty.call("write_plain", {}, key=new_key())
        assert refusal.value.cure == EngineTrouble.DISK_FULL.cure
        told = logged(house, "not_serving")[-1]
        assert (told["part"], told["cure"]) == ("boxes", EngineTrouble.DISK_FULL.cure)
        found = doctor(house)
        assert "NOT_SERVING for callgate.v1.InvocationService" in found
        assert "no space left on device" in found
        assert "docker system df" in found
    eventually(lambda: serves(house) and serves(house, CALLS), SOON, "SERVING")
    calls_again(house)
    assert logged(house, "serving_again")


def test_the_doctor_finds_all_well_beside_the_gateway_and_leaves_nothing(house: House) -> None:
    found = doctor(house)
    assert "wrong" not in found, found
    assert "gateways that live: gw-" in found
    assert "settled, of" in found
    assert not list(house.state.run.glob("doctor-*"))


def test_while_the_store_is_away_nothing_is_served(house: House) -> None:
    with frozen(store_of(house)):
        eventually(lambda: not serves(house), SOON, "NOT_SERVING")
        assert not serves(house, "callgate.v1.CatalogService")
        assert logged(house, "not_serving")[-1]["part"] == "store"
    eventually(lambda: serves(house) and serves(house, CALLS), SOON, "SERVING")
    calls_again(house)


@contextmanager
def frozen(pid: int) -> Iterator[None]:
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)
