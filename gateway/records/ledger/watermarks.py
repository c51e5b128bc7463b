"""The highest sequence number that was ever seen of each tenant, kept outside the store, so that what it forgets is found out.

Every acknowledged transition has a number, and each step shows the highest one that its gateway has seen (`ledger.lua`). The
file outlives the gateway, so that also a store that lost something while no gateway ran is found out. It is written once a
second: what the store and the last gateway of a host lose together within that second stays unnoticed.
"""

import asyncio
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import orjson

FILE, LOCK, DRAFT = "marks.json", "marks.lock", "marks.new"


class Watermarks:
    """Several gateways of one host may share the directory. None: nothing outlives the process."""

    def __init__(self, directory: Path | None = None) -> None:
        """Raises OSError, ValueError where the file cannot be read: a gateway must not start without its memory."""
        self._directory = directory
        self._marks: dict[str, int] = {}
        self._changed = False
        if directory is not None:
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._marks = _read(directory / FILE)

    def of(self, tenant: str) -> int:
        return self._marks.get(tenant, 0)

    def tenants(self) -> list[str]:
        return sorted(self._marks)

    def saw(self, tenant: str, number: int) -> None:
        if number > self._marks.get(tenant, 0):
            self._marks[tenant] = number
            self._changed = True

    async def sync(self) -> None:
        """Write what has changed through to the disk, and learn what the host's other gateways have seen. Raises OSError."""
        if self._directory is not None and self._changed:
            self._changed = False
            for tenant, number in (await asyncio.to_thread(_merge, self._directory, dict(self._marks))).items():
                self._marks[tenant] = max(number, self._marks.get(tenant, 0))


def _merge(directory: Path, marks: dict[str, int]) -> dict[str, int]:
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)  # an operator may have removed it
    with _locked(directory / LOCK):
        known = _read(directory / FILE)
        merged = {tenant: max(marks.get(tenant, 0), known.get(tenant, 0)) for tenant in marks | known}
        if merged != known:
            _write(directory, orjson.dumps(merged))
    return merged


def _read(path: Path) -> dict[str, int]:
    return {str(tenant): int(number) for tenant, number in orjson.loads(path.read_bytes()).items()} if path.exists() else {}


def _write(directory: Path, content: bytes) -> None:
    with (directory / DRAFT).open("wb") as draft:
        draft.write(content)
        draft.flush()
        os.fsync(draft.fileno())
    (directory / DRAFT).replace(directory / FILE)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
