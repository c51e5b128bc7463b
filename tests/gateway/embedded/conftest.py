"""A home for an embedded stack, and a process that supervises one."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from gateway.embedded.state_dir import StateDir
from tests.gateway.embedded.processes import Supervise


@pytest.fixture
def state() -> Iterator[StateDir]:
    with TemporaryDirectory(prefix="cgs-", dir="/tmp") as short:  # the kernel bounds the paths of the sockets in it
        yield StateDir(Path(short) / "home")


@pytest.fixture
def supervise() -> Iterator[Supervise]:
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
