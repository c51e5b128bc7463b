"""The environments of the SDK's adapters: frameworks that cannot share one have one each, as `locks/clients/` has it.

    python -m scripts.client_environments      makes what is not there, and prints each environment's interpreter

An environment lies in `build/clients/`, and has its lock's digest in its name: it is made once, and another lock makes another.
What is asked for are the SDK's extras, so a version that an adapter needs is said in one place,
`clients/python/pyproject.toml`.
"""

import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from fcntl import LOCK_EX, flock
from hashlib import sha256
from pathlib import Path

from uv import find_uv_bin

from scripts.package_index import package_index

REPOSITORY = Path(__file__).parents[1]
LOCKS = REPOSITORY / "locks" / "clients"
MADE = REPOSITORY / "build" / "clients"
SDK = REPOSITORY / "clients" / "python"

#: The extras of each environment. crewai wants an older `mcp` than others, autogen an older protobuf.
ENVIRONMENTS = {
    "crewai": ("crewai",),
    "autogen": ("autogen",),
    "frameworks": (
        "agent-framework",
        "anthropic",
        "gemini",
        "google-adk",
        "langgraph",
        "llama-index",
        "openai",
        "openai-agents",
        "pydantic-ai",
        "smolagents",
    ),
    "mcp": (),
}
#: What the tests in an environment use beside an adapter's extra.
BESIDE = {
    "crewai": [],
    "autogen": ["autogen-agentchat>=0.7.5"],
    "frameworks": ["langgraph-checkpoint-conformance>=0.0.2", "langgraph-checkpoint-sqlite>=3.0"],
    # Clients of MCP, which need nothing of ours.
    "mcp": ["fastmcp>=4.2", "langchain>=1.5.2", "langgraph>=1.2.24", "mcp>=2.3"],
}
INSIDE = ("pytest", "pytest-asyncio", "pytest-timeout")


def asked(environment: str) -> list[str]:
    """The requirements of an environment, to be locked."""
    sdk = tomllib.loads((SDK / "pyproject.toml").read_text())["project"]
    extras = [line for extra in ENVIRONMENTS[environment] for line in sdk["optional-dependencies"][extra]]
    groups = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["dependency-groups"]
    tests = [line for line in groups["test"] if line.partition(">")[0] in INSIDE]
    return [*sdk["dependencies"], *extras, *BESIDE[environment], *tests]


def interpreter(environment: str) -> Path:
    """The interpreter of an environment, which is made where it is not there. Raises CalledProcessError."""
    return made(environment, LOCKS / f"{environment}.txt")


def made(name: str, lock: Path) -> Path:
    """The interpreter of an environment of exactly what the lock has. Raises CalledProcessError."""
    home = MADE / f"{name}-{sha256(lock.read_bytes()).hexdigest()[:12]}"
    complete, python = home / "complete", home / "bin" / "python"
    with alone(name):
        if not complete.exists():
            _make(home, lock)
            complete.touch()
    return python


def _make(home: Path, lock: Path) -> None:
    """Of exactly what the lock has, and of the SDK as it lies here."""
    shutil.rmtree(home, ignore_errors=True)
    _uv("venv", "--python", sys.executable, str(home))
    python = home / "bin" / "python"
    _uv("pip", "sync", "--require-hashes", "--python", str(python), str(lock))
    said = subprocess.run(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], capture_output=True, check=True
    )
    (Path(said.stdout.decode().strip()) / "callgate.pth").write_text(f"{SDK / 'src'}\n")


def _uv(*words: str) -> None:
    # Without a project's settings, such as those of a directory above this one.
    subprocess.run([find_uv_bin(), *words, "--quiet", "--no-config"], env={**os.environ, **package_index()}, check=True)


@contextmanager
def alone(environment: str) -> Iterator[None]:
    """Two runs of the tests make an environment one after the other."""
    MADE.mkdir(parents=True, exist_ok=True)
    with (MADE / f"{environment}.lock").open("w") as lock:
        flock(lock, LOCK_EX)
        yield


if __name__ == "__main__":
    for name in ENVIRONMENTS:
        sys.stdout.write(f"{name}: {interpreter(name)}\n")
