"""The folders of a state directory's gateways: who holds the lock of one has it for itself, and who is dead holds none."""

import fcntl
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import orjson

from gateway.records.ledger.disk import make_private
from gateway.records.ledger.same_file import is_same_file
from gateway.records.ledger.specification.mark import Mark

FOLDER, ID, MARKS, PERMISSIONS, LOCK = "witness", "id", "marks.json", "permissions", "lock"

WELL_FORMED = re.compile("[0-9a-f]{12}")

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
                made = _made(parent / str(number))
            except FileExistsError:
                number += 1
                continue
            if made:
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
        """Empty where there is none, or it is spoiled. Raises OSError."""
        found = (self.path / ID).read_bytes().decode(errors="replace").strip() if (self.path / ID).exists() else ""
        return found if WELL_FORMED.fullmatch(found) else ""

    def marks(self) -> dict[str, Mark]:
        """Raises OSError; ValueError where they are spoiled."""
        return _decoded((self.path / MARKS).read_bytes()) if (self.path / MARKS).exists() else {}

    def write(self, id: str, marks: bytes) -> None:
        """Through to the disk. Raises OSError."""
        self.write_id(id)
        self._write_through(MARKS, marks)

    def write_id(self, id: str) -> None:
        """Through to the disk, before anything else is: what is found with no id has no gateway. Raises OSError."""
        self._write_through(ID, id.encode())

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
        draft = self.path / f"{name}.draft"
        try:
            with draft.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self.path / name)
        except OSError:
            draft.unlink(missing_ok=True)
            raise


def encoded(marks: dict[str, Mark]) -> bytes:
    return orjson.dumps({tenant: (mark.number, mark.nonce.hex(), mark.epoch) for tenant, mark in marks.items()})


def _decoded(marks: bytes) -> dict[str, Mark]:
    """Raises ValueError."""
    try:
        found = orjson.loads(marks).items()
        return {tenant: Mark(int(number), bytes.fromhex(nonce), int(epoch)) for tenant, (number, nonce, epoch) in found}
    except (AttributeError, TypeError) as error:
        raise ValueError(f"these are no marks: {error}") from error


def _parent(state: Path) -> Path:
    parent = state / FOLDER
    make_private(parent)
    return parent


def _numbered(parent: Path) -> Iterator[Path]:
    yield from sorted((path for path in parent.iterdir() if path.name.isdecimal()), key=lambda path: int(path.name))


def _made(path: Path) -> WitnessFolder | None:
    """None where another one has taken it meanwhile. Raises OSError; FileExistsError where it is there already."""
    path.mkdir(mode=0o700)
    try:
        return _held(path)
    except OSError:
        with suppress(OSError):  # what failed first is told
            path.rmdir()
        raise


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
