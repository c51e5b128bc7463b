"""`callgate up` as an operator runs it: a process of its own, with an environment and a home of its own."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from callgate import Client
from gateway.embedded.ports import free_port
from gateway.embedded.state_dir import StateDir

#: What began this in the background may have told it to ignore Ctrl-C, and a child is born so.
HEEDING = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
CALLGATE = (sys.executable, "-c", f"{HEEDING}; from gateway.cli import main; main()")
_STOPS_WITHIN = 60.0


def environment(extra: Mapping[str, str]) -> dict[str, str]:
    own = {name: text for name, text in os.environ.items() if not name.startswith("CALLGATE_")}
    return {**own, "COLUMNS": "400", **extra}


def callgate(*words: str, stdin: str = "", **extra: str) -> "subprocess.CompletedProcess[str]":
    """Run a command to its end. `extra`: variables of its environment."""
    command = [*CALLGATE, *words]
    return subprocess.run(
        command, env=environment(extra), input=stdin, capture_output=True, text=True, check=False, timeout=100
    )


@dataclass(frozen=True)
class RunningUp:
    """`said`: what it printed until it was ready."""

    state: StateDir
    address: str
    said: str

    def connect(self) -> Client:
        return Client(self.address, token=self.state.token.read_text())


@contextmanager
def short_home() -> Iterator[Path]:
    """The kernel bounds a socket's path."""
    with tempfile.TemporaryDirectory(prefix="cgu-", dir="/tmp") as home:
        yield Path(home)


@contextmanager
def up(home: Path, *options: str, **extra: str) -> Iterator[RunningUp]:
    """It is ready, and is stopped in the end."""
    address = f"127.0.0.1:{free_port()}"
    words = ("up", "--home", str(home), "--listen", address, "--pool-size", "1", "--allow-private", "127.0.0.0/8", *options)
    process = subprocess.Popen(
        [*CALLGATE, *words], env=environment(extra), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    with process:
        try:
            yield RunningUp(StateDir(home), address, _until_ready(process))
        finally:
            process.terminate()
            process.communicate(timeout=_STOPS_WITHIN)


def _until_ready(process: "subprocess.Popen[str]") -> str:
    said = []
    for line in process.stdout or ():
        said.append(line)
        if line.strip() == "READY":
            return "".join(said)
    raise AssertionError(f"`callgate up` ended with {process.wait()}: {''.join(said)}")
