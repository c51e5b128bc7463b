"""An agent in a process of its own, which is killed at one of its requests, and lives again elsewhere."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.house import House

REPOSITORY = Path(__file__).parents[2]
ENDS_WITHIN = 60.0

#: Runs an agent: from which request on it is dead (0: it lives), before that or after its answer, its module and words.
Relive = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def relive(house: House, tmp_path: Path) -> Relive:
    """Each life has an empty directory of its own, and what it needs to find the gateway."""
    path = os.pathsep.join([str(REPOSITORY), str(REPOSITORY / "clients/python/src")])
    place = {"CALLGATE_ADDRESS": house.address, "CALLGATE_TOKEN_FILE": str(house.state.token), "PYTHONPATH": path}

    def relive(
        number: int, moment: str, module: str, *words: str, python: str = sys.executable
    ) -> "subprocess.CompletedProcess[str]":
        home = tmp_path / "home"
        home.mkdir(exist_ok=True)
        command = [python, "-m", "tests.clients.dying", str(number), moment, module, *words]
        ended = subprocess.run(
            command, cwd=home, env={**os.environ, **place}, capture_output=True, text=True, timeout=ENDS_WITHIN, check=False
        )
        assert list(home.iterdir()) == [], "an agent has left a file: its run is not all that it goes on from"
        return ended

    return relive


def said(life: "subprocess.CompletedProcess[str]") -> Any:
    assert life.returncode == 0, life.stderr
    return json.loads(life.stdout)
