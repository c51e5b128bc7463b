"""What the tests of the embedded stack look at: the processes of a home, from outside."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import docker
import pytest

from gateway.embedded.state_dir import StateDir


@pytest.fixture
def state(tmp_path: Path) -> StateDir:
    return StateDir(tmp_path / "home")


@pytest.fixture
def processes_of() -> Callable[[Path], dict[int, str]]:
    """The living processes that belong to a path, by pid: their command line names it, or their output goes there."""

    def find(path: Path) -> dict[int, str]:
        found = {}
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                output = str((entry / "fd" / "1").readlink())  # a zombie has none
            except OSError:  # gone meanwhile, or not ours
                continue
            if str(path) in command + output and int(entry.name) != os.getpid():
                found[int(entry.name)] = command
        return found

    return find


@pytest.fixture
def supervise() -> Iterator[Callable[[str, Path], "subprocess.Popen[bytes]"]]:
    """Run a script with a path as its argument, in a Python of its own, until it has printed `started`."""
    running: list[subprocess.Popen[bytes]] = []

    def start(script: str, path: Path) -> "subprocess.Popen[bytes]":
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        supervisor = subprocess.Popen([sys.executable, "-c", script, str(path)], stdout=subprocess.PIPE, env=environment)
        running.append(supervisor)
        assert supervisor.stdout
        assert supervisor.stdout.readline() == b"started\n"
        return supervisor

    yield start
    for supervisor in running:
        with supervisor:
            supervisor.kill()


@pytest.fixture
def wait_for() -> Callable[[Callable[[], object], float], None]:
    def wait(condition: Callable[[], object], seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, "the condition did not come true"
            time.sleep(0.02)

    return wait


@pytest.fixture(scope="session", autouse=True)
def _engine(dockerd: docker.APIClient) -> docker.APIClient:
    """The stacks of these tests find an engine, and leave it alone."""
    return dockerd
