"""Artifacts over objects: whose they are, their quota, their expiry, and what is known of each.

folder of a tenant / id.data      the bytes
                   / id.json      what is known of them: written last, removed first; without it there is no artifact

An id says by itself when it expires. So what has expired is told from what never was, and is found by the names alone.
"""

import asyncio
import secrets
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import orjson

from gateway.model.artifact import Artifact, StoredArtifact, expiry_of
from gateway.model.artifact_settings import ArtifactBounds
from gateway.model.errors import ArtifactExpired, ArtifactNotFound, ArtifactsUnavailable, ArtifactTooLarge, brief
from gateway.model.principal import Principal
from gateway.model.quotas import QuotaUse
from gateway.records.artifacts.protocol import Objects, ObjectWriter
from gateway.records.artifacts.room import Room
from gateway.records.artifacts.threads import Threads
from gateway.records.artifacts.to_its_end import to_its_end

DATA, KNOWN = ".data", ".json"

#: Seconds after which what is being written is taken for given up.
GIVEN_UP = 86_400.0

#: Seconds after which bytes of which nothing is known are taken for left over: longer than any step between the two takes.
HALF = 600.0


class Artifacts:
    """`clock` gives seconds since the epoch."""

    def __init__(self, objects: Objects, bounds: ArtifactBounds, clock: Callable[[], float] = time.time) -> None:
        self.bounds = bounds
        self._objects = objects
        self._clock = clock
        self._room = Room(bounds.most, bounds.most_bytes)
        self._listing: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)  # of each tenant
        self._halves: dict[str, float] = {}  # since when they were seen
        self.threads = Threads(2)

    async def begin(self, owner: Principal, media_type: str, filename: str = "", origin: str = "") -> "ArtifactWriter":
        """Raises QuotaExceeded, ArtifactsUnavailable."""
        return await to_its_end(self._begin(owner, media_type, filename, origin), ArtifactWriter.drop)

    async def _begin(self, owner: Principal, media_type: str, filename: str, origin: str) -> "ArtifactWriter":
        now = self._clock()
        id = f"art_{int(now + self.bounds.seconds):08x}{secrets.token_hex(12)}"
        stored = StoredArtifact(Artifact(id, media_type, 0, "", expiry_of(id) or 0.0, filename), owner, now, origin=origin)
        async with self._listing[owner.tenant]:  # what is listed here must not be counted a second time when its writer ends
            count, size = await self._stored(owner.tenant)
            self._room.begin(owner.tenant, count=count, stored=size)
        try:
            writer = await self._objects.begin(_name(owner.tenant, id) + DATA)
        except BaseException:
            self._room.end(owner.tenant, 0, kept=False)
            raise
        return ArtifactWriter(self, writer, stored)

    async def find(self, tenant: str, id: str) -> StoredArtifact:
        """Raises ArtifactNotFound, also for another tenant's; ArtifactExpired, ArtifactsUnavailable."""
        expires = expiry_of(id)
        if expires is None:
            raise ArtifactNotFound(f"no artifact {brief(id)}")
        if expires <= self._clock():
            raise ArtifactExpired(f"the artifact {id} has expired")
        known = await self._objects.get(_name(tenant, id) + KNOWN)
        if known is None:
            raise ArtifactNotFound(f"no artifact {id}")
        return _decode(known)

    async def read(self, stored: StoredArtifact, offset: int = 0) -> AsyncIterator[bytes]:
        """Nothing from its end on: a store of objects need not know what that would be."""
        if offset < stored.artifact.size:
            async for piece in self._objects.read(_name(stored.owner.tenant, stored.artifact.id) + DATA, offset):
                yield piece

    async def ids(self, tenant: str) -> list[str]:
        """Of all that have not expired, those first that expire first."""
        now, suffix = self._clock(), KNOWN
        names = [one.name.rpartition("/")[2] for one in await self._objects.list(_folder(tenant))]
        found = [name.removesuffix(suffix) for name in names if name.endswith(suffix)]
        return [id for id in found if (expiry_of(id) or 0.0) > now]

    async def use(self, tenant: str) -> tuple[QuotaUse, ...]:
        """How much of its quotas a tenant uses. Raises ArtifactsUnavailable."""
        count, stored = await self._stored(tenant)
        return (
            QuotaUse("artifacts", count, self.bounds.most),
            QuotaUse("artifacts_bytes", stored, self.bounds.most_bytes),
        )

    async def delete(self, stored: StoredArtifact) -> None:
        name = _name(stored.owner.tenant, stored.artifact.id)
        await self._objects.delete(name + KNOWN)
        await self._objects.delete(name + DATA)

    async def sweep(self) -> None:
        """Remove what has expired, of every tenant, what was never completed, and what of a deleted one was left.

        Raises ArtifactsUnavailable: where one cannot be removed, once the others are.
        """
        now, failed = self._clock(), list[ArtifactsUnavailable]()
        names = [one.name for one in await self._objects.list()]
        for name in [*reversed([name for name in names if _expired(name, now)]), *self._left_over(names, now)]:
            try:
                await self._objects.delete(name)  # what is known of the bytes, before them
            except ArtifactsUnavailable as error:
                failed.append(error)
        await self._objects.sweep(now - GIVEN_UP)
        if failed:
            raise failed[0]

    def _left_over(self, names: list[str], now: float) -> list[str]:
        """Bytes of which nothing has been known for long: where a delete was not done to its end, or a gateway was lost."""
        known = {name.removesuffix(KNOWN) for name in names if name.endswith(KNOWN)}
        halves = [name for name in names if name.endswith(DATA) and name.removesuffix(DATA) not in known]
        self._halves = {name: self._halves.get(name, now) for name in halves}
        return [name for name, since in self._halves.items() if now - since >= HALF]

    async def keep(self, writer: "ArtifactWriter", stored: StoredArtifact) -> None:
        async with self._listing[stored.owner.tenant]:
            name = _name(stored.owner.tenant, stored.artifact.id)
            try:
                await writer.objects.commit()
                await self._objects.put(name + KNOWN, _encode(stored))
            except BaseException:  # also of a step that was done, and whose answer was lost
                for part in (KNOWN, DATA):
                    with suppress(ArtifactsUnavailable):
                        await self._objects.delete(name + part)
                raise
            self._room.end(stored.owner.tenant, stored.artifact.size, kept=True)

    async def _stored(self, tenant: str) -> tuple[int, int]:
        """How many artifacts a tenant has, and how many bytes."""
        data = [one.size for one in await self._objects.list(_folder(tenant)) if one.name.endswith(DATA)]
        return len(data), sum(data)

    def take(self, tenant: str, size: int) -> None:
        self._room.take(tenant, size)

    def give_back(self, tenant: str, size: int) -> None:
        self._room.end(tenant, size, kept=False)


@dataclass(slots=True)
class ArtifactWriter:
    """One artifact that is being written. It must be kept or dropped. One step at a time: a step that is cancelled is ended
    before the next one begins."""

    artifacts: Artifacts
    objects: ObjectWriter
    begun: StoredArtifact
    _size: int = field(default=0, init=False)
    _digest: Any = field(default_factory=sha256, init=False)
    _over: bool = field(default=False, init=False)
    _broken: bool = field(default=False, init=False)
    _step: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)

    @property
    def size(self) -> int:
        return self._size

    @property
    def sha256(self) -> str:
        """Of all that was written by now, in hex."""
        return str(self._digest.hexdigest())

    async def write(self, piece: bytes | bytearray | memoryview) -> None:
        """Raises ArtifactTooLarge, QuotaExceeded, ArtifactsUnavailable."""
        if self._size + len(piece) > (most := self.artifacts.bounds.bytes):
            raise ArtifactTooLarge(f"the artifact is larger than {most:,} bytes")
        self.artifacts.take(self.begun.owner.tenant, len(piece))
        self._size += len(piece)
        await to_its_end(self._write(piece))

    async def keep(self) -> StoredArtifact:
        """Let it be there. Raises ArtifactsUnavailable; then nothing of it is left."""
        return await to_its_end(self._keep())

    async def drop(self) -> None:
        """Leave nothing of it, unless it was kept."""
        await to_its_end(self._drop())

    async def _keep(self) -> StoredArtifact:
        async with self._step:
            if self._broken:
                raise ArtifactsUnavailable("a piece of the artifact was not taken")
            made = self.begun.artifact
            artifact = Artifact(made.id, made.media_type, self._size, self.sha256, made.expires, made.filename)
            stored = StoredArtifact(artifact, self.begun.owner, self.begun.created, origin=self.begun.origin)
            await self.artifacts.keep(self, stored)
            self._over = True
            return stored

    async def _drop(self) -> None:
        async with self._step:
            if not self._over:
                self._over = True
                await self.objects.abort()
                self.artifacts.give_back(self.begun.owner.tenant, self._size)

    async def _write(self, piece: bytes | bytearray | memoryview) -> None:
        async with self._step:
            if not self._over:
                digesting = self.artifacts.threads.do(self._digest.update, piece)
                was, self._broken = self._broken, True  # until the piece is there: one with a hole must not be kept
                await asyncio.gather(self.objects.write(piece), digesting)
                self._broken = was


def _expired(name: str, now: float) -> bool:
    expires = expiry_of(name.rpartition("/")[2].partition(".")[0])
    return expires is not None and expires <= now


def _folder(tenant: str) -> str:
    """A tenant's name may be anything; a folder's may not."""
    return sha256(tenant.encode()).hexdigest()[:32]


def _name(tenant: str, id: str) -> str:
    return f"{_folder(tenant)}/{id}"


def _encode(stored: StoredArtifact) -> bytes:
    return orjson.dumps(stored)


def _decode(known: bytes) -> StoredArtifact:
    plain = orjson.loads(known)
    artifact, owner = Artifact(**plain.pop("artifact")), Principal(**plain.pop("owner"))
    return StoredArtifact(artifact, owner, **plain)
