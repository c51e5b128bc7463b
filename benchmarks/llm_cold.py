"""PyPI's llm-sandbox for comparison: it makes one container for one program, as a gateway makes a box for one call.

The library runs programs that a model has written, in Python. Its image is made here of the running Python, so that no registry
is needed. Its container has a box's bounds, as far as the library works within them. It cannot without a writable file system,
into which it copies the program, without root, and with a bound on the size of files. So its container may do more than a box,
and no bound slows it down.
"""

import io
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter
from typing import Any

import docker
from docker.types import LogConfig, Ulimit
from llm_sandbox import SandboxSession

from benchmarks.stack import DOCKER_SOCKET
from sandbox.api.spec import BoxLimits
from sandbox.hardening.seccomp import Guest, seccomp

IMAGE = "callgate-bench-llm-sandbox"
PROGRAM = "print(6 * 7)"
OMITTED = {"__pycache__", "test", "tests", "idlelib", "tkinter", "site-packages", "ensurepip"}
USERS = b"root:x:0:0::/:/bin/sh\n"
TOOLS = ("/bin/sh", "/bin/mkdir")  # the library calls these


class WrongOutput(Exception):
    """The program did not do what is measured."""


class LlmSandbox:
    """A context that makes the image, and removes it at its end."""

    def __init__(self) -> None:
        self._engine = docker.DockerClient(f"unix://{DOCKER_SOCKET}")

    def __enter__(self) -> "LlmSandbox":
        self._engine.api.import_image_from_data(_file_system(), repository=IMAGE, tag="1", changes=['CMD ["python"]'])
        return self

    def __exit__(self, *_: object) -> None:
        self._engine.images.remove(f"{IMAGE}:1", force=True)
        self._engine.close()

    def cold(self) -> float:
        """Milliseconds from nothing to the program's output. Removing the container does not count."""
        session = SandboxSession(
            client=self._engine,
            lang="python",
            image=f"{IMAGE}:1",
            keep_template=True,
            skip_environment_setup=True,
            runtime_configs=_bounds(),
        )
        begin = perf_counter()
        try:
            session.open()
            output = session.run(PROGRAM)
            took = 1000 * (perf_counter() - begin)
        finally:
            container, session.container = session.container, None
            if container is not None:
                container.remove(force=True)  # the library itself would take ten seconds to stop it
            session.close()
        if (output.exit_code, output.stdout.strip()) != (0, "42"):
            raise WrongOutput(f"llm-sandbox answered {output.exit_code}: {output.stdout} {output.stderr}")
        return took


def _bounds() -> dict[str, Any]:
    limits = BoxLimits()
    return {
        "network_mode": "none",
        "network_disabled": True,
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges:true", f"seccomp={seccomp(Guest.RUNNER)}"],
        "mem_limit": limits.memory,
        "memswap_limit": limits.memory,
        "pids_limit": limits.processes,
        "nano_cpus": int(limits.cpus * 1e9),
        "ulimits": [Ulimit(name="nofile", soft=limits.open_files, hard=limits.open_files), Ulimit(name="core", soft=0, hard=0)],
        "ipc_mode": "none",
        "log_config": LogConfig(type="none"),
        "oom_score_adj": 1000,
    }


def _file_system() -> bytes:
    """This Python with its library, a shell, and what they are linked with."""
    python = Path(sys.executable).resolve()
    library = Path(sys.base_prefix) / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}"
    modules = [path for path in library.rglob("*") if path.is_file() and path.suffix != ".a" and not OMITTED & {*path.parts}]
    programs = [python, *map(Path, TOOLS)]
    linked = {path for program in [*programs, *(path for path in modules if path.suffix == ".so")] for path in _linked(program)}
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", dereference=True) as archive:
        for path in sorted({*programs, *modules, *linked}):
            archive.add(path, str(path))
        link = tarfile.TarInfo("usr/bin/python")
        link.type, link.linkname = tarfile.SYMTYPE, str(python)
        archive.addfile(link)
        passwd = tarfile.TarInfo("etc/passwd")
        passwd.size = len(USERS)
        archive.addfile(passwd, io.BytesIO(USERS))
    return buffer.getvalue()


def _linked(program: Path) -> Iterator[Path]:
    """The shared objects that a program is loaded with, and their loader."""
    told = subprocess.run(["ldd", program], check=False, capture_output=True, text=True).stdout
    yield from (Path(word) for line in told.splitlines() for word in line.split() if word.startswith("/"))
