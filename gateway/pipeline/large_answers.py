"""Answers that are too large to be told: they pass from the box into the store of artifacts, in pieces."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

import structlog

from gateway.decisions.fault_of_error import cause_and_cure, fault_of
from gateway.model.artifact import Artifact
from gateway.model.errors import ArtifactTooLarge, GatewayError
from gateway.model.principal import Principal
from gateway.pipeline.execution import Execution
from gateway.records.artifacts.artifacts import Artifacts, ArtifactWriter
from gateway.records.artifacts.to_its_end import to_its_end
from registry.calling.request import HttpRequest
from sandbox.api.fault_code import FaultCode
from sandbox.api.job import Egress, Job, ProgramJob
from sandbox.api.result import Faulted, Head, Responded, Result
from sandbox.api.streams import StreamRefused

log = structlog.get_logger(__name__)

#: The share of a large body that TLS and chunks add to it, at most.
_WRAPPING = 1 / 32

Run = Callable[[Job | ProgramJob], Awaitable[Result]]


def may_spill(execution: Execution, job: Job | ProgramJob) -> bool:
    """Not where the answer must be read as a whole: to hold it to its schema, or to find what became of another call."""
    return isinstance(job, Job) and not execution.version.draft.strict_responses and not execution.origin.parent


def with_artifacts(execution: Execution, artifacts: Artifacts | None, sent: int) -> Egress:
    """What the call's box may reach, with room for an artifact that comes, and for so many bytes of those that are sent."""
    egress = execution.grant.egress
    if artifacts is None or not isinstance(execution.request, HttpRequest):
        return egress
    out, into = (int(size * (1 + _WRAPPING)) for size in (sent, artifacts.bounds.bytes))
    return replace(egress, bytes_out=egress.bytes_out + out, bytes_in=egress.bytes_in + into)


async def run_spilling(
    artifacts: Artifacts, owner: Principal, origin: str, job: Job | ProgramJob, run: Run
) -> tuple[Result, Artifact | None]:
    """Run the job. An answer that its bound has no room for is an artifact then; of any other end, none is left."""
    sent = job.source.size if isinstance(job, Job) and job.source else 0
    spill = AnswerSpill(artifacts, owner, origin, most=min(artifacts.bounds.bytes, artifacts.bounds.call_bytes - sent))
    try:
        result = await run(replace(job, spill=spill)) if isinstance(job, Job) else await run(job)
        if isinstance(result, Responded) and result.spilled:
            return await spill.keep(result)
        return result, None
    finally:
        await spill.drop()


class AnswerSpill:
    """Takes the body of one success. What an upstream says of a failure is for people and models, and must be told."""

    def __init__(self, artifacts: Artifacts, owner: Principal, origin: str, *, most: int) -> None:
        self.most = most
        self._artifacts = artifacts
        self._owner = owner
        self._origin = origin
        self._writer: ArtifactWriter | None = None
        self._step = asyncio.Lock()
        self._over = False

    async def write(self, head: Head, piece: bytes | bytearray) -> None:
        try:
            async with self._step:
                await self._write(head, piece)
        except GatewayError as refusal:
            raise StreamRefused(fault_of(refusal), f"it is too large to be told, and {cause_and_cure(refusal)}") from refusal

    async def keep(self, result: Responded) -> tuple[Result, Artifact | None]:
        assert self._writer is not None  # noqa: S101 - it has spilled
        try:
            artifact = (await self._writer.keep()).artifact
        except GatewayError as refusal:
            return Faulted(fault_of(refusal), result.evidence, cause_and_cure(refusal), result.usage, head=result.head), None
        log.info("artifact_kept", artifact=artifact.id, invocation=self._origin, bytes=artifact.size, **_who(self._owner))
        return result, artifact

    async def drop(self) -> None:
        """Leave nothing, unless it was kept: also of a piece that was on its way when the job ended."""
        await to_its_end(self._drop())

    async def _drop(self) -> None:
        async with self._step:
            self._over = True
            if self._writer is not None:
                await self._writer.drop()

    async def _write(self, head: Head, piece: bytes | bytearray) -> None:
        if self._over:
            raise StreamRefused(FaultCode.CANCELLED, "the job has ended")
        if self._writer is None:
            self._writer = await self._begin(head)
        if self._writer.size + len(piece) > self.most:
            raise ArtifactTooLarge(f"the answer is larger than {self.most:,} bytes")
        await self._writer.write(piece)

    async def _begin(self, head: Head) -> ArtifactWriter:
        if not 200 <= head.status < 300:  # noqa: PLR2004 - the class of success
            raise StreamRefused(FaultCode.RESPONSE_TOO_LARGE, "the answer is too large to be told")
        return await self._artifacts.begin(self._owner, head.header("content-type") or "", origin=self._origin)


def _who(owner: Principal) -> dict[str, str]:
    return {"tenant": owner.tenant, "agent": owner.agent, "subject": owner.subject}
