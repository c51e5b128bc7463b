"""What this gateway has let go: the records of calls that act, as it saw them last, kept outside the store.

A store that has lost what it acknowledged gets them back from here, also where the gateway has died meanwhile: each entry is
written to a file before its box may send, or its caller is answered. It is not flushed for that: what a process that is killed
has written is the kernel's. `sync` flushes it every second: what the host's power takes with it within that second is lost.

The newest KEPT_BYTES of KEPT_SECONDS are kept. `forgotten` tells, by tenant, up to which event something is not here any more.
"""

import os
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from struct import pack, unpack_from
from typing import NamedTuple
from zlib import crc32

from gateway.records.ledger.packed import fields_of
from gateway.records.ledger.specification.mark import Mark

#: An hour; long before a record of a call that acts expires.
KEPT_SECONDS = 3600.0
KEPT_BYTES = 64 << 20

#: The file is written anew where it has grown beyond twice what is kept, and this.
SLACK = 8 << 20

KEEP, STRIKE, FORGET = b"K", b"S", b"F"


class Permitted(NamedTuple):
    """One record, as the store has packed it. `mark`: the event by which it became so. `alive`: its attempt may be under way in
    this process. `size`: of its entry in the file."""

    tenant: str
    id: str
    mark: Mark
    at: float
    packed: bytes
    alive: bool
    size: int


class PermissionLog:
    """None: nothing outlives the process. `clock`: seconds since the epoch, by this host."""

    def __init__(self, path: Path | None = None, clock: Callable[[], float] = time.time) -> None:
        """Raises OSError. What was torn off by a crash at the end of the file is passed over."""
        self._path, self._clock = path, clock
        self._kept: OrderedDict[tuple[str, str], Permitted] = OrderedDict()
        self._size = self._written = 0
        self.forgotten: dict[str, int] = {}
        self._file = -1
        if path is not None:
            for entry in _entries(path.read_bytes() if path.exists() else b""):
                self._replay(entry)
            self._write_anew(path)

    def keep(self, tenant: str, id: str, mark: Mark, packed: bytes, *, alive: bool = True) -> None:
        """Return once it outlives the process. Raises OSError."""
        at = self._clock()
        framed = _encoded(tenant, id, mark, at, packed)
        self._append(framed)
        self._put(Permitted(tenant, id, mark, at, packed, alive, len(framed)))
        self._forget_the_oldest()

    def strike(self, tenant: str, id: str) -> None:
        """Its permission was not used, or its key is free again."""
        if self._drop(tenant, id):
            self._append(_framed([STRIKE, tenant.encode(), id.encode()]))

    def has(self, tenant: str, id: str) -> bool:
        return (tenant, id) in self._kept

    def permissions_of(self, tenant: str, id: str) -> int:
        """How many of the record's permissions may have been used."""
        kept = self._kept.get((tenant, id))
        return int(fields_of(kept.packed).get(b"disp", b"0")) if kept else 0

    def state_of(self, tenant: str, id: str) -> str | None:
        """The state in which the record was seen last. None: it is not here."""
        kept = self._kept.get((tenant, id))
        return fields_of(kept.packed)[b"st"].decode() if kept else None

    def beyond(self, tenant: str, number: int) -> list[Permitted]:
        """Those of events with a greater number, the oldest first."""
        return [one for one in self._kept.values() if one.tenant == tenant and one.mark.number > number]

    def tenants(self) -> set[str]:
        return {tenant for tenant, _ in self._kept} | self.forgotten.keys()

    def newest(self, tenant: str) -> Mark:
        return max((one.mark for one in self._kept.values() if one.tenant == tenant), key=lambda mark: mark.age, default=Mark())

    def take_over(self, other: "PermissionLog") -> None:
        """What a dead gateway's log has is in this one from now on. Raises OSError."""
        for one in list(other._kept.values()):
            if not self.has(one.tenant, one.id):
                self._append(_encoded(*one[:5]))
                self._put(one)
        for tenant, number in other.forgotten.items():
            self._forget(tenant, number)

    def sync(self) -> None:
        """Flush it to the disk. Raises OSError. Called beside the event loop."""
        if self._file >= 0:
            os.fdatasync(self._file)

    def tidy(self) -> None:
        """Forget what is old, and write the file anew where much of it is out of date. Raises OSError."""
        self._forget_the_oldest()
        if self._path is not None and self._written > 2 * self._size + SLACK:
            self._write_anew(self._path)

    def move_to(self, path: Path) -> None:
        """Write all of it there from now on. Raises OSError."""
        self._path = path
        self._write_anew(path)

    def close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _put(self, permitted: Permitted) -> None:
        self._drop(permitted.tenant, permitted.id)
        self._kept[permitted.tenant, permitted.id] = permitted
        self._size += permitted.size

    def _drop(self, tenant: str, id: str) -> Permitted | None:
        dropped = self._kept.pop((tenant, id), None)
        self._size -= dropped.size if dropped else 0
        return dropped

    def _forget_the_oldest(self) -> None:
        horizon = self._clock() - KEPT_SECONDS
        while self._kept and (self._size > KEPT_BYTES or next(iter(self._kept.values())).at < horizon):
            oldest = next(iter(self._kept.values()))
            self.strike(oldest.tenant, oldest.id)
            self._forget(oldest.tenant, oldest.mark.number)

    def _forget(self, tenant: str, number: int) -> None:
        if number > self.forgotten.get(tenant, 0):
            self.forgotten[tenant] = number
            self._append(_framed([FORGET, tenant.encode(), b"%d" % number]))

    def _append(self, framed: bytes) -> None:
        if self._file >= 0:
            self._written += _write(self._file, framed)

    def _write_anew(self, path: Path) -> None:
        draft = path.with_suffix(".new")
        file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)
        forgotten = [_framed([FORGET, tenant.encode(), b"%d" % number]) for tenant, number in self.forgotten.items()]
        content = b"".join([*forgotten, *(_encoded(*one[:5]) for one in self._kept.values())])
        self._written = _write(file, content) if content else 0
        os.fdatasync(file)
        draft.replace(path)
        self.close()
        self._file = file

    def _replay(self, parts: list[bytes]) -> None:
        kind, tenant, *rest = parts
        if kind == KEEP:
            self._put(_decoded(parts))
        elif kind == STRIKE:
            self._drop(tenant.decode(), rest[0].decode())
        else:
            self.forgotten[tenant.decode()] = int(rest[0])


def _encoded(tenant: str, id: str, mark: Mark, at: float, packed: bytes) -> bytes:
    number, nonce, epoch = mark
    return _framed([KEEP, tenant.encode(), id.encode(), b"%d" % number, nonce, b"%d" % epoch, b"%d" % at, packed])


def _decoded(parts: list[bytes]) -> Permitted:
    _, tenant, id, number, nonce, epoch, at, packed = parts
    mark = Mark(int(number), nonce, int(epoch))
    return Permitted(tenant.decode(), id.decode(), mark, float(at), packed, alive=False, size=sum(map(len, parts)))


def _framed(parts: Sequence[bytes]) -> bytes:
    """Length and checksum of what follows; the number of parts, their lengths, and they."""
    count = len(parts)
    body = b"".join((pack(f">{count + 1}I", count, *map(len, parts)), *parts))
    return pack(">2I", len(body), crc32(body)) + body


def _entries(content: bytes) -> Iterator[list[bytes]]:
    at = 0
    while at + 8 <= len(content):
        length, check = unpack_from(">2I", content, at)
        body = content[at + 8 : at + 8 + length]
        if len(body) < length or crc32(body) != check:
            return
        yield list(_parts(body))
        at += 8 + length


def _parts(body: bytes) -> Iterator[bytes]:
    (count,) = unpack_from(">I", body)
    at = 4 * (count + 1)
    for length in unpack_from(f">{count}I", body, 4):
        yield body[at : at + length]
        at += length


def _write(file: int, content: bytes) -> int:
    """All of it. What a full disk has cut short is passed over by who reads it."""
    left = memoryview(content)
    while left:
        left = left[os.write(file, left) :]
    return len(content)
