"""The processes of a home, from outside."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

#: Runs a script with a path as its argument, in a Python of its own, until it has printed `started`.
Supervise = Callable[[str, Path], "subprocess.Popen[bytes]"]


def processes_of(path: Path) -> dict[int, str]:
    """The living processes that belong to a path, by pid: their command line names it, or their output goes there."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            output = str((entry / "fd" / "1").readlink())  # a zombie has none
        except OSError:  # gone meanwhile, or not ours
            continue
        if str(path) in command + output and int(entry.name) != os.getpid():
            found[int(entry.name)] = command
    return found


def mounts_below(path: Path) -> list[str]:
    return [line for line in Path("/proc/mounts").read_text().splitlines() if str(path) in line]
