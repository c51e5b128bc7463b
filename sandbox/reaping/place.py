"""A gateway's own place in the run directory: its directory, the lock that shows that it lives, and its boxes' users.

An operator may remove any of it while the gateway runs. Then it is made again. It must be soon: to other gateways, boxes whose
gateway has no directory are a dead gateway's.
"""

import asyncio
import shutil
from contextlib import suppress
from errno import EDQUOT, EINVAL, EIO, EMFILE, ENFILE, ENOMEM, ENOSPC, EPERM, EROFS
from pathlib import Path

import structlog

from sandbox.api.engine_trouble import EngineTrouble
from sandbox.api.errors import EngineUnavailable, SandboxError
from sandbox.reaping import liveness

log = structlog.get_logger()

#: Why a directory or a socket of a box could not be made. What is not listed: the directory is not there, or not to be written.
REFUSALS = {
    ENOSPC: EngineTrouble.DISK_FULL,
    EDQUOT: EngineTrouble.DISK_FULL,
    EROFS: EngineTrouble.STORAGE_BROKEN,
    EIO: EngineTrouble.STORAGE_BROKEN,
    ENOMEM: EngineTrouble.OUT_OF_MEMORY,
    EMFILE: EngineTrouble.OUT_OF_FILES,
    ENFILE: EngineTrouble.OUT_OF_FILES,
    # Of giving a socket to a user. In a user namespace only the users of its range exist, and may be given anything.
    EINVAL: EngineTrouble.USER_OUT_OF_RANGE,
    EPERM: EngineTrouble.USER_OUT_OF_RANGE,
}


def place_refused(directory: Path, error: OSError) -> EngineUnavailable:
    """No box can be made, because its sockets cannot."""
    message = f"A box's sockets could not be made in {directory}: {error.strerror or error}"
    return EngineUnavailable(message, REFUSALS.get(error.errno or 0, EngineTrouble.PLACE_LOST))


class GatewayPlace:
    """One gateway's, from `take` to `release`. Its boxes run as the users from `first_uid` on, `users` of them."""

    def __init__(self, directory: Path, first_uid: int, users: int) -> None:
        self.directory = directory
        self.first_uid = first_uid
        self._from = first_uid
        self._users = users
        self._lock: liveness.LivenessLock | None = None
        self._mending = asyncio.Lock()

    @property
    def run_dir(self) -> Path:
        return self.directory.parent

    @property
    def taken(self) -> bool:
        return self._lock is not None

    @property
    def whole(self) -> bool:
        """Whether it is there as it was taken. Costs one look at a file."""
        return self._lock is not None and self._lock.protects

    async def take(self) -> None:
        """Raises SandboxError where another gateway has it, EngineUnavailable where it cannot be made: then nothing is left."""
        try:
            self._lock = await liveness.take_place(self.directory)
            self.first_uid = liveness.reserve_users(self._lock, self._from, self._users)
        except OSError as error:
            self._leave_nothing()
            raise place_refused(self.directory, error) from error
        except EngineUnavailable:
            self._leave_nothing()
            raise

    async def mend(self) -> None:
        """Make again what was removed. One task does it. Raises EngineUnavailable where it cannot be made."""
        if self.whole:
            return
        async with self._mending:
            if self._lock is None or self._lock.protects:
                return
            await self._take_again(self._lock)

    def release(self) -> None:
        """Raises nothing where it is gone already."""
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    async def _take_again(self, old: liveness.LivenessLock) -> None:
        try:
            lock = await liveness.take_place(self.directory)
            self.first_uid = await asyncio.to_thread(self._reserve_again, lock)
        except OSError as error:
            raise place_refused(self.directory, error) from error
        except EngineUnavailable:
            raise
        except SandboxError as error:
            raise EngineUnavailable(str(error), EngineTrouble.PLACE_LOST) from error
        self._lock = lock
        old.release()
        log.warning("place_made_again", directory=str(self.directory))

    def _reserve_again(self, lock: liveness.LivenessLock) -> int:
        """The users that it had, unless another gateway has taken them meanwhile."""
        try:
            return liveness.reserve_users(lock, self._from, self._users, preferred=self.first_uid)
        except (OSError, EngineUnavailable):
            lock.release()
            raise

    def _leave_nothing(self) -> None:
        """The directory without its lock or its users is of no use. One that is another's is not empty, and stays."""
        if self._lock is not None:
            shutil.rmtree(self.directory, ignore_errors=True)
            self.release()
        with suppress(OSError):
            self.directory.rmdir()
