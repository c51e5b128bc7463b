"""`client.artifacts`: large answers, and files for calls."""

from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO

from callgate import artifacts, checks, convert, uploads
from callgate.artifacts import StoredArtifact
from callgate.blocking import BlockingNoun, blocking, iterating
from callgate.errors import CallgateError, GatewayDefect
from callgate.retry import READ, TRANSFER
from callgate.session import Noun
from callgate.v1 import artifact_service_pb2 as pb


class AsyncArtifacts(Noun):
    """Large answers, and files for calls. An artifact is named by its id, or by what a call's result has of it."""

    async def get(self, artifact: str | artifacts.Artifact) -> StoredArtifact:
        """What is known of it. Raises ArtifactNotFound, ArtifactExpired, and ArtifactsOff where the gateway keeps none."""
        request = partial(pb.GetArtifactRequest, id=_id(artifact))
        return _stored((await self._session.send(self._session.artifacts.GetArtifact, request, READ)).artifact)

    async def list(self) -> AsyncIterator[StoredArtifact]:
        """Those that this caller may see, those first that expire first."""
        request = _page
        async for page in self._session.pages(self._session.artifacts.ListArtifacts, request):
            for one in page.artifacts:
                yield _stored(one)

    async def read(self, artifact: str | artifacts.Artifact, *, offset: int = 0) -> AsyncIterator[bytes]:
        """Its bytes from there on, in pieces. Where the connection breaks, it is read on from where it was.

        Raises as `get`, and GatewayDefect where the bytes are not those that were stored.
        """
        at, digest = checks.count("offset", offset), sha256()
        whole = at == 0
        known: pb.StoredArtifact | None = None
        tries = self._session.begin(TRANSFER)
        while True:
            asked = pb.ReadArtifactRequest(id=_id(artifact), offset=at)
            try:
                async with self._session.stream(self._session.artifacts.ReadArtifact, asked, tries.begin()) as stream:
                    async for answer in stream:
                        tries.progressed()
                        known = answer.artifact if answer.HasField("artifact") else known
                        at += len(answer.chunk)
                        digest.update(answer.chunk)
                        if answer.chunk:
                            yield answer.chunk
            except CallgateError as error:
                pause = tries.pause_after(error)
            else:
                break
            await self._session.pacing.sleep(pause)
        _require_whole(known, at, digest.hexdigest() if whole else None)

    async def download(self, artifact: str | artifacts.Artifact, file: Path) -> int:
        """Write its bytes to a file, which is there once it is whole. Returns how many. Raises as `read`, and OSError.

        An older file of that name is replaced.
        """
        artifact, file = _id(artifact), checks.instance(Path, "file", file)
        beside, size = file.with_name(f".{file.name}.part"), 0
        try:
            with beside.open("wb") as target:
                async for piece in self.read(artifact):
                    size += target.write(piece)
            beside.replace(file)
        finally:
            beside.unlink(missing_ok=True)
        return size

    async def put(self, source: bytes | Path | BinaryIO, *, media_type: str = "", filename: str = "") -> StoredArtifact:
        """Store a file for calls: its bytes, its path, or what was opened to be read. See `Artifact.argument`.

        What was opened is read once: where the connection breaks, it is not sent again. Raises QuotaExceeded, ArtifactsOff.
        """
        named = checks.text("filename", filename) or (source.name if isinstance(source, Path) else "")
        header = pb.PutHeader(media_type=checks.text("media type", media_type), filename=named)
        again = isinstance(source, bytes | Path)

        async def exchange(seconds: float | None) -> Any:
            with ExitStack() as stack:
                content = stack.enter_context(uploads.opened(source))
                requests = _requests(header, content)
                return await self._session.once(self._session.artifacts.PutArtifact, requests, seconds)

        answer = await (self._session.repeat(exchange, TRANSFER) if again else exchange(None))
        return _stored(answer.artifact)

    async def delete(self, artifact: str | artifacts.Artifact) -> None:
        """Erase it before it expires. Raises as `get`."""
        request = partial(pb.DeleteArtifactRequest, id=_id(artifact))
        await self._session.send(self._session.artifacts.DeleteArtifact, request, READ)


class Artifacts(BlockingNoun[AsyncArtifacts]):
    """Large answers, and files for calls. An artifact is named by its id, or by what a call's result has of it."""

    get = blocking(AsyncArtifacts.get)
    list = iterating(AsyncArtifacts.list)
    read = iterating(AsyncArtifacts.read)
    download = blocking(AsyncArtifacts.download)
    put = blocking(AsyncArtifacts.put)
    delete = blocking(AsyncArtifacts.delete)


def _id(artifact: str | artifacts.Artifact) -> str:
    """Raises RequestInvalid."""
    given = artifact.id if isinstance(artifact, artifacts.Artifact) else artifact
    return checks.required("artifact's id", given).removeprefix(artifacts.ARGUMENT)


def _page(token: str) -> pb.ListArtifactsRequest:
    return pb.ListArtifactsRequest(page_token=token)


def _requests(header: pb.PutHeader, content: BinaryIO | bytes) -> Iterator[pb.PutArtifactRequest]:
    yield pb.PutArtifactRequest(header=header)
    size, digest = 0, sha256()
    for piece in uploads.pieces(content):
        size += len(piece)
        digest.update(piece)
        yield pb.PutArtifactRequest(chunk=piece)
    yield pb.PutArtifactRequest(end=pb.PutEnd(size=size, sha256=digest.hexdigest()))


def _require_whole(known: pb.StoredArtifact | None, size: int, digest: str | None) -> None:
    if known is None or size != known.size or digest not in (None, known.sha256):
        raise GatewayDefect(
            "what was read of the artifact is not what was stored", cure="Read it again; report it to the operator."
        )


def _stored(message: pb.StoredArtifact) -> StoredArtifact:
    return StoredArtifact(
        message.id,
        message.media_type,
        message.size,
        message.sha256,
        convert.moment(message.expire_time),
        message.filename,
        convert.moment(message.create_time),
        message.invocation_id,
        message.agent,
        message.subject,
    )
