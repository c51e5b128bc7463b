"""What one gateway has seen of the store, kept outside of it: so what the store forgets is found out, and put back.

    STATE/witness/0/    one gateway's; `lock` is held while it lives
        id              its id
        marks.json      by tenant: number, nonce and epoch of the last event that it has seen; written once a second
        permissions     the records of calls that act (`permission_log`)

A gateway takes the first folder that no living one holds, and is from then on who had it. It holds those of other dead
gateways, too, and leaves each as it is until it has answered for that gateway: where it dies before, the next one finds the
folder whole.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path
from time import monotonic
from uuid import uuid4

import structlog

from gateway.records.ledger.permission_log import PermissionLog
from gateway.records.ledger.specification.mark import Mark
from gateway.records.ledger.witness_folder import WitnessFolder, encoded

log = structlog.get_logger(__name__)

#: The marks on the disk are up to a second old. A tenant has no more events in one.
IN_A_SECOND = 1000

CURE_OF_LOSS = (
    "Look at the disk of CALLGATE_STATE_DIR, and let only the gateway write there. Should the store lose what it acknowledged "
    "up to now, its history waits for `callgate store acknowledge`."
)


class Memory:
    """What a gateway has seen: a living one, or one that is dead."""

    def __init__(self, id: str, marks: dict[str, Mark], permissions: PermissionLog) -> None:
        self.id, self.permissions = id, permissions
        self._marks = {tenant: _later(marks, permissions, tenant) for tenant in marks.keys() | permissions.tenants()}
        self._before: dict[str, Mark] = {}

    def mark(self, tenant: str) -> Mark:
        return self._marks.get(tenant, Mark())

    def before(self, tenant: str) -> Mark:
        """The last mark of the epoch before the newest."""
        return self._before.get(tenant, Mark())

    def tenants(self) -> list[str]:
        return sorted(self._marks)

    def saw(self, tenant: str, mark: Mark) -> None:
        known = self.mark(tenant)
        if mark.epoch > known.epoch:
            self._before[tenant] = known
        if mark.age > known.age:
            self._marks[tenant] = mark
            self._note()

    def _note(self) -> None:
        """A mark has changed."""

    def _count_as_forgotten(self, folder: WitnessFolder) -> None:
        """A part of the log is lost, and nothing tells which: it may be of any tenant, up to now."""
        log.error("permissions_lost", path=str(folder.permissions), cure=CURE_OF_LOSS)
        for tenant, mark in self._marks.items():
            self.permissions.forget(tenant, mark.number + IN_A_SECOND)


class DeadWitness(Memory):
    """What a dead gateway has left in a folder, which this process holds."""

    def __init__(self, folder: WitnessFolder, clock: Callable[[], float]) -> None:
        """Raises OSError, ValueError."""
        marks = folder.marks()
        super().__init__(folder.id() or _new_id(), marks, PermissionLog.read_only(folder.permissions, clock))
        self.folder = folder
        if _has_lost(folder, marks, self.permissions):
            self._count_as_forgotten(folder)


class Witness(Memory):
    """`state`: the gateway's state directory. None: nothing outlives the process."""

    def __init__(self, state: Path | None = None, clock: Callable[[], float] = monotonic) -> None:
        """Raises OSError, ValueError where a file cannot be read: a gateway must not start without its memory."""
        self._state = state
        self._folder: WitnessFolder | None = None
        self._changed = False
        self.dead: list[DeadWitness] = []
        if state is None:
            super().__init__(_new_id(), {}, PermissionLog(clock=clock))
        else:
            self._begin(state, clock)

    @classmethod
    def of_an_onlooker(cls) -> "Witness":
        """Of a caller that is no gateway: it shows nothing, and is on no list."""
        onlooker = cls()
        onlooker.id = ""
        return onlooker

    def answered_for(self, dead: DeadWitness) -> None:
        """The store knows all that this dead gateway knew, and so does this one: it is needed no more. Raises OSError."""
        self.permissions.sync()
        dead.folder.remove()
        self.dead.remove(dead)

    async def sync(self) -> None:
        """Write what has changed through to the disk. Raises OSError."""
        if self._state is not None and self._folder is not None and not self._folder.is_held():
            self._take_again(self._state)
        self.permissions.tidy()
        if self._folder is not None and (self._changed or self.permissions.unflushed):
            await self._write_changes(self._folder)

    def close(self) -> None:
        """Raises OSError. What was seen is on the disk; the folder is free."""
        if self._folder is not None:
            self._write(self._folder, encoded(self._marks))
        self.release()

    def release(self) -> None:
        """Leave the folders as they are to the next one, as a process does that is killed."""
        self.permissions.close()
        for folder in [self._folder, *(dead.folder for dead in self.dead)]:
            if folder is not None:
                folder.release()
        self._folder, self.dead = None, []

    def _begin(self, state: Path, clock: Callable[[], float]) -> None:
        self._folder = folder = WitnessFolder.take(state)
        marks, permissions = folder.marks(), PermissionLog.read_only(folder.permissions, clock)
        remembers = marks or folder.permissions.exists()  # else the one with that id is waited for, as its memory is lost
        super().__init__(folder.id() if remembers else _new_id(), marks, permissions)
        if _has_lost(folder, marks, permissions):
            self._count_as_forgotten(folder)
        permissions.move_to(folder.permissions)
        folder.write(self.id, encoded(self._marks))
        self.dead = [DeadWitness(other, clock) for other in WitnessFolder.of_the_dead(state)]

    def _take_again(self, state: Path) -> None:
        """An operator has removed it: nothing that was in it is lost, as long as this process lives."""
        before = self._folder
        folder = (before and before.retaken(self.id)) or WitnessFolder.make(state)
        try:
            self.permissions.move_to(folder.permissions)
        except OSError:
            folder.release()
            raise
        self._folder, self._changed = folder, True
        if before is not None:
            before.release()

    async def _write_changes(self, folder: WitnessFolder) -> None:
        self._changed = False
        try:
            await asyncio.to_thread(self._write, folder, encoded(self._marks))
        except OSError:
            self._changed = True
            raise

    def _write(self, folder: WitnessFolder, marks: bytes) -> None:
        self.permissions.sync()
        folder.write(self.id, marks)

    def _note(self) -> None:
        self._changed = True


def _new_id() -> str:
    return uuid4().hex[:12]


def _later(marks: dict[str, Mark], permissions: PermissionLog, tenant: str) -> Mark:
    """The log is written at once, the marks later: the newer of the two counts."""
    return max(marks.get(tenant, Mark()), permissions.newest(tenant), key=lambda mark: mark.age)


def _has_lost(folder: WitnessFolder, marks: dict[str, Mark], permissions: PermissionLog) -> bool:
    return permissions.damaged or (bool(marks) and not folder.permissions.exists())
