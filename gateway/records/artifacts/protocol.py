"""Where artifacts lie: named objects in folders, one folder for each tenant."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol

#: Bytes that are read or written at one time.
PIECE = 512 << 10


@dataclass(frozen=True, slots=True)
class StoredObject:
    """`name` has its folder before a slash. `size` in bytes."""

    name: str
    size: int


class ObjectWriter(Protocol):
    """An object that is being written. It is there once `commit` has returned, and before that not at all."""

    async def write(self, piece: bytes | bytearray | memoryview) -> None:
        """Raises ArtifactsUnavailable."""
        ...

    async def commit(self) -> None:
        """Write it through, and let it be there as a whole. Raises ArtifactsUnavailable."""
        ...

    async def abort(self) -> None:
        """Leave nothing of it. Never raises: what cannot be removed now, `sweep` removes."""
        ...


class Objects(Protocol):
    """Names are made by the gateway alone: a folder of 32 hex digits, a slash, and letters, digits, `_` and `.`. Each step
    raises ArtifactsUnavailable where the store is away or does not take what is written."""

    async def begin(self, name: str) -> ObjectWriter: ...

    def read(self, name: str, offset: int = 0) -> AsyncIterator[bytes]:
        """The bytes from there on, in pieces. Nothing where there is no such object."""
        ...

    async def put(self, name: str, content: bytes) -> None:
        """A small object, in one step."""
        ...

    async def get(self, name: str) -> bytes | None:
        """A small object, as a whole. None where it is not there."""
        ...

    async def delete(self, name: str) -> None:
        """There need not be one."""
        ...

    async def list(self, folder: str = "") -> list[StoredObject]:
        """The objects of one folder, or of all, in the order of their names."""
        ...

    async def sweep(self, before: float) -> None:
        """Remove what writers have left that ended without a word before then, in seconds since the epoch."""
        ...
