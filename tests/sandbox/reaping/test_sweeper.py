"""What a killed gateway leaves is swept; what a living one has is not."""

import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import docker
import pytest

import sandbox
from sandbox.engine.docker_engine import DockerEngine
from sandbox.reaping.box_registry import Absent, BoxPlace, MemoryBoxRegistry
from sandbox.reaping.sweeper import Sweeper, Swept
from tests.sandbox.conftest import Boxes

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


class Sweep(Protocol):
    """Sweeps the run directory once, as a gateway that knows of nothing but this register."""

    def __call__(self, register: MemoryBoxRegistry | None = None, *, apart: float = 0.0) -> Awaitable[Swept]: ...


#: Starts a gateway in a process of its own, with two waiting boxes.
StartGateway = Callable[[str], subprocess.Popen[str]]


@pytest.fixture
def start_gateway(box_image: str, run_dir: Path) -> Iterator[StartGateway]:
    started: list[subprocess.Popen[str]] = []

    def start(name: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", GATEWAY, box_image, str(run_dir), name]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(sandbox.__file__).parents[1])
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        return process

    yield start
    for process in started:
        kill(process)
        assert process.stdout is not None
        process.stdout.close()


def kill(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.wait()


@pytest.fixture
def sweep(engine: DockerEngine, run_dir: Path) -> Sweep:
    async def once(register: MemoryBoxRegistry | None = None, *, apart: float = 0.0) -> Swept:
        return await Sweeper(engine, register or MemoryBoxRegistry(), await engine.id(), run_dir, apart=apart).sweep()

    return once


@pytest.mark.slow
async def test_a_killed_gateway_is_swept_and_a_living_one_is_not(
    start_gateway: StartGateway, sweep: Sweep, boxes: Boxes, run_dir: Path
) -> None:
    dead, living = start_gateway("dead"), start_gateway("living")
    kill(dead)
    assert len(boxes()) == 4
    assert await sweep() == Swept(gateways=1, boxes=2)
    assert len(boxes()) == 2
    assert [path.name for path in run_dir.iterdir()] == ["living"]
    kill(living)
    assert await sweep() == Swept(gateways=1, boxes=2)
    assert boxes() == []
    assert await sweep() == Swept(gateways=0, boxes=0)


@pytest.mark.slow
async def test_boxes_of_a_killed_gateway_end_by_themselves(
    start_gateway: StartGateway, boxes: Boxes, dockerd: docker.APIClient, sweep: Sweep
) -> None:
    """Without any sweep: the kernel closes the connections of the gateway."""
    process = start_gateway("dead")
    names = boxes()
    kill(process)
    for name in names:
        dockerd.wait(name, timeout=5)
    await sweep()


@dataclass(frozen=True)
class Made:
    """Boxes that the engine makes without a gateway."""

    dockerd: docker.APIClient
    image: str
    run_dir: Path

    def make(self, gateway: str | None, name: str) -> None:
        """One that is labelled as this gateway's, or, for None, not labelled at all."""
        labels = {"callgate.gateway": gateway, "callgate.box": name, "callgate.run_dir": str(self.run_dir)} if gateway else {}
        self.dockerd.create_container(self.image, name=name, labels=labels)

    def exists(self, name: str) -> bool:
        return bool(self.dockerd.containers(all=True, filters={"name": name}))


@pytest.fixture
def made(dockerd: docker.APIClient, box_image: str, run_dir: Path) -> Made:
    return Made(dockerd, box_image, run_dir)


async def test_boxes_whose_gateway_has_lost_its_directory_are_swept(made: Made, sweep: Sweep, boxes: Boxes) -> None:
    made.make("lost", "cg-lost-in-test")
    assert await sweep() == Swept(gateways=0, boxes=1)
    assert boxes() == []


async def test_boxes_whose_gateway_makes_its_directory_again_in_time_are_left_alone(
    made: Made, engine: DockerEngine, run_dir: Path, boxes: Boxes
) -> None:
    """An operator has removed the directory under a living gateway, which makes it again within a second or two."""
    sweeper = Sweeper(engine, MemoryBoxRegistry(), await engine.id(), run_dir, apart=30)
    made.make("living", "cg-living-in-test")
    assert await sweeper.sweep() == Swept(gateways=0, boxes=0)
    (run_dir / "living").mkdir()
    assert await sweeper.sweep() == Swept(gateways=0, boxes=0)
    assert boxes() == ["cg-living-in-test"]
    await engine.remove("cg-living-in-test")


async def test_what_is_no_gateways_directory_is_left_alone(run_dir: Path, sweep: Sweep) -> None:
    (run_dir / "redis").mkdir()
    (run_dir / "redis" / "dump").write_text("precious")
    assert await sweep() == Swept(gateways=0, boxes=0)
    assert (run_dir / "redis" / "dump").read_text() == "precious"


async def test_without_a_run_directory_there_is_nothing_to_sweep(run_dir: Path, sweep: Sweep) -> None:
    assert await sweep() == Swept(gateways=0, boxes=0)


@pytest.mark.slow
async def test_a_dead_gateway_is_looked_at_twice_before_it_is_given_up(
    start_gateway: StartGateway, sweep: Sweep, boxes: Boxes, run_dir: Path, made: Made
) -> None:
    process = start_gateway("dead")
    kill(process)
    assert await sweep(apart=30) == Swept(gateways=0, boxes=2)
    assert (run_dir / "dead").is_dir()
    # The engine makes a box late that the dead gateway had asked for.
    made.make("dead", "cg-late-in-test")
    assert await sweep(apart=0) == Swept(gateways=1, boxes=1)
    assert boxes() == []
    assert list(run_dir.iterdir()) == []


@pytest.fixture
async def registered(dockerd: docker.APIClient, run_dir: Path) -> MemoryBoxRegistry:
    """A register in which a dead gateway has entered a box that has no labels, and one that never came to be."""
    register = MemoryBoxRegistry()
    place = BoxPlace(dockerd.info()["ID"], str(run_dir), "dead")
    for name in ("cg-unlabelled-in-test", "cg-never-in-test"):
        await register.enter(name, place)
    return register


@pytest.mark.parametrize("directory", ["dead", "none"])
async def test_a_box_that_only_the_register_knows_is_removed_and_marked_as_removed(
    registered: MemoryBoxRegistry, directory: str, made: Made, run_dir: Path, sweep: Sweep
) -> None:
    (run_dir / directory).mkdir()
    (run_dir / directory / "lock").touch()
    made.make(None, "cg-unlabelled-in-test")
    await sweep(registered)
    assert not made.exists("cg-unlabelled-in-test")
    for name in ("cg-unlabelled-in-test", "cg-never-in-test"):
        assert await registered.find(name) is Absent.GONE


async def test_a_box_of_another_engine_is_left_in_the_register(run_dir: Path, sweep: Sweep) -> None:
    register, place = MemoryBoxRegistry(), BoxPlace("another-engine", str(run_dir), "dead")
    await register.enter("cg-elsewhere", place)
    await sweep(register)
    assert await register.find("cg-elsewhere") == place
