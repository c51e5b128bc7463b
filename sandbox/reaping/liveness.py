"""Whether a gateway lives: it holds a lock on its directory, which the kernel releases however the gateway ends."""

import asyncio
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sandbox.api.engine_trouble import EngineTrouble
from sandbox.api.errors import EngineUnavailable, SandboxError

_LOCK = "lock"
_TRIES, _LOOK_AGAIN = 5, 0.2
#: The first number that no user can have.
NO_USER = 2**32 - 1


@dataclass(frozen=True, slots=True)
class LivenessLock:
    """A lock that is held. Its file says where the gateway's range of users begins, once the gateway has one."""

    directory: Path
    descriptor: int

    @property
    def protects(self) -> bool:
        """Whether it is still the lock of the directory: an operator may have removed the file, or all of the directory."""
        return _is_at(self.descriptor, self.directory / _LOCK)

    def release(self) -> None:
        os.close(self.descriptor)


def hold(directory: Path) -> LivenessLock | None:
    """Take the directory's lock. Returns None where a living gateway has it. Makes the directory. Raises OSError."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = directory / _LOCK
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    if _locked(descriptor) and _is_at(descriptor, path):
        return LivenessLock(directory, descriptor)
    os.close(descriptor)
    return None


async def take_place(directory: Path) -> LivenessLock:
    """Hold the directory. Tries a few times, because a sweep has each lock for a moment. Raises OSError, SandboxError."""
    for _ in range(_TRIES):
        lock = await asyncio.to_thread(hold, directory)
        if lock is not None:
            return lock
        await asyncio.sleep(_LOOK_AGAIN)
    raise SandboxError(f"Another gateway runs in {directory}: give this one another id.")


def reserve_users(lock: LivenessLock, first: int, count: int, *, preferred: int | None = None) -> int:
    """The first of `count` users that no other gateway in this run directory has, be it alive, or dead and not swept yet: from
    `preferred` on where they are free, else from `first` on.

    Two boxes of one user could connect to each other's sockets, if they ever saw them. Raises OSError; EngineUnavailable where
    so many users in a row are not free.
    """
    run_dir = lock.directory.parent
    with _alone_in(run_dir):
        taken = {_range_of(path) for path in run_dir.glob(f"*/{_LOCK}")}
        # The first free range begins where the search does, or right after one that is taken.
        after = sorted(end for begin, size in taken if (end := begin + size) > first)
        starts = ([] if preferred is None else [preferred]) + [first, *after]
        begin = next((start for start in starts if _is_free(start, count, taken)), None)
        if begin is None:
            message = f"No {count} users in a row are free from {first} on: the gateways in {run_dir} have them"
            raise EngineUnavailable(message, EngineTrouble.USERS_TAKEN)
        os.ftruncate(lock.descriptor, 0)
        os.pwrite(lock.descriptor, f"{begin} {count}\n".encode(), 0)
    return begin


def hold_dead(run_dir: Path) -> dict[Path, LivenessLock]:
    """Take the lock of every dead gateway. A directory without a lock file is not a gateway's, and is left alone."""
    directories = sorted(path.parent for path in run_dir.glob(f"*/{_LOCK}"))
    return {directory: lock for directory in directories if (lock := hold(directory))}


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_at(descriptor: int, path: Path) -> bool:
    """Between opening and locking, a sweep may have removed the file: then the lock protects no path."""
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except (FileNotFoundError, NotADirectoryError):
        return False


@contextmanager
def _alone_in(run_dir: Path) -> Iterator[None]:
    """While one gateway reserves users, no other gateway does."""
    descriptor = os.open(run_dir, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _range_of(lock_file: Path) -> tuple[int, int]:
    """Where a gateway's users begin, and how many it has."""
    try:
        begin, count = map(int, lock_file.read_text().split())
    except (FileNotFoundError, ValueError):
        return 0, 0  # the gateway was swept just now, or has no range yet
    return begin, count


def _is_free(start: int, count: int, taken: set[tuple[int, int]]) -> bool:
    return start + count <= NO_USER and all(start + count <= begin or begin + size <= start for begin, size in taken)
