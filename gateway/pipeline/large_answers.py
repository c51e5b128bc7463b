"""Answers that are too large to be told: they pass from the box into the store of artifacts, in pieces."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace

import structlog

from gateway.decisions.fault_of_error import fault_of, why_not_kept
from gateway.decisions.result_policy import ENDS_OF_STREAMS
from gateway.model.artifact import Artifact, StoredArtifact
from gateway.model.errors import ArtifactTooLarge, GatewayError
from gateway.model.principal import Principal
from gateway.pipeline.event_counts import EventCounts
from gateway.pipeline.execution import Execution
from gateway.records.artifacts.artifacts import Artifacts, ArtifactWriter
from gateway.records.artifacts.to_its_end import soon, to_its_end
from registry.calling.request import HttpRequest
from registry.model.accounting import Meter
from registry.model.media_types import is_stream
from sandbox.api.fault_code import FaultCode
from sandbox.api.job import Egress, Job, ProgramJob
from sandbox.api.result import Faulted, Head, Responded, Result
from sandbox.api.streams import StreamRefused

log = structlog.get_logger(__name__)

#: The share of a large body that TLS and chunks add to it, at most: of one that is sent, and of one that comes, which may be
#: token by token, each in a chunk and a record of its own.
_SENT_WRAPPING, _TOLD_WRAPPING = 1 / 32, 1 / 4

#: Seconds for the store to take what a view leaves out. No heartbeat is sent meanwhile: less than is left of a lease.
WHOLE_WITHIN = 5.0

#: Seconds for the store to let a large answer be there, which is all on its way by then; and to let go of what is not kept:
#: after that it does so without the call.
KEPT_WITHIN, DROPPED_WITHIN = 30.0, 2.0

Run = Callable[[Job | ProgramJob], Awaitable[Result]]


@dataclass(frozen=True, slots=True)
class LargeAnswer:
    """An answer that is an artifact; None where the store did not take it. `counts`: what a stream's events say that it
    has cost; None of what is no stream."""

    artifact: Artifact | None
    counts: Mapping[Meter, float] | None = None


def may_spill(execution: Execution, job: Job | ProgramJob) -> bool:
    """Not where the answer must be read as a whole: to hold it to its schema, to find what became of another call, or to show
    no more of it than its view's projection does."""
    draft = execution.version.draft
    projected = draft.view is not None and draft.view.projection is not None
    return isinstance(job, Job) and not draft.strict_responses and not projected and not execution.origin.parent


def with_artifacts(execution: Execution, artifacts: Artifacts | None, sent: int) -> Egress:
    """What the call's box may reach, with room for an artifact that comes, and for so many bytes of those that are sent."""
    egress = execution.grant.egress
    if artifacts is None or not isinstance(execution.request, HttpRequest):
        return egress
    out, into = int(sent * (1 + _SENT_WRAPPING)), int(artifacts.bounds.bytes * (1 + _TOLD_WRAPPING))
    return replace(egress, bytes_out=egress.bytes_out + out, bytes_in=egress.bytes_in + into)


async def run_spilling(
    artifacts: Artifacts,
    owner: Principal,
    origin: str,
    job: Job | ProgramJob,
    run: Run,
    *,
    meters: tuple[Meter, ...] = (),
) -> tuple[Result, LargeAnswer | None]:
    """Run the job. An answer that its bound has no room for is an artifact then, and so is what came of a stream until it broke
    off; of any other end, none is left. The meters are read in the events of a stream."""
    sent = job.source.size if isinstance(job, Job) and job.source else 0
    most = min(artifacts.bounds.bytes, artifacts.bounds.call_bytes - sent)
    spill = AnswerSpill(artifacts, owner, origin, most=most, meters=meters)
    try:
        result = await run(replace(job, spill=spill)) if isinstance(job, Job) else await run(job)
        if isinstance(result, Faulted) and result.fault is FaultCode.ARTIFACT_TOO_LARGE and isinstance(job, Job):
            result = replace(result, message=f"{result.message}, and so {_too_large(artifacts, sent, acts=job.acts)}")
        if isinstance(result, Responded) and result.spilled:
            return await spill.keep(result)
        if isinstance(result, Faulted) and result.fault in ENDS_OF_STREAMS:
            return result, await spill.keep_stream()
        return result, None
    finally:
        await spill.drop()


def _too_large(artifacts: Artifacts, sent: int, *, acts: bool) -> str:
    """Which bound it is that an answer was over, and what to do. It was answered: to be sent again, it might act again."""
    bounds = artifacts.bounds
    whole_call = bounds.call_bytes - sent < bounds.bytes
    name = "CALLGATE_ARTIFACTS_CALL_BYTES" if whole_call else "CALLGATE_ARTIFACTS_BYTES"
    over = "than all artifacts of one call may be" if whole_call else "than one artifact may be"
    raised = f"let the operator raise {name}, which is {bounds.call_bytes if whole_call else bounds.bytes:,} bytes"
    if acts:
        return f"larger {over}. The request was answered, so do not call again for it. For later calls, {raised}"
    return f"larger {over}. Ask the tool for less, such as a page or a range, or {raised}"


async def keep_whole(artifacts: Artifacts, owner: Principal, origin: str, media_type: str, body: bytes) -> Artifact:
    """An answer of which a part is told, as an artifact. Raises ArtifactTooLarge, QuotaExceeded, ArtifactsUnavailable."""
    stored = await soon(_stored(artifacts, owner, origin, media_type, body), artifacts.delete, WHOLE_WITHIN)
    artifact = stored.artifact
    log.info("artifact_kept", artifact=artifact.id, invocation=origin, bytes=artifact.size, **_who(owner))
    return artifact


async def _stored(artifacts: Artifacts, owner: Principal, origin: str, media_type: str, body: bytes) -> StoredArtifact:
    writer = await artifacts.begin(owner, media_type, origin=origin)
    try:
        await writer.write(body)
        return await writer.keep()
    finally:
        await writer.drop()


class AnswerSpill:
    """Takes the body of one success. What an upstream says of a failure is for people and models, and must be told."""

    def __init__(
        self, artifacts: Artifacts, owner: Principal, origin: str, *, most: int, meters: tuple[Meter, ...] = ()
    ) -> None:
        self.most = most
        self._artifacts = artifacts
        self._owner = owner
        self._origin = origin
        self._writer: ArtifactWriter | None = None
        self._meters = meters
        self._counts: EventCounts | None = None
        self._step = asyncio.Lock()
        self._over = False

    async def write(self, head: Head, piece: bytes | bytearray | memoryview) -> None:
        try:
            async with self._step:
                await self._write(head, piece)
        except GatewayError as refusal:
            if isinstance(refusal, ArtifactTooLarge):
                raise StreamRefused(fault_of(refusal), str(refusal)) from refusal
            raise StreamRefused(fault_of(refusal), f"it is too large to be told, and {why_not_kept(refusal)}") from refusal

    async def keep(self, result: Responded) -> tuple[Result, LargeAnswer | None]:
        assert self._writer is not None  # noqa: S101 - it has spilled
        if self._counts is not None:
            self._counts.end()
        try:
            return result, await self._keep(self._writer)
        except GatewayError as refusal:
            why, head = why_not_kept(refusal), result.head
            failed = Faulted(fault_of(refusal), result.evidence, why, result.usage, head=head, body=result.body)
            return failed, self._without_artifact

    async def keep_stream(self) -> LargeAnswer | None:
        """What came of a stream that broke off. Without it, its beginning is told all the same."""
        if self._writer is None or self._counts is None:
            return None
        try:
            return await self._keep(self._writer)
        except GatewayError as refusal:
            log.warning("rest_not_kept", invocation=self._origin, error=str(refusal), cure=refusal.cure)
            return self._without_artifact

    @property
    def _without_artifact(self) -> LargeAnswer | None:
        return LargeAnswer(None, self._counts.found) if self._counts is not None else None

    async def _keep(self, writer: ArtifactWriter) -> LargeAnswer:
        artifact = (await soon(writer.keep(), self._artifacts.delete, KEPT_WITHIN)).artifact
        log.info("artifact_kept", artifact=artifact.id, invocation=self._origin, bytes=artifact.size, **_who(self._owner))
        return LargeAnswer(artifact, self._counts.found if self._counts is not None else None)

    async def drop(self) -> None:
        """Leave nothing, unless it was kept: also of a piece that was on its way when the job ended. A store that hangs is not
        waited for."""
        with suppress(TimeoutError):
            async with asyncio.timeout(DROPPED_WITHIN):
                await to_its_end(self._drop())

    async def _drop(self) -> None:
        async with self._step:
            self._over = True
            if self._writer is not None:
                await self._writer.drop()

    async def _write(self, head: Head, piece: bytes | bytearray | memoryview) -> None:
        if self._over:
            raise StreamRefused(FaultCode.CANCELLED, "the job has ended")
        if self._writer is None:
            self._writer = await self._begin(head)
        if self._writer.size + len(piece) > self.most:
            raise ArtifactTooLarge(f"the answer is larger than {self.most:,} bytes")
        if self._counts is not None:  # also where the store does not take it: it has come
            await self._counts.feed(piece)
        await self._writer.write(piece)

    async def _begin(self, head: Head) -> ArtifactWriter:
        if not 200 <= head.status < 300:  # noqa: PLR2004 - the class of success
            raise StreamRefused(FaultCode.RESPONSE_TOO_LARGE, "the answer is too large to be told")
        media_type = head.header("content-type") or ""
        self._counts = EventCounts(self._meters, media_type) if is_stream(media_type) else None
        return await self._artifacts.begin(self._owner, media_type, origin=self._origin)


def _who(owner: Principal) -> dict[str, str]:
    return {"tenant": owner.tenant, "agent": owner.agent, "subject": owner.subject}
