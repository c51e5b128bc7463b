"""The directory of the boxes' sockets: is it there, may it be written, and is its path short enough?"""

import os
from pathlib import Path

from gateway.operations.doctor import PartFinding
from sandbox.egress.box_sockets import EGRESS_SOCKET, LONGEST_PATH
from sandbox.pool.box_factory import new_name

PART = "run directory"

#: As long as a gateway's id.
_GATEWAY = "gw-0123456789ab"


def check_run_dir(path: Path) -> PartFinding:
    """The gateway makes the boxes' sockets there, and the engine mounts them by the same path."""
    if (over := bytes_too_many(path)) > 0:
        cure = "Let CALLGATE_RUN_DIR, or the home of `callgate up`, be a shorter path."
        return PartFinding(PART, False, f"{path} is {over} bytes too long for the sockets in it", cure)
    if path.is_dir() and os.access(path, os.W_OK | os.X_OK):
        return PartFinding(PART, True, f"{path} is writable")
    return PartFinding(PART, False, f"{path} is not a writable directory", f"Make it: `mkdir -p -m 0700 {path}`.")


def bytes_too_many(run_dir: Path) -> int:
    """By how much the kernel's bound for a socket's path is exceeded there; 0 or less: it is not."""
    return len(os.fsencode(run_dir / _GATEWAY / new_name() / EGRESS_SOCKET)) - LONGEST_PATH
