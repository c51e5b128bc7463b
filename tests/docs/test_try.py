"""`make try` where its shop cannot start: no call goes to whatever else has its port."""

import socket
import subprocess
from pathlib import Path

from tests.cli.running_up import environment
from tests.docs.conftest import PATH
from tests.docs.pages import REPOSITORY


def test_on_a_port_that_is_taken_the_example_ends_with_a_cure_and_asks_no_gateway(tmp_path: Path) -> None:
    (tmp_path / "environment.json").write_text("{}")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        settings = {"PATH": PATH, "CALLGATE_HOME": str(tmp_path), "PORT": str(port)}
        command = [str(REPOSITORY / "scripts/try")]
        done = subprocess.run(command, env=environment(settings), capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "Address already in use" in done.stderr
    assert f"make try PORT={port + 1}" in done.stderr
    assert "Traceback" not in done.stderr
    assert "callgate secret set" not in done.stderr
