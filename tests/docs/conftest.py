"""The stack of README's two commands, on a home of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import docker
import pytest

from gateway.embedded.ports import free_port
from gateway.embedded.state_dir import StateDir
from tests.cli.running_up import environment, short_home
from tests.docs.pages import DOCS, REPOSITORY, fences, shell

BIN = Path(sys.executable).parent
VENV = BIN.parent
PATH = os.pathsep.join([str(BIN), os.environ["PATH"]])
#: The home of a stack, as the pages have it.
OF_UP = "~/.local/state/callgate"
#: Where the tutorial's reader writes, as the page has it.
TUTORIAL = "build/tutorial"
STOPS_WITHIN = 60.0


@dataclass(frozen=True)
class Stack:
    """A gateway as `make up` starts it, and the shop of `make try`, with what this has printed."""

    home: Path
    address: str
    port: int
    said: str = ""

    @property
    def settings(self) -> dict[str, str]:
        """Of a terminal beside it."""
        return {"PATH": PATH, "CALLGATE_HOME": str(self.home), "CALLGATE_ADDRESS": self.address}

    @property
    def operator(self) -> dict[str, str]:
        """The same, of a program that is told where the token is."""
        return self.settings | {"CALLGATE_TOKEN_FILE": str(StateDir(self.home).token)}


def make(target: str, *words: str) -> list[str]:
    """The target as it is, without the installation: the tests' own environment has what it would install."""
    return ["make", "--no-print-directory", "-o", f"{VENV}/installed", target, f"VENV={VENV}", *words]


@contextmanager
def running(command: list[str], settings: Mapping[str, str], until: str) -> Iterator[str]:
    """A command that goes on until it is told to stop. Yields what it printed up to this line."""
    process = subprocess.Popen(
        command, cwd=REPOSITORY, env=environment(settings), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    with process:
        try:
            yield _read(process, until)
        finally:
            process.terminate()
            process.communicate(timeout=STOPS_WITHIN)


def _read(process: "subprocess.Popen[str]", until: str) -> str:
    said = []
    for line in process.stdout or ():
        said.append(line)
        if line.strip().startswith(until):
            return "".join(said)
    raise AssertionError(f"ended with {process.wait()}: {''.join(said)}")


@contextmanager
def open_stack(**settings: str) -> Iterator[Stack]:
    """`make up`, with these variables, and `make try`."""
    with short_home() as home:
        stack = Stack(home, f"127.0.0.1:{free_port()}", free_port())
        up = make("up", f"UP=--listen {stack.address} --pool-size 2")
        with running(up, stack.settings | settings, "READY"):
            shop = make("try", f"PORT={stack.port}")
            with running(shop, stack.settings, "The shop listens") as said:
                yield Stack(home, stack.address, stack.port, said)


@pytest.fixture(scope="session")
def tutorial(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tutorial's `build/tutorial`, with what the page makes there before it starts the gateway."""
    made = tmp_path_factory.mktemp("up") / "tutorial"
    page = fences(DOCS / "tutorial.md", {TUTORIAL: str(made)})
    before_up, _, _ = page[0].body.rpartition("$ ")
    shell(before_up.replace("$ ", ""), {})
    return made


@pytest.fixture(scope="session")
def stack(dockerd: docker.APIClient, tutorial: Path) -> Iterator[Stack]:
    """Of those who follow the pages one after another."""
    with open_stack(CALLGATE_CA_FILE=str(tutorial / "library.pem")) as opened:
        yield opened


@pytest.fixture(scope="module")
def own_stack(dockerd: docker.APIClient) -> Iterator[Stack]:
    """Of a module that changes the tools of `make try`."""
    with open_stack() as opened:
        yield opened


def vault_of(stack: Stack) -> str:
    found: str = json.loads(StateDir(stack.home).environment.read_text())["CALLGATE_VAULT_ADDRESS"]
    return found
