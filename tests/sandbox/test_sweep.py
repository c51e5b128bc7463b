"""What a killed gateway leaves is swept; what a living one has is not."""

import asyncio
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import sandbox
from sandbox.docker_engine import DockerEngine
from sandbox.sweep import Swept, sweep

GATEWAY = """
import asyncio, sys
from pathlib import Path
from sandbox.docker_engine import DockerEngine
from sandbox.pool import DockerPool, PoolSettings

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
    def run() -> Swept:
        async def body() -> Swept:
            engine = DockerEngine()
            try:
                return await sweep(engine, run_dir)
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


def test_boxes_whose_gateway_has_lost_its_directory_are_swept(dockerd, box_image, run_dir, swept, boxes):
    labels = {"callgate.gateway": "lost", "callgate.box": "cg-lost", "callgate.run_dir": str(run_dir)}
    dockerd.create_container(box_image, name="cg-lost-in-test", labels=labels)
    assert swept() == Swept(gateways=0, boxes=1)
    assert boxes() == []


def test_what_is_no_gateways_directory_is_left_alone(run_dir, swept):
    (run_dir / "redis").mkdir()
    (run_dir / "redis" / "dump").write_text("precious")
    assert swept() == Swept(gateways=0, boxes=0)
    assert (run_dir / "redis" / "dump").read_text() == "precious"


def test_without_a_run_directory_there_is_nothing_to_sweep(run_dir, swept):
    assert swept() == Swept(gateways=0, boxes=0)
