"""ArtifactService: message in, bytes, message out. No decisions."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass

from callgate.v1 import artifact_service_pb2 as pb
from callgate.v1.artifact_service_pb2_grpc import ArtifactServiceServicer
from gateway.edge.grpc.authentication import Authentication
from gateway.edge.grpc.context import Context
from gateway.edge.grpc.invocation_wire import timestamp
from gateway.edge.grpc.paging import name_of, size_of, token_of
from gateway.model.artifact import StoredArtifact
from gateway.model.errors import RequestInvalid
from gateway.pipeline.artifact_access import ArtifactAccess, PutEnd, ToldFile
from registry.model.clean_text import is_plain, visible

#: Of one page: each is looked up by itself.
PAGE = 100
LISTED = "artifacts"
#: Bytes of a message, and characters of a media type or a filename.
LONGEST_CHUNK, LONGEST_WORD = 1 << 20, 255

_MEDIA_TYPE = re.compile(r"[ -~]{0,255}", re.ASCII)


@dataclass(frozen=True, slots=True)
class ArtifactEdge(ArtifactServiceServicer):
    authentication: Authentication
    access: ArtifactAccess

    async def GetArtifact(self, request: pb.GetArtifactRequest, context: Context) -> pb.GetArtifactResponse:
        found = await self.access.find(self.authentication.caller(context), request.id)
        return pb.GetArtifactResponse(artifact=_artifact(found))

    async def ReadArtifact(self, request: pb.ReadArtifactRequest, context: Context) -> AsyncIterator[pb.ReadArtifactResponse]:
        caller = self.authentication.caller(context)
        found = await self.access.find(caller, request.id)
        pieces = self.access.read(caller, found, request.offset)
        yield pb.ReadArtifactResponse(artifact=_artifact(found))
        async for piece in pieces:
            yield pb.ReadArtifactResponse(chunk=piece)

    async def PutArtifact(
        self, request_iterator: AsyncIterator[pb.PutArtifactRequest], context: Context
    ) -> pb.PutArtifactResponse:
        caller, told = self.authentication.caller(context), await _told(request_iterator)
        return pb.PutArtifactResponse(artifact=_artifact(await self.access.put(caller, told, _chunks(request_iterator))))

    async def ListArtifacts(self, request: pb.ListArtifactsRequest, context: Context) -> pb.ListArtifactsResponse:
        after, size = name_of(LISTED, request.page_token), size_of(request, PAGE, PAGE)
        found, last = await self.access.page(self.authentication.caller(context), after, size)
        token = token_of(LISTED, 0, last) if last else ""
        return pb.ListArtifactsResponse(artifacts=[_artifact(one) for one in found], next_page_token=token)

    async def DeleteArtifact(self, request: pb.DeleteArtifactRequest, context: Context) -> pb.DeleteArtifactResponse:
        await self.access.delete(self.authentication.caller(context), request.id)
        return pb.DeleteArtifactResponse()


async def _told(messages: AsyncIterator[pb.PutArtifactRequest]) -> ToldFile:
    """What the first message says. Raises RequestInvalid."""
    first = await anext(messages, None)
    if first is None or not first.HasField("header"):
        raise RequestInvalid("the first message must have the header")
    header = first.header
    if not _MEDIA_TYPE.fullmatch(header.media_type):
        raise RequestInvalid("media_type must be at most 255 visible ASCII characters and blanks")
    if len(header.filename) > LONGEST_WORD or not is_plain(header.filename):
        raise RequestInvalid(f"filename must be at most {LONGEST_WORD} printable characters")
    return ToldFile(header.media_type, header.filename, header.size if header.HasField("size") else None)


async def _chunks(messages: AsyncIterator[pb.PutArtifactRequest]) -> AsyncIterator[bytes | PutEnd]:
    """Raises RequestInvalid."""
    async for message in messages:
        if message.HasField("end"):
            yield PutEnd(message.end.size, message.end.sha256)
            return
        if not message.HasField("chunk") or len(message.chunk) > LONGEST_CHUNK:
            raise RequestInvalid(f"every message but the first must have a chunk, of at most {LONGEST_CHUNK:,} bytes")
        yield message.chunk


def _artifact(stored: StoredArtifact) -> pb.StoredArtifact:
    artifact = stored.artifact
    return pb.StoredArtifact(
        id=artifact.id,
        media_type=visible(artifact.media_type),
        size=artifact.size,
        sha256=artifact.sha256,
        expire_time=timestamp(artifact.expires),
        filename=visible(artifact.filename),
        create_time=timestamp(stored.created),
        invocation_id=stored.origin,
        agent=stored.owner.agent,
        subject=stored.owner.subject,
    )
