"""Artifacts in a directory: a file for each object, a directory for each tenant.

A file is written beside its place, under a name that no reader looks for, and renamed once it is on the disk as a whole.
"""

import os
import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from errno import EDQUOT, ENOSPC, ESTALE
from io import FileIO
from pathlib import Path
from typing import ParamSpec, TypeVar
from uuid import uuid4

from gateway.model.errors import ArtifactsUnavailable
from gateway.records.artifacts.protocol import PIECE, StoredObject
from gateway.records.artifacts.threads import Threads

P = ParamSpec("P")
T = TypeVar("T")

#: How the name of a file begins that is not complete.
_UNFINISHED = ".part-"
_FOLDER = re.compile(r"[0-9a-f]{32}", re.ASCII)
_FULL = "Free space, or files, on the disk of CALLGATE_ARTIFACTS_STORE: `df` and `df -i` show what is left."


@dataclass(frozen=True, slots=True)
class DirectoryObjects:
    """`root` is made where it is not there, and is the gateway's user's alone (0700)."""

    root: Path
    threads: Threads = field(default_factory=Threads)

    async def begin(self, name: str) -> "FileWriter":
        place = self.root / name
        return FileWriter(await _step(self.threads, _open, place), place, self.threads)

    async def read(self, name: str, offset: int = 0) -> AsyncIterator[bytes]:
        try:
            file = await _step(self.threads, (self.root / name).open, "rb", buffering=0)
        except FileNotFoundError:
            return
        try:  # what is removed meanwhile is read to its end all the same
            await _step(self.threads, file.seek, offset)
            while piece := await _step(self.threads, file.read, PIECE):
                yield piece
        finally:
            self.threads.begin(file.close)

    async def put(self, name: str, content: bytes) -> None:
        writer = await self.begin(name)
        try:
            await writer.write(content)
            await writer.commit()
        except BaseException:
            await writer.abort()
            raise

    async def get(self, name: str) -> bytes | None:
        try:
            return await _step(self.threads, (self.root / name).read_bytes)
        except FileNotFoundError:
            return None

    async def delete(self, name: str) -> None:
        await _step(self.threads, (self.root / name).unlink, missing_ok=True)

    async def list(self, folder: str = "") -> list[StoredObject]:
        return await _step(self.threads, lambda: sorted(_listed(self.root, folder), key=lambda one: one.name))

    async def sweep(self, before: float) -> None:
        await _step(self.threads, _sweep, self.root, before)


@dataclass(slots=True)
class FileWriter:
    """A file that is not there yet, under a name of its own beside its place."""

    file: FileIO
    place: Path
    threads: Threads

    async def write(self, piece: bytes | bytearray | memoryview) -> None:
        await _step(self.threads, _write_all, self.file, piece)

    async def commit(self) -> None:
        await _step(self.threads, _commit, self.file, self.place)

    async def abort(self) -> None:
        with suppress(OSError):
            await self.threads.do(_abort, self.file)


async def _step(threads: Threads, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Do it in a thread. Raises FileNotFoundError as it is, and any other trouble of the disk as ArtifactsUnavailable."""
    try:
        return await threads.do(work, *args, **kwargs)
    except FileNotFoundError:
        raise
    except OSError as error:
        cure = _FULL if error.errno in (ENOSPC, EDQUOT) else None
        raise ArtifactsUnavailable(f"the directory of artifacts does not do as asked: {error.strerror}", cure=cure) from error


def _open(place: Path) -> FileIO:
    place.parent.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with suppress(FileExistsError):
        place.parent.mkdir(mode=0o700)
        _write_through(place.parent.parent)  # the name of the folder, without which nothing in it is found
    path = place.parent / f"{_UNFINISHED}{uuid4().hex}"
    return open(path, "xb", buffering=0, opener=_private)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _write_all(file: FileIO, piece: bytes | bytearray | memoryview) -> None:
    view = memoryview(piece)
    while view:
        view = view[file.write(view) :]


def _commit(file: FileIO, place: Path) -> None:
    os.fsync(file.fileno())
    file.close()
    try:
        os.rename(file.name, place)
    except FileNotFoundError as error:  # it was swept
        raise OSError(ESTALE, "what was written is not there any more") from error
    _write_through(place.parent)


def _write_through(directory: Path) -> None:
    """The names in it."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _abort(file: FileIO) -> None:
    """Unlinked before it is closed: a shared file system writes at the close all that is still to be there."""
    try:
        os.unlink(file.name)
    finally:
        file.close()


def _listed(root: Path, folder: str) -> Iterator[StoredObject]:
    for directory in [root / folder] if folder else _directories(root):
        with suppress(FileNotFoundError), os.scandir(directory) as entries:
            for entry in entries:
                with suppress(FileNotFoundError):  # it was deleted meanwhile
                    if not entry.name.startswith(_UNFINISHED):
                        yield StoredObject(f"{directory.name}/{entry.name}", entry.stat().st_size)


def _directories(root: Path) -> list[Path]:
    """Those of tenants. Others are not the gateway's: a disk of its own has a `lost+found`, which only root may read."""
    return [place for place in root.iterdir() if _FOLDER.fullmatch(place.name) and place.is_dir()] if root.is_dir() else []


def _sweep(root: Path, before: float) -> None:
    for directory in _directories(root):
        for place in directory.glob(f"{_UNFINISHED}*"):
            with suppress(FileNotFoundError):
                if place.stat().st_mtime < before:
                    place.unlink()
