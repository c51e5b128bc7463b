"""What this gateway has let go: the records of calls that act, as it saw them last, kept outside the store.

A store that has lost what it acknowledged gets them back from here, also where the gateway has died meanwhile: each entry is
written to a file before its box may send, or its caller is answered. It is not flushed for that: what a process that is killed
has written is the kernel's. `sync` flushes it every second: what the host's power takes with it within that second is lost.

The newest KEPT_BYTES of KEPT_SECONDS are kept, by this process' monotonic clock: what was found in the file is new to it.
`forgotten` tells, by tenant, up to which event something is not here any more.
"""

import os
from collections.abc import Callable, Iterator
from errno import EIO
from pathlib import Path
from time import monotonic
from typing import NamedTuple

import structlog

from gateway.records.ledger.disk import cure_of_disk
from gateway.records.ledger.frames import entries_of, framed
from gateway.records.ledger.packed import fields_of
from gateway.records.ledger.same_file import is_same_file
from gateway.records.ledger.specification.mark import Mark

log = structlog.get_logger(__name__)

#: An hour; long before a record of a call that acts expires.
KEPT_SECONDS = 3600.0
KEPT_BYTES = 64 << 20
#: The oldest are forgotten together: what is too old once a minute, and where there is too much, down to this share.
LOOK_SECONDS = 60.0
LEFT_SHARE = 7 / 8

#: The file is written anew where it has grown beyond twice what is kept, and this.
SLACK = 8 << 20

KEEP, STRIKE, FORGET = b"K", b"S", b"F"

#: A `Permitted` without its class: the collector of garbage passes plain tuples of values over, and tens of thousands are kept.
Plain = tuple[str, str, tuple[int, bytes, int], float, bytes, bool, int]


class Permitted(NamedTuple):
    """One record, as the store has packed it. `mark`: the event by which it became so. `at`: seconds, by the log's clock.
    `alive`: its attempt may be under way in this process. `size`: of its entry in the file."""

    tenant: str
    id: str
    mark: Mark
    at: float
    packed: bytes
    alive: bool
    size: int

    @classmethod
    def of(cls, plain: Plain) -> "Permitted":
        tenant, id, mark, at, packed, alive, size = plain
        return cls(tenant, id, Mark(*mark), at, packed, alive, size)


class PermissionLog:
    """`path` None: nothing outlives the process. `clock`: seconds since any moment; it never goes back, nor ahead."""

    def __init__(self, path: Path | None = None, clock: Callable[[], float] = monotonic) -> None:
        """Raises OSError. What was torn off by a crash at the end of the file is passed over."""
        self._clock = clock
        self._path: Path | None = None
        #: Those kept last stand last.
        self._kept: dict[tuple[str, str], Plain] = {}
        self._size = self._written = 0
        self._next_look = clock() + LOOK_SECONDS
        self.forgotten: dict[str, int] = {}
        #: Whether something in the file could not be read.
        self.damaged = False
        self._file = -1
        self._torn = self._unflushed = False
        #: Whether the file lacks an end that is in memory.
        self._behind = False
        #: Bytes of a file that is too long and could not be written anew: it is left alone until it has grown by SLACK.
        self._too_long = 0
        if path is not None:
            self._read(path)
            self.move_to(path)

    @classmethod
    def read_only(cls, path: Path, clock: Callable[[], float] = monotonic) -> "PermissionLog":
        """What is there, until it is moved to a file of its own. Raises OSError."""
        log = cls(clock=clock)
        log._read(path)
        return log

    def keep(self, tenant: str, id: str, mark: Mark, packed: bytes, *, alive: bool = True) -> None:
        """Return once it outlives the process. Raises OSError: then a permission is not here, as it is refused.

        An end is here all the same, since it has happened: only a process that dies before the next `tidy` knows nothing of it.
        """
        entry, now = _encoded(tenant, id, mark, packed), self._clock()
        permitted = tenant, id, mark[:], now, packed, alive, len(entry)
        try:
            self._append(entry)
        except OSError:
            if not alive:
                self._behind = True
                self._put(permitted)
            raise
        self._put(permitted)
        if self._size > KEPT_BYTES or now >= self._next_look:
            self._forget_the_oldest(now)

    def strike(self, tenant: str, id: str) -> None:
        """Its permission was not used, or its key is free again. Raises OSError: then it is here still, as in the file."""
        if self.has(tenant, id):
            self._append(framed([STRIKE, tenant.encode(), id.encode()]))
            self._drop(tenant, id)

    def forget(self, tenant: str, number: int) -> None:
        """Something up to this event is not here any more. Raises OSError."""
        if number > self.forgotten.get(tenant, 0):
            self._append(_forgetting((tenant, number)))
            self.forgotten[tenant] = number

    def has(self, tenant: str, id: str) -> bool:
        return (tenant, id) in self._kept

    def kept(self, tenant: str, id: str) -> Permitted | None:
        kept = self._kept.get((tenant, id))
        return Permitted.of(kept) if kept else None

    def is_the_only_one(self, tenant: str, id: str, fence: int) -> bool:
        """Whether the record's one permission that may have been used is the one that was given under this fence."""
        kept = self.kept(tenant, id)
        fields = fields_of(kept.packed) if kept else {}
        return (fields.get(b"disp"), fields.get(b"df")) == (b"1", b"%d" % fence)

    def state_of(self, tenant: str, id: str) -> str | None:
        """The state in which the record was seen last. None: it is not here."""
        kept = self.kept(tenant, id)
        return fields_of(kept.packed)[b"st"].decode() if kept else None

    def beyond(self, tenant: str, number: int) -> list[Permitted]:
        """Those of events with a greater number, the oldest first."""
        return [one for one in self._all() if one.tenant == tenant and one.mark.number > number]

    def tenants(self) -> set[str]:
        return {tenant for tenant, _ in self._kept} | self.forgotten.keys()

    def newest(self, tenant: str) -> Mark:
        return max((one.mark for one in self._all() if one.tenant == tenant), key=lambda mark: mark.age, default=Mark())

    def take_over(self, other: "PermissionLog") -> None:
        """What a dead gateway's log has is in this one from now on, unless this one has a later word. Raises OSError."""
        for one in list(other._all()):
            own = self.kept(one.tenant, one.id)
            if own is None or own.mark.age < one.mark.age:
                self.keep(one.tenant, one.id, one.mark, one.packed, alive=one.alive)
        for tenant, number in other.forgotten.items():
            self.forget(tenant, number)

    @property
    def unflushed(self) -> bool:
        return self._unflushed

    def sync(self) -> None:
        """Flush it to the disk. Raises OSError. Called beside the event loop."""
        if self._file >= 0 and self._unflushed:
            self._unflushed = False
            try:
                os.fdatasync(self._file)
            except OSError:
                self._torn = True  # the kernel flushes these pages no more
                raise

    def tidy(self) -> None:
        """Forget what is old; write the file anew where it is torn, removed, lacks an end, or much of it is out of date.

        Raises OSError, unless the file is merely too long: that one may stay.
        """
        if self._path is not None:
            self._write_anew_where_needed(self._path)
        self._forget_the_oldest(self._clock())

    def move_to(self, path: Path) -> None:
        """Write all of it there from now on. Raises OSError: then it is where it was, and nothing is left of the trial."""
        draft = path.with_suffix(".new")
        file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)
        try:
            written = _write(file, self._content())
            os.fdatasync(file)
            draft.replace(path)
        except OSError:
            os.close(file)
            draft.unlink(missing_ok=True)
            raise
        self.close()
        self._path, self._file, self._written = path, file, written
        self._torn = self._behind = False
        self._too_long = 0

    def close(self) -> None:
        """Nothing is written from now on: the place may be another gateway's."""
        self._path = None
        if self._file >= 0:
            file, self._file = self._file, -1
            os.close(file)

    def _all(self) -> Iterator[Permitted]:
        return map(Permitted.of, self._kept.values())

    def _put(self, permitted: Plain) -> None:
        name, size = permitted[:2], permitted[-1]
        before = self._kept.pop(name, None)
        self._kept[name] = permitted
        self._size += size - before[-1] if before else size

    def _drop(self, tenant: str, id: str) -> None:
        dropped = self._kept.pop((tenant, id), None)
        if dropped:
            self._size -= dropped[-1]

    def _forget_the_oldest(self, now: float) -> None:
        """Raises OSError: then all is here still."""
        self._next_look = now + LOOK_SECONDS
        oldest = self._oldest(KEPT_BYTES * LEFT_SHARE if self._size > KEPT_BYTES else KEPT_BYTES, now - KEPT_SECONDS)
        numbers = dict(self.forgotten)
        for tenant, _, mark, *_ in oldest:
            numbers[tenant] = max(mark[0], numbers.get(tenant, 0))
        told = {tenant: number for tenant, number in numbers.items() if number != self.forgotten.get(tenant)}
        struck = [framed([STRIKE, tenant.encode(), id.encode()]) for tenant, id, *_ in oldest]
        self._append(b"".join([*map(_forgetting, told.items()), *struck]))
        self.forgotten = numbers
        for tenant, id, *_ in oldest:
            self._drop(tenant, id)

    def _oldest(self, most: float, before: float) -> list[Plain]:
        """Those beyond so many bytes, or of a time before."""
        found, size = list[Plain](), self._size
        for plain in self._kept.values():
            if size <= most and plain[3] >= before:
                break
            found.append(plain)
            size -= plain[-1]
        return found

    def _append(self, entry: bytes) -> None:
        if self._file < 0 or not entry:
            return
        if self._torn:
            raise OSError(EIO, "the permission log is torn until it was written anew", str(self._path))
        try:
            self._written += _write(self._file, entry)
        except OSError:
            self._cut_back()
            raise
        self._unflushed = True

    def _cut_back(self) -> None:
        """Half an entry would be taken for the end of all. Where it cannot be cut off, nothing may follow it."""
        try:
            os.ftruncate(self._file, self._written)
        except OSError:
            self._torn = True

    def _write_anew_where_needed(self, path: Path) -> None:
        if self._torn or self._behind or self._is_gone(path):
            self.move_to(path)
        elif self._written > max(2 * self._size, self._too_long) + SLACK:
            self._shorten(path)

    def _shorten(self, path: Path) -> None:
        try:
            self.move_to(path)
        except OSError as error:
            self._too_long = self._written
            log.error("permissions_not_shortened", path=str(path), error=str(error), cure=cure_of_disk(error))  # noqa: TRY400 - no defect

    def _is_gone(self, path: Path) -> bool:
        """An operator has removed, replaced or emptied the file."""
        return not is_same_file(self._file, path) or os.fstat(self._file).st_size != self._written

    def _content(self) -> bytes:
        return b"".join(
            [
                *map(_forgetting, self.forgotten.items()),
                *(_encoded(one.tenant, one.id, one.mark, one.packed) for one in self._all()),
            ]
        )

    def _read(self, path: Path) -> None:
        for parts in entries_of(path.read_bytes() if path.exists() else b""):
            if parts is None:
                self.damaged = True
            else:
                self._replay(parts)

    def _replay(self, parts: list[bytes]) -> None:
        kind, tenant, *rest = parts
        if kind == KEEP:
            self._put(_decoded(parts, self._clock()))
        elif kind == STRIKE:
            self._drop(tenant.decode(), rest[0].decode())
        else:
            self.forgotten[tenant.decode()] = int(rest[0])


def _forgetting(told: tuple[str, int]) -> bytes:
    tenant, number = told
    return framed([FORGET, tenant.encode(), b"%d" % number])


def _encoded(tenant: str, id: str, mark: Mark, packed: bytes) -> bytes:
    number, nonce, epoch = mark
    return framed([KEEP, tenant.encode(), id.encode(), b"%d" % number, nonce, b"%d" % epoch, packed])


def _decoded(parts: list[bytes], at: float) -> Plain:
    _, tenant, id, number, nonce, epoch, packed = parts
    return tenant.decode(), id.decode(), (int(number), nonce, int(epoch)), at, packed, False, sum(map(len, parts))


def _write(file: int, content: bytes) -> int:
    """All of it. Raises OSError: then a part of it may have been written."""
    written = os.write(file, content)
    while written < len(content):
        written += os.write(file, memoryview(content)[written:])
    return written
