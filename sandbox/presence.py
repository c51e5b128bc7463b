"""Whether a gateway lives: it holds a lock on its directory, and the kernel lets go of it however the gateway ends."""

import fcntl
import os
from dataclasses import dataclass
from pathlib import Path

_LOCK = "lock"


@dataclass(frozen=True, slots=True)
class Presence:
    """A lock that is held."""

    descriptor: int

    def release(self) -> None:
        os.close(self.descriptor)


def hold(directory: Path) -> Presence | None:
    """Take the directory's lock, or answer None where a living gateway has it. Makes the directory. Raises OSError."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = directory / _LOCK
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    if _locked(descriptor) and _is_at(descriptor, path):
        return Presence(descriptor)
    os.close(descriptor)
    return None


def hold_dead(run_dir: Path) -> dict[Path, Presence]:
    """Take the lock of every gateway that lives no more. What has no lock in it is not a gateway's, and is left alone."""
    directories = sorted(path.parent for path in run_dir.glob(f"*/{_LOCK}"))
    return {directory: held for directory in directories if (held := hold(directory))}


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_at(descriptor: int, path: Path) -> bool:
    """Between opening and locking, a sweep may have removed the file: then the lock is on nothing."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False
