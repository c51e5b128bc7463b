"""Who may do what with artifacts: they are as the calls that they come from, or go into. Every step is on the log."""

from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass, replace

import structlog

from gateway.model.artifact import StoredArtifact
from gateway.model.errors import ArtifactExpired, ArtifactNotFound, ArtifactsOff, ArtifactTooLarge, NotPermitted, RequestInvalid
from gateway.model.principal import Caller, Principal
from gateway.records.artifacts.artifacts import Artifacts, ArtifactWriter

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ToldFile:
    """What a caller says of a file that it puts there. `size`: how many bytes there will be, if that is said."""

    media_type: str = ""
    filename: str = ""
    size: int | None = None


@dataclass(frozen=True, slots=True)
class PutEnd:
    """What a caller says that it has sent, once that is all."""

    size: int
    sha256: str


#: Artifacts that are looked at for one of a page.
LOOKED_AT = 2

#: Whether a caller may read and cancel a call of that principal's.
MaySee = Callable[[Caller, Principal], bool]


def _own(caller: Caller, owner: Principal) -> bool:
    return caller.principal == owner


@dataclass(frozen=True, slots=True)
class ArtifactAccess:
    """`artifacts` is None where the operator has named no store of them."""

    may_see: MaySee = _own
    artifacts: Artifacts | None = None

    @property
    def store(self) -> Artifacts:
        """Raises ArtifactsOff."""
        if self.artifacts is None:
            raise ArtifactsOff("this gateway keeps no artifacts")
        return self.artifacts

    @property
    def of_tenant(self) -> "ArtifactAccess":
        """The same for a call that has a record: whether its caller may see what it sends was looked at before it had one. Its
        rights are not known any more where another gateway goes on with it."""
        return replace(self, may_see=lambda _caller, _owner: True)

    async def find(self, caller: Caller, id: str) -> StoredArtifact:
        """Raises ArtifactNotFound, also where this caller may not see it; ArtifactExpired, ArtifactsUnavailable."""
        found = await self.store.find(caller.principal.tenant, id)
        if not self.may_see(caller, found.owner):
            raise ArtifactNotFound(f"no artifact {id}")
        return found

    def read(self, caller: Caller, found: StoredArtifact, offset: int) -> AsyncIterator[bytes]:
        """Raises RequestInvalid."""
        if offset > found.artifact.size:
            raise RequestInvalid(f"the offset is beyond the artifact's end, which has {found.artifact.size:,} bytes")
        log.info("artifact_read", artifact=found.artifact.id, offset=offset, **who(caller))
        return self.store.read(found, offset)

    async def put(self, caller: Caller, told: ToldFile, pieces: AsyncIterator[bytes | PutEnd]) -> StoredArtifact:
        """Raises NotPermitted, RequestInvalid, ArtifactTooLarge, QuotaExceeded, ArtifactsUnavailable. Then nothing of it is
        left."""
        if not caller.rule.tools:
            raise NotPermitted(f"{caller.principal.agent} may call no tool, and so needs no file for a call")
        if told.size is not None and told.size > self.store.bounds.bytes:
            raise ArtifactTooLarge(f"an artifact has at most {self.store.bounds.bytes:,} bytes")
        writer = await self.store.begin(caller.principal, told.media_type, told.filename)
        try:
            async for piece in pieces:
                if isinstance(piece, PutEnd):
                    _require_whole(piece, writer)
                    stored = await writer.keep()
                    break
                await writer.write(piece)
            else:
                raise RequestInvalid("the file did not come to its end: the last message must say what it was")
        finally:
            await writer.drop()
        log.info("artifact_put", artifact=stored.artifact.id, bytes=stored.artifact.size, **who(caller))
        return stored

    async def page(self, caller: Caller, after: str, size: int) -> tuple[list[StoredArtifact], str]:
        """At most so many of those that the caller may see, behind that id, and the last id that was looked at, if there are
        more. Each is looked up by itself: a page of a tenant whose artifacts are others' has fewer, or none."""
        ids = [id for id in await self.store.ids(caller.principal.tenant) if id > after]
        found, last = list[StoredArtifact](), ""
        for last in ids[: LOOKED_AT * size]:
            with suppress(ArtifactNotFound, ArtifactExpired):
                found.append(await self.find(caller, last))
            if len(found) == size:
                break
        return found, last if ids and last != ids[-1] else ""

    async def delete(self, caller: Caller, id: str) -> None:
        """Raises as `find`."""
        await self.store.delete(await self.find(caller, id))
        log.info("artifact_deleted", artifact=id, **who(caller))


def _require_whole(end: PutEnd, writer: ArtifactWriter) -> None:
    if (end.size, end.sha256) != (writer.size, writer.sha256):
        raise RequestInvalid("what came has another size or sha256 than what was sent")


NO_ARTIFACTS = ArtifactAccess()


def who(caller: Caller) -> dict[str, str]:
    principal = caller.principal
    return {"tenant": principal.tenant, "agent": principal.agent, "subject": principal.subject}
