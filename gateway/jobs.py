"""Work → the job that a box gets: the request, and where its secret is to be found."""

from collections.abc import Iterator

from gateway.decisions.repetition import upstream_key
from gateway.records.ledger import Hold
from gateway.telemetry import traceparent
from gateway.work import Work
from sandbox.job import Job, Secret


def job_for(work: Work, hold: Hold, secret: Secret | None) -> Job:
    return Job(
        method=work.request.method,
        url=work.request.url,
        headers=(*_headers(work, hold), ("traceparent", traceparent())),
        body=work.request.body,
        timeout=work.attempt_timeout,
        response_bytes=work.version.draft.limits.response_bytes,
        secret=secret,
    )


def _headers(work: Work, hold: Hold) -> Iterator[tuple[str, str]]:
    """The request's headers, with the upstream's idempotency key where it takes one: never with a caller's own."""
    key = work.version.draft.upstream_key
    for name, value in work.request.headers:
        if key is None or name.lower() != key.header.lower():
            yield name, value
    if key is not None:
        yield key.header, upstream_key(hold.id)
