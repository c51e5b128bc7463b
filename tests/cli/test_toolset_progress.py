"""An import's progress is for a person at a terminal, and never gets into what programs read."""

import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path
from typing import Literal, TypedDict

import pytest

from callgate.v1.catalog_service_pb2 import ImportProgress
from tests.cli.conftest import Running
from tests.cli.test_toolset import DOCUMENT

pytestmark = pytest.mark.slow  # each test starts a Python


class Command(TypedDict):
    """What `subprocess.run` is called with."""

    args: list[str]
    env: dict[str, str]
    stdout: int
    text: Literal[True]


@pytest.fixture
def command(running: Running, tmp_path: Path) -> Command:
    """`callgate toolset import` as a process, its environment included."""
    path = tmp_path / "orders.json"
    path.write_text(json.dumps(DOCUMENT))
    running.gateway.progress = [ImportProgress(total=1_300), ImportProgress(done=1_300, total=1_300, faults=4)]
    environ = os.environ | {"CALLGATE_ADDRESS": running.address, "CALLGATE_TOKEN": "a-token", "CALLGATE_HOME": str(tmp_path)}
    environ |= {"COLUMNS": "200", "TERM": "xterm-256color", "CALLGATE_TOKEN_FILE": ""}
    words = [str(Path(sys.executable).with_name("callgate")), "toolset", "import", str(path), "--name", "orders"]
    return {"args": words, "env": environ, "stdout": subprocess.PIPE, "text": True}


def test_a_terminal_shows_operations_and_faults_while_the_table_goes_to_the_pipe(command: Command) -> None:
    ours, theirs = pty.openpty()
    try:
        done = subprocess.run(**command, stderr=theirs, check=True, timeout=60)
        shown = os.read(ours, 1 << 16).decode()
    finally:
        os.close(ours)
        os.close(theirs)
    assert "1300/1300 operations, 4 faults" in re.sub(r"\x1b\[[0-9;]*m", "", shown)
    assert "orders_get@1.0.0" in done.stdout
    assert done.stdout.endswith("1 added, 0 unchanged, 0 faults\n")
    assert "1300" not in done.stdout


@pytest.mark.parametrize("colour", [{}, {"FORCE_COLOR": "1"}])
def test_a_pipe_gets_no_progress_even_where_colour_is_forced(command: Command, colour: dict[str, str]) -> None:
    command["env"] |= colour
    done = subprocess.run(**command, stderr=subprocess.PIPE, check=True, timeout=60)
    assert done.stderr == ""
    assert "1300" not in done.stdout
