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
from contextlib import ExitStack
from pathlib import Path
from threading import RLock
from time import monotonic
from uuid import uuid4

from gateway.records.ledger.left_memory import LeftMemory, left_in
from gateway.records.ledger.permission_log import PermissionLog
from gateway.records.ledger.specification.mark import Mark
from gateway.records.ledger.witness_folder import WitnessFolder, encoded

#: The marks on the disk are up to a second old, and no server has so many events of a tenant in one. Less than an epoch leaps.
IN_A_SECOND = 100_000


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

    def _begin_with(self, left: LeftMemory) -> None:
        Memory.__init__(self, left.id or _new_id(), left.marks, left.permissions)
        if left.damaged:
            self._count_as_forgotten()

    def _count_as_forgotten(self) -> None:
        """A part of the memory is lost, and nothing tells which: it may be of any tenant, up to now."""
        for tenant, mark in self._marks.items():
            self.permissions.forget(tenant, mark.number + IN_A_SECOND)


class DeadWitness(Memory):
    """What a dead gateway has left in a folder, which this process holds."""

    def __init__(self, folder: WitnessFolder, clock: Callable[[], float]) -> None:
        """Raises OSError."""
        self._begin_with(left_in(folder, clock))
        self.folder = folder


class Witness(Memory):
    """`state`: the gateway's state directory. None: nothing outlives the process."""

    def __init__(self, state: Path | None = None, clock: Callable[[], float] = monotonic) -> None:
        """Raises OSError where a file cannot be read: a gateway must not start without its memory."""
        self._state = state
        self._folder: WitnessFolder | None = None
        self._changed = False
        #: Held by who writes to the folder, or lets it go: a write that was cancelled goes on beside the event loop.
        self._writing = RLock()
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
        with self._writing:
            self._tend()
            self.permissions.sync()
        dead.folder.remove()
        self.dead.remove(dead)

    async def sync(self) -> None:
        """Write what has changed through to the disk. Raises OSError."""
        self._tend()
        if self._folder is not None and (self._changed or self.permissions.unflushed):
            await self._write_changes(self._folder)

    def close(self) -> None:
        """What was seen is on the disk; the folder is free. Raises OSError: then it is free all the same."""
        with self._writing, ExitStack() as last:
            last.callback(self.release)
            last.callback(self._write_last)
            self._tend()

    def release(self) -> None:
        """Leave the folders as they are to the next one, as a process does that is killed."""
        with self._writing:
            self.permissions.close()
            for folder in [self._folder, *(dead.folder for dead in self.dead)]:
                if folder is not None:
                    folder.release()
            self._folder, self.dead = None, []

    def _begin(self, state: Path, clock: Callable[[], float]) -> None:
        self._folder = folder = WitnessFolder.take(state)
        self._begin_with(left_in(folder, clock))
        folder.write_id(self.id)
        self.permissions.move_to(folder.permissions)
        folder.write(self.id, encoded(self._marks))
        self.dead = [DeadWitness(other, clock) for other in WitnessFolder.of_the_dead(state)]

    def _tend(self) -> None:
        """Make again what is gone, and write anew what must be. Raises OSError."""
        with self._writing:
            if self._state is not None and self._folder is not None and not self._folder.is_held():
                self._take_again(self._state)
            self.permissions.tidy()

    def _take_again(self, state: Path) -> None:
        """An operator has removed it: nothing that was in it is lost, as long as this process lives."""
        before = self._folder
        retaken = before.retaken(self.id) if before else None
        folder = retaken or WitnessFolder.make(state)
        try:
            folder.write_id(self.id)
            self.permissions.move_to(folder.permissions)
        except OSError:
            folder.release() if retaken else folder.remove()
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
        with self._writing:
            if folder is self._folder and folder.is_held():  # else it may be another gateway's by now
                self.permissions.sync()
                folder.write(self.id, marks)

    def _write_last(self) -> None:
        if self._folder is not None:
            self._write(self._folder, encoded(self._marks))

    def _note(self) -> None:
        self._changed = True


def _new_id() -> str:
    return uuid4().hex[:12]


def _later(marks: dict[str, Mark], permissions: PermissionLog, tenant: str) -> Mark:
    """The log is written at once, the marks later: the newer of the two counts."""
    return max(marks.get(tenant, Mark()), permissions.newest(tenant), key=lambda mark: mark.age)
