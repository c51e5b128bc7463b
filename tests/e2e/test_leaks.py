"""The benchmark of leaks, in short: gateways are killed at random moments, and nothing is left of them."""

import json
import subprocess
import sys

import docker
import pytest

from .conftest import REPOSITORY

KILLS = 3


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_gateways_that_are_killed_under_load_leave_nothing(dockerd: docker.APIClient) -> None:
    command = [sys.executable, "-m", "benchmarks.leaks", "--kills", str(KILLS)]
    ended = subprocess.run(command, check=False, cwd=REPOSITORY, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr[-4000:]
    figures = {line["figure"]: line["value"] for line in map(json.loads, ended.stdout.splitlines())}
    assert figures["kills"] == KILLS
    assert figures["answered"] > 0
    assert {name: value for name, value in figures.items() if name.endswith("_left")} == {
        "boxes_left": 0,
        "socket_dirs_left": 0,
        "tokens_left": 0,
        "mounts_left": 0,
    }
