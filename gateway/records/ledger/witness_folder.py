"""The folders of a state directory's gateways: who holds the lock of one has it for itself, and who is dead holds none."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import orjson

from gateway.records.ledger.disk import make_private
from gateway.records.ledger.same_file import is_same_file
from gateway.records.ledger.specification.mark import Mark

FOLDER, ID, MARKS, PERMISSIONS, LOCK, DRAFT = "witness", "id", "marks.json", "permissions", "lock", "draft"

#: The suffix of a folder of which nothing is needed any more.
DONE = ".done"


class WitnessFolder:
    """One that this process holds."""

    def __init__(self, path: Path, lock: int) -> None:
        self.path, self._lock = path, lock

    @classmethod
    def take(cls, state: Path) -> "WitnessFolder":
        """That of a gateway that is dead, or a new one. Raises OSError."""
        parent = _parent(state)
        for path in _numbered(parent):
            if taken := _held(path):
                return taken
        return cls.make(state)

    @classmethod
    def make(cls, state: Path) -> "WitnessFolder":
        """A new one: no dead gateway's memory is in it. Raises OSError."""
        parent, number = _parent(state), 0
        while True:
            try:
                (parent / str(number)).mkdir(mode=0o700)
            except FileExistsError:
                number += 1
                continue
            if made := _held(parent / str(number)):
                return made

    @classmethod
    def of_the_dead(cls, state: Path) -> "list[WitnessFolder]":
        """Those that no living gateway holds: from now on, this one does. Raises OSError."""
        for left in _parent(state).glob(f"*{DONE}"):
            shutil.rmtree(left, ignore_errors=True)  # another gateway may be doing so
        return [folder for path in _numbered(_parent(state)) if (folder := _held(path))]

    @property
    def permissions(self) -> Path:
        return self.path / PERMISSIONS

    def is_held(self) -> bool:
        """False where an operator has removed it, or its lock."""
        return is_same_file(self._lock, self.path / LOCK)

    def retaken(self, id: str) -> "WitnessFolder | None":
        """The same folder, where only its lock was removed. None where it is gone, or another one has it. Raises OSError."""
        held = _held(self.path)
        if held is not None and held.id() != id:
            held.release()
            return None
        return held

    def id(self) -> str:
        """Empty where there is none."""
        return (self.path / ID).read_text().strip() if (self.path / ID).exists() else ""

    def marks(self) -> dict[str, Mark]:
        """Raises OSError, ValueError."""
        if not (self.path / MARKS).exists():
            return {}
        kept = orjson.loads((self.path / MARKS).read_bytes())
        return {tenant: Mark(number, bytes.fromhex(nonce), epoch) for tenant, (number, nonce, epoch) in kept.items()}

    def write(self, id: str, marks: bytes) -> None:
        """Through to the disk. Raises OSError."""
        self._write_through(ID, id.encode())
        self._write_through(MARKS, marks)

    def remove(self) -> None:
        """At once: none of it is left to who comes after this process. Raises OSError."""
        done = self.path.with_name(f"{uuid4().hex}{DONE}")
        with suppress(FileNotFoundError):  # an operator has done it
            self.path.rename(done)
        self.release()
        shutil.rmtree(done, ignore_errors=True)  # what is left, the next start removes

    def release(self) -> None:
        """Leave it as it is to the next one, as a process does that is killed."""
        lock, self._lock = self._lock, -1
        if lock >= 0:
            os.close(lock)

    def _write_through(self, name: str, content: bytes) -> None:
        with (self.path / DRAFT).open("wb") as draft:
            draft.write(content)
            draft.flush()
            os.fsync(draft.fileno())
        (self.path / DRAFT).replace(self.path / name)


def encoded(marks: dict[str, Mark]) -> bytes:
    return orjson.dumps({tenant: (mark.number, mark.nonce.hex(), mark.epoch) for tenant, mark in marks.items()})


def _parent(state: Path) -> Path:
    parent = state / FOLDER
    make_private(parent)
    return parent


def _numbered(parent: Path) -> Iterator[Path]:
    yield from sorted((path for path in parent.iterdir() if path.name.isdecimal()), key=lambda path: int(path.name))


def _held(path: Path) -> WitnessFolder | None:
    """None where another one holds it, or has removed it meanwhile."""
    try:
        lock = os.open(path / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    except (FileNotFoundError, NotADirectoryError):
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    if is_same_file(lock, path / LOCK):
        return WitnessFolder(path, lock)
    os.close(lock)
    return None
