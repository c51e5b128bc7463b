"""The tables of the runner's own tests, in Go, for what is too fine to be seen from outside of a box."""

import os
import subprocess
import sys
from pathlib import Path

RUNNER = Path(__file__).parents[3] / "sandbox" / "runner"


def test_the_runner_s_tables_hold() -> None:
    """Built as the runner is: no module is fetched, and no other toolchain."""
    fixed = {"CGO_ENABLED": "0", "GOFLAGS": "-mod=readonly", "GOTOOLCHAIN": "local", "GOPROXY": "off", "GOWORK": "off"}
    done = subprocess.run(
        [sys.executable, "-c", "import go; go.main()", "test", "-tags=nethttpomithttp2", "."],
        cwd=RUNNER,
        env={**os.environ, **fixed},
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
