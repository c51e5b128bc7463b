"""The TypeScript client as others install it: packed, and put into a directory of its own from its tarball."""

import json
import os
import shutil
import subprocess
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha512
from pathlib import Path
from typing import Any

from scripts.node_environment import PACKAGE, Node

PROGRAMS = Path(__file__).parent / "typescript"
#: The models that play a script are those of the package's own tests.
SCRIPTED = PACKAGE / "tests" / "scripted.ts"


@dataclass(frozen=True, slots=True)
class Installed:
    """`home`: the directory with the package, the frameworks, and the tests' programs."""

    node: Node
    home: Path

    def start(self, program: str, environment: Mapping[str, str], **more: Any) -> "subprocess.Popen[str]":
        """A program of the directory, in a process of its own."""
        whole = {**os.environ, **environment}
        return subprocess.Popen(
            [self.node.program, program], cwd=self.home, env=whole, stdout=subprocess.PIPE, text=True, **more
        )

    def compile(self) -> "subprocess.CompletedProcess[str]":
        """What the compiler says of the programs, by the types that the package has."""
        tsc = self.home / "node_modules" / ".bin" / "tsc"
        command, environment = [str(tsc), "--project", "."], self.node.environment
        return subprocess.run(command, cwd=self.home, env=environment, capture_output=True, text=True, check=False)


def installed(node: Node, home: Path) -> Installed:
    """Pack the client, and install it from its tarball in `home`, with the frameworks of its lock.

    Raises CalledProcessError."""
    node.install(PACKAGE)
    node.run(["pack", "--silent", "--pack-destination", str(home)], PACKAGE)
    (tarball,) = home.glob("*.tgz")
    lock = _lock(json.loads((PACKAGE / "package-lock.json").read_text()), tarball)
    (home / "package-lock.json").write_text(json.dumps(lock))
    (home / "package.json").write_text(json.dumps({**lock["packages"][""], "private": True, "type": "module"}))
    node.run(["ci", "--silent", "--ignore-scripts"], home)
    for program in (*PROGRAMS.iterdir(), SCRIPTED):
        shutil.copy(program, home)
    return Installed(node, home)


def _lock(ours: dict[str, Any], tarball: Path) -> dict[str, Any]:
    """The client's own lock, for a package that has the client, and what the client is tested with, among its dependencies."""
    packages = {path: _wanted(one) for path, one in ours["packages"].items()}
    client = packages.pop("")
    digest = b64encode(sha512(tarball.read_bytes()).digest()).decode()
    source = f"file:{tarball.name}"
    asked = {**client.pop("devDependencies"), "callgate": source}
    found = {**client, "resolved": source, "integrity": f"sha512-{digest}"}
    root = {"name": "agents", "version": "0.0.0", "dependencies": asked}
    return {**ours, "name": "agents", "version": "0.0.0", "packages": {"": root, "node_modules/callgate": found, **packages}}


def _wanted(package: Mapping[str, Any]) -> dict[str, Any]:
    """What was locked for the client's tests alone is what the programs are made of."""
    return {name: value for name, value in package.items() if name not in {"dev", "devOptional", "peer"}}
