"""What a killed gateway leaves is swept; what a living one has is not."""

import asyncio
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import docker
import pytest

import sandbox
from sandbox.engine.docker_engine import DockerEngine
from sandbox.reaping.box_registry import Absent, BoxPlace, MemoryBoxRegistry
from sandbox.reaping.sweeper import Sweeper, Swept

GATEWAY = """
import asyncio, sys
from pathlib import Path
from sandbox.engine.docker_engine import DockerEngine
from sandbox.pool.pool import DockerPool, PoolSettings

async def live():
    image, run_dir, name = sys.argv[1:]
    async with DockerPool(DockerEngine(), image, Path(run_dir), name, PoolSettings(size=2)) as pool:
        while pool.warm < 2:
            await asyncio.sleep(0.01)
        print("ready", flush=True)
        await asyncio.Event().wait()

asyncio.run(live())
"""


@pytest.fixture
def gateway(box_image, run_dir):
    """Start a gateway of its own process, with two waiting boxes."""
    started = []

    def start(name: str) -> subprocess.Popen:
        command = [sys.executable, "-c", GATEWAY, box_image, str(run_dir), name]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(sandbox.__file__).parents[1])
        started.append(process)
        assert process.stdout.readline() == "ready\n"
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.fixture
def swept(run_dir):
    def run(register: MemoryBoxRegistry | None = None, apart: float = 0.0) -> Swept:
        async def body() -> Swept:
            engine = DockerEngine()
            try:
                sweeper = Sweeper(engine, register or MemoryBoxRegistry(), await engine.id(), run_dir, apart=apart)
                return await sweeper.sweep()
            finally:
                await engine.close()

        return asyncio.run(body())

    return run


def test_a_killed_gateway_is_swept_and_a_living_one_is_not(gateway, swept, boxes, run_dir):
    dead, living = gateway("dead"), gateway("living")
    dead.send_signal(signal.SIGKILL)
    dead.wait()
    assert len(boxes()) == 4
    assert swept() == Swept(gateways=1, boxes=2)
    assert len(boxes()) == 2
    assert [path.name for path in run_dir.iterdir()] == ["living"]
    living.send_signal(signal.SIGKILL)
    living.wait()
    assert swept() == Swept(gateways=1, boxes=2)
    assert boxes() == []
    assert swept() == Swept(gateways=0, boxes=0)


def test_boxes_of_a_killed_gateway_end_by_themselves(gateway, boxes, dockerd, swept):
    """Nobody has to sweep for a box to be dead: the kernel closes its line."""
    process = gateway("dead")
    names = boxes()
    process.send_signal(signal.SIGKILL)
    process.wait()
    for name in names:
        dockerd.wait(name, timeout=5)
    swept()


@dataclass(frozen=True)
class Made:
    """Boxes that the engine makes without a gateway."""

    dockerd: docker.APIClient
    image: str
    run_dir: Path

    def make(self, gateway: str | None, name: str) -> None:
        """One that is labelled as this gateway's, or, for None, as nobody's."""
        labels = {"callgate.gateway": gateway, "callgate.box": name, "callgate.run_dir": str(self.run_dir)} if gateway else {}
        self.dockerd.create_container(self.image, name=name, labels=labels)

    def exists(self, name: str) -> bool:
        return bool(self.dockerd.containers(all=True, filters={"name": name}))


@pytest.fixture
def made(dockerd, box_image, run_dir):
    return Made(dockerd, box_image, run_dir)


def test_boxes_whose_gateway_has_lost_its_directory_are_swept(made, swept, boxes):
    made.make("lost", "cg-lost-in-test")
    assert swept() == Swept(gateways=0, boxes=1)
    assert boxes() == []


def test_what_is_no_gateways_directory_is_left_alone(run_dir, swept):
    (run_dir / "redis").mkdir()
    (run_dir / "redis" / "dump").write_text("precious")
    assert swept() == Swept(gateways=0, boxes=0)
    assert (run_dir / "redis" / "dump").read_text() == "precious"


def test_without_a_run_directory_there_is_nothing_to_sweep(run_dir, swept):
    assert swept() == Swept(gateways=0, boxes=0)


def test_a_dead_gateway_is_looked_at_twice_before_it_is_given_up(gateway, swept, boxes, run_dir, made):
    process = gateway("dead")
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert swept(apart=30) == Swept(gateways=0, boxes=2)
    assert (run_dir / "dead").is_dir()
    # The engine makes a box late that the dead gateway had asked for.
    made.make("dead", "cg-late-in-test")
    assert swept(apart=0) == Swept(gateways=1, boxes=1)
    assert boxes() == []
    assert list(run_dir.iterdir()) == []


@pytest.fixture
def registered(dockerd, run_dir):
    """A register in which a dead gateway has entered a box that has no labels, and one that never came to be."""
    register = MemoryBoxRegistry()
    place = BoxPlace(dockerd.info()["ID"], str(run_dir), "dead")
    for name in ("cg-unlabelled-in-test", "cg-never-in-test"):
        asyncio.run(register.enter(name, place))
    return register


@pytest.mark.parametrize("directory", ["dead", "none"])
def test_a_box_that_only_the_register_knows_is_removed_and_buried(registered, directory, made, run_dir, swept):
    (run_dir / directory).mkdir()
    (run_dir / directory / "lock").touch()
    made.make(None, "cg-unlabelled-in-test")
    swept(registered)
    assert not made.exists("cg-unlabelled-in-test")
    for name in ("cg-unlabelled-in-test", "cg-never-in-test"):
        assert asyncio.run(registered.find(name)) is Absent.GONE


def test_a_box_of_another_engine_is_left_in_the_register(run_dir, swept):
    register, place = MemoryBoxRegistry(), BoxPlace("another-engine", str(run_dir), "dead")
    asyncio.run(register.enter("cg-elsewhere", place))
    swept(register)
    assert asyncio.run(register.find("cg-elsewhere")) == place
