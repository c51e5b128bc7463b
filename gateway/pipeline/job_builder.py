"""Work → the box that it needs, and the job that the box gets: a request or a program, and where its secret is to be found."""

from dataclasses import replace

from gateway.decisions.upstream_idempotency import upstream_key
from gateway.observability.tracing import traceparent
from gateway.pipeline.execution import Execution
from gateway.pipeline.list_pages import pages_of
from gateway.pipeline.sent_headers import sent_headers
from gateway.records.ledger.protocol import FencedLease
from registry.calling.request import HttpRequest, ProgramInput, credential_host
from registry.model.tool import Container, Draft
from sandbox.api.job import Job, ProgramJob, Secret
from sandbox.api.spec import BoxLimits, BoxSpec

# What the runner takes of a box, beside the program, most of it while it starts it: a tool's bounds are its own.
RUNNER_MEMORY = 16 << 20
RUNNER_THREADS = 20

PROGRAM_FILES = 256

#: The names of a box's own loopback.
_OWN = ("localhost", "127.0.0.1", "::1")

#: Seconds from the job's arrival in which the runner must begin to send what acts on nothing. It has yet to connect, for which
#: the broker gives it ten.
SEND_UNASKED_WITHIN = 12.0


def spec_for(draft: Draft) -> BoxSpec:
    """The box for a tool version's calls. The command is no part of it: tools of one image share its waiting boxes."""
    container = draft.container
    if container is None:
        return BoxSpec(runtime=draft.runtime.value)
    limits = BoxLimits(
        memory=container.memory_bytes + RUNNER_MEMORY,
        cpus=container.cpus,
        processes=container.processes + RUNNER_THREADS,
        open_files=PROGRAM_FILES,
        scratch=container.scratch_bytes,
    )
    return BoxSpec(image=container.image, runtime=draft.runtime.value, limits=limits)


def job_for(execution: Execution, held: FencedLease, secret: Secret | None) -> Job | ProgramJob:
    container = execution.version.draft.container
    if isinstance(execution.request, HttpRequest) and container is None:
        return _request(execution, execution.request, held, secret)
    if isinstance(execution.request, ProgramInput) and container is not None:
        return _program(execution, execution.request, container, held, secret)
    raise AssertionError("an input is for a program, and a request for none")


def with_trust(job: Job | ProgramJob, authorities: str, certificate: Secret | None) -> Job | ProgramJob:
    """The job with whom its TLS believes, and what it shows to its own upstream. A program finds the authorities in a file of
    its box's."""
    if isinstance(job, ProgramJob):
        return job
    secure, *others = (url.startswith("https://") for url in (job.url, *job.redirects))
    believed = authorities if secure or any(others) else ""
    return replace(job, authorities=believed, certificate=certificate if secure else None)


def needs_no_permission(job: Job | ProgramJob) -> bool:
    """Whether its request may leave as soon as a box has the job."""
    return isinstance(job, Job) and job.send_within is not None


def _request(execution: Execution, request: HttpRequest, held: FencedLease, secret: Secret | None) -> Job:
    return Job(
        method=request.method,
        url=request.url,
        headers=(*sent_headers(execution.version.draft, request, upstream_key(held.id)), ("traceparent", traceparent())),
        body=request.body,
        timeout=execution.attempt_timeout,
        response_bytes=execution.version.draft.limits.response_bytes,
        send_within=None if execution.effect.acts else SEND_UNASKED_WITHIN,
        secret=secret,
        redirects=execution.version.draft.redirects,
        portable=(key.header,) if (key := execution.version.draft.upstream_key) else (),
        counts=tuple(meter.pointers for meter in execution.version.draft.meters),
        pages=pages_of(execution.version.draft, execution.arguments.value),
    )


def _program(
    execution: Execution, given: ProgramInput, container: Container, held: FencedLease, secret: Secret | None
) -> ProgramJob:
    """The program finds in its environment what a request has in its headers: the trace, and a key to repeat itself by."""
    host = credential_host(execution.version.draft) or ""
    return ProgramJob(
        command=container.command,
        input=given.content,
        timeout=execution.attempt_timeout,
        result_bytes=execution.version.draft.limits.response_bytes,
        environment=(
            ("TRACEPARENT", traceparent()),
            ("CALLGATE_IDEMPOTENCY_KEY", upstream_key(held.id)),
            *_past_the_proxy(container),
        ),
        way_out=bool(container.egress),
        secret=secret,
        credential_host=host,
        credential_tls=f"http://{host}" not in container.egress,
    )


def _past_the_proxy(container: Container) -> tuple[tuple[str, str], ...]:
    """A program's own servers are in its box, where the proxy does not lead. What the manifest lets it reach by the same name
    is on the gateway's host, to which only the proxy leads."""
    named = {place.removeprefix("http://").rpartition(":")[0].strip("[]") for place in container.egress}
    own = ",".join(host for host in _OWN if host not in named)
    return (("NO_PROXY", own), ("no_proxy", own)) if container.egress and own else ()
