"""Artifacts that a call's arguments name: they pass from their store into the box, in pieces."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

from gateway.decisions.fault_of_error import cause_and_cure, fault_of
from gateway.model.artifact import StoredArtifact
from gateway.model.errors import ArtifactsUnavailable, ArtifactTooLarge
from gateway.model.principal import Caller
from gateway.pipeline.artifact_access import ArtifactAccess
from gateway.records.artifacts.artifacts import Artifacts
from registry.calling.artifact_names import Insertion
from registry.calling.request import HttpRequest, ProgramInput
from sandbox.api.job import Job
from sandbox.api.streams import StreamRefused

#: Seconds to find what a call sends: before it has a record no time of its own bounds that.
LOOKED_UP_WITHIN = 10.0

#: How often the reading of one artifact is begun.
READS = 3


@dataclass(frozen=True, slots=True)
class SentBody:
    """A request's body, with artifacts put into it."""

    skeleton: bytes
    insertions: tuple[tuple[Insertion, StoredArtifact], ...]
    artifacts: Artifacts

    @property
    def size(self) -> int:
        return len(self.skeleton) + sum(stored.artifact.size for _, stored in self.insertions)

    async def pieces(self) -> AsyncIterator[bytes]:
        done = 0
        for insertion, stored in self.insertions:
            if insertion.at > done:
                yield self.skeleton[done : insertion.at]
            done = insertion.at
            async for piece in self._read(stored):
                yield piece
        if done < len(self.skeleton):
            yield self.skeleton[done:]

    async def _read(self, stored: StoredArtifact) -> AsyncIterator[bytes]:
        """Read on from where it was, where that breaks: a store may reset what a slow upstream has left waiting."""
        at, left = 0, READS
        while True:
            left -= 1
            try:
                async for piece in self.artifacts.read(stored, at):
                    at += len(piece)
                    yield piece
            except ArtifactsUnavailable as refusal:
                if not left:
                    raise StreamRefused(fault_of(refusal), cause_and_cure(refusal)) from refusal
            else:
                return


async def sent_body(
    access: ArtifactAccess, caller: Caller, request: HttpRequest | ProgramInput, within: float = LOOKED_UP_WITHIN
) -> SentBody | None:
    """None where the request names no artifact. `within`: seconds, at most LOOKED_UP_WITHIN.

    Raises ArtifactNotFound, also where this caller may not see it; ArtifactExpired, ArtifactTooLarge, ArtifactsOff,
    ArtifactsUnavailable.
    """
    if isinstance(request, ProgramInput) or not request.insertions:
        return None
    found = await _found(access, caller, {one.artifact for one in request.insertions}, min(within, LOOKED_UP_WITHIN))
    inserted = tuple((one, found[one.artifact]) for one in request.insertions)
    body = SentBody(request.body or b"", inserted, access.store)
    if body.size > (most := access.store.bounds.call_bytes):
        raise ArtifactTooLarge(f"the call would send {body.size:,} bytes; at most {most:,} are read and written by one")
    return body


async def _found(access: ArtifactAccess, caller: Caller, ids: set[str], within: float) -> dict[str, StoredArtifact]:
    """Each by its id."""
    try:
        async with asyncio.timeout(within):
            return {id: await access.find(caller, id) for id in ids}
    except TimeoutError as error:
        raise ArtifactsUnavailable("the store of artifacts did not find in time what the call sends") from error


def with_source(job: Job, body: SentBody) -> Job:
    """The job, whose body is read while it is sent."""
    return replace(job, body=None, source=body) if body.size else replace(job, body=b"")
