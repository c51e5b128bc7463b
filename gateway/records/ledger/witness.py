"""What one gateway has seen of the store, kept outside of it: so what the store forgets is found out, and put back.

    STATE/witness/0/    one gateway's; `lock` is held while it lives
        ids             its id, and those of dead gateways that it answers for
        marks.json      by tenant: number, nonce and epoch of the last event that it has seen; written once a second
        permissions     the records of calls that act (`permission_log`)

A gateway takes the first folder that no living one holds, and what the dead ones of the others knew with it.
"""

import asyncio
import fcntl
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import orjson

from gateway.records.ledger.disk import make_private
from gateway.records.ledger.permission_log import PermissionLog
from gateway.records.ledger.specification.mark import Mark

FOLDER, IDS, MARKS, PERMISSIONS, LOCK, DRAFT = "witness", "ids", "marks.json", "permissions", "lock", "draft"


class Witness:
    """`directory`: the gateway's state. None: nothing outlives the process."""

    def __init__(self, directory: Path | None = None, clock: Callable[[], float] = time.time) -> None:
        """Raises OSError, ValueError where a file cannot be read: a gateway must not start without its memory."""
        self.ids = [uuid4().hex[:12]]
        self._marks: dict[str, Mark] = {}
        self._before: dict[str, Mark] = {}
        self._shown: dict[str, int] = {}
        self._changed = False
        self._folder: Path | None = None
        self._lock = -1
        if directory is not None:
            self._folder, self._lock = _take_folder(directory / FOLDER)
        self.permissions = PermissionLog(self._folder / PERMISSIONS if self._folder else None, clock)
        if self._folder is not None:
            self._load(self._folder, clock)

    @classmethod
    def of_an_onlooker(cls) -> "Witness":
        """Of a caller that is no gateway: it shows nothing, and is on no list."""
        onlooker = cls()
        onlooker.ids = [""]
        return onlooker

    @property
    def id(self) -> str:
        return self.ids[0]

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
            self._changed = True

    def answered_for(self, id: str) -> None:
        """The store knows all that this dead gateway knew: it is not waited for any more."""
        self.ids.remove(id)
        self._changed = True

    async def sync(self) -> None:
        """Write what has changed through to the disk. Raises OSError."""
        if self._folder is not None and not (self._folder / LOCK).exists():
            await asyncio.to_thread(self._take_again, self._folder.parent)
        self.permissions.tidy()
        if self._folder is not None and self._changed:
            self._changed = False
            await asyncio.to_thread(self._write, self._folder, _encoded(self._marks), list(self.ids))

    def _take_again(self, parent: Path) -> None:
        """An operator has removed it: nothing that was in it is lost, as long as this process lives."""
        os.close(self._lock)
        self._folder, self._lock = _take_folder(parent)
        self.permissions.move_to(self._folder / PERMISSIONS)
        self._changed = True

    def close(self) -> None:
        """Raises OSError. What was seen is on the disk; the folder is free."""
        if self._folder is not None:
            self._write(self._folder, _encoded(self._marks), list(self.ids))
        self.release()

    def release(self) -> None:
        """Leave the folder as it is to the next one, as a process does that is killed."""
        if self._folder is not None:
            self.permissions.close()
            os.close(self._lock)
            self._folder = None

    def _write(self, folder: Path, marks: bytes, ids: list[str]) -> None:
        self.permissions.sync()
        _write_through(folder, MARKS, marks)
        _write_through(folder, IDS, "\n".join(ids).encode())

    def _load(self, folder: Path, clock: Callable[[], float]) -> None:
        self.ids = _ids(folder) or self.ids
        self._know(_marks(folder), self.permissions)
        for other in _free_folders(folder):
            permissions = PermissionLog(other / PERMISSIONS, clock)
            self._know(_marks(other), permissions)
            self.permissions.take_over(permissions)
            permissions.close()
            self.ids += [id for id in _ids(other) if id not in self.ids]
        self._write(folder, _encoded(self._marks), self.ids)
        for other in _free_folders(folder):
            shutil.rmtree(other)

    def _know(self, marks: dict[str, Mark], permissions: PermissionLog) -> None:
        """The log is written at once, the marks later: the newer of the two counts."""
        for tenant in marks.keys() | permissions.tenants():
            found = marks.get(tenant, Mark()), permissions.newest(tenant), self.mark(tenant)
            self._marks[tenant] = max(found, key=lambda mark: mark.age)


def _take_folder(parent: Path) -> tuple[Path, int]:
    number = 0
    while True:
        folder = parent / str(number)
        make_private(folder)
        lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
        if _locks(lock):
            return folder, lock
        os.close(lock)
        number += 1


def _locks(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _free_folders(own: Path) -> list[Path]:
    """Those of gateways that are dead."""
    return [other for other in sorted(own.parent.iterdir()) if other != own and _is_free(other)]


def _is_free(folder: Path) -> bool:
    lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        return _locks(lock)
    finally:
        os.close(lock)


def _ids(folder: Path) -> list[str]:
    return (folder / IDS).read_text().split() if (folder / IDS).exists() else []


def _marks(folder: Path) -> dict[str, Mark]:
    if not (folder / MARKS).exists():
        return {}
    kept = orjson.loads((folder / MARKS).read_bytes())
    return {tenant: Mark(number, bytes.fromhex(nonce), epoch) for tenant, (number, nonce, epoch) in kept.items()}


def _encoded(marks: dict[str, Mark]) -> bytes:
    return orjson.dumps({tenant: (mark.number, mark.nonce.hex(), mark.epoch) for tenant, mark in marks.items()})


def _write_through(folder: Path, name: str, content: bytes) -> None:
    with (folder / DRAFT).open("wb") as draft:
        draft.write(content)
        draft.flush()
        os.fsync(draft.fileno())
    (folder / DRAFT).replace(folder / name)
