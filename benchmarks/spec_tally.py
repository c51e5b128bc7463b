"""Takes one document through both libraries, and counts. Runs in a process of its own."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks import fastmcp_tools
from benchmarks.callgate_tools import Callgate
from benchmarks.spec_reasons import normalise
from registry.calling.request import HttpRequest
from registry.compiler.naming import ends_in_hash
from registry.model.tool import Draft
from registry.verify.known_judge_limits import whose

Reasons = dict[str, tuple[int, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    path: str
    name: str
    operations: int
    samples: int
    seconds: int
    judge: bool
    fastmcp: bool


@dataclass(slots=True, kw_only=True)
class DocumentTally:
    name: str
    operations: int
    imported: bool = False
    usable: int = 0
    sampled: int = 0
    accepted: int = 0
    tools: int = 0
    hashed: int = 0
    unusable: Reasons = field(default_factory=dict)
    refused: Reasons = field(default_factory=dict)
    fastmcp_imported: bool = False
    fastmcp_usable: int = 0
    fastmcp_unusable: Reasons = field(default_factory=dict)

    def summary(self) -> str:
        return (
            f"{self.name}: {self.operations} operations, {self.usable} usable, {self.accepted}/{self.sampled} accepted, "
            f"FastMCP {self.fastmcp_usable}"
        )


class TookTooLong(Exception):
    pass


def examine(job: Job) -> DocumentTally:
    tally = DocumentTally(name=job.name, operations=job.operations)
    raw = Path(job.path).read_bytes()
    with _bounded(job.seconds, tally.unusable, job.name):
        _callgate(job, raw, tally)
    if job.fastmcp:
        with _bounded(job.seconds, tally.fastmcp_unusable, job.name):
            _fastmcp(raw, tally)
    return tally


def _callgate(job: Job, raw: bytes, tally: DocumentTally) -> None:
    subject = Callgate(raw, job.samples)
    tally.imported = bool(subject.drafts)
    for pointer, message in subject.lost:
        _count(tally.unusable, message, f"{job.name} {pointer}")
    for draft in subject.drafts:
        requests, reason = subject.requests(draft)
        place = f"{job.name} {draft.operation.method} {draft.operation.path}"
        if reason:
            _count(tally.unusable, reason, place)
        tally.usable += not reason
        tally.tools += 1
        tally.hashed += ends_in_hash(draft.name, (draft.operation.method, draft.operation.path))
        tally.sampled += len(requests)
        if job.judge:
            with _bounded(job.seconds, tally.refused, place, "Callgate's: "):
                _judge(subject, draft, requests, tally, place)


def _judge(subject: Callgate, draft: Draft, requests: list[HttpRequest], tally: DocumentTally, place: str) -> None:
    for request in requests:
        verdict = subject.judge(draft, request)
        tally.accepted += verdict.accepted
        if not verdict.accepted:
            mistake, why = whose(draft, request, verdict.reason)
            _count(tally.refused, f"{mistake}: {why}", place)


def _fastmcp(raw: bytes, tally: DocumentTally) -> None:
    found = fastmcp_tools.usable(raw)
    tally.fastmcp_imported = True
    tally.fastmcp_usable = found.usable
    for reason, place in found.reasons:
        _count(tally.fastmcp_unusable, reason, f"{tally.name} {place}")


@contextmanager
def _bounded(seconds: int, reasons: Reasons, name: str, prefix: str = "") -> Iterator[None]:
    """Count an exception, or a lack of time, as a reason like any other. Within another bound, this one ends that one."""

    def late(*_: Any) -> None:
        raise TookTooLong(f"not done within {seconds} s")

    signal.signal(signal.SIGALRM, late)
    signal.alarm(seconds)
    try:
        yield
    except Exception as error:  # noqa: BLE001 - any exception of a measured library is its result
        _count(reasons, f"{prefix}{type(error).__name__}: {error}", name)
    finally:
        signal.alarm(0)


def _count(reasons: Reasons, reason: str, place: str) -> None:
    reason = normalise(reason)
    count, example = reasons.get(reason, (0, place))
    reasons[reason] = (count + 1, example)


@dataclass(slots=True, kw_only=True)
class Totals:
    documents: int = 0
    with_operations: int = 0
    imported: int = 0
    operations: int = 0
    usable: int = 0
    sampled: int = 0
    accepted: int = 0
    tools: int = 0
    hashed: int = 0
    fastmcp_imported: int = 0
    fastmcp_usable: int = 0
    unusable: Reasons = field(default_factory=dict)
    refused: Reasons = field(default_factory=dict)
    fastmcp_unusable: Reasons = field(default_factory=dict)

    def add(self, tally: DocumentTally) -> None:
        self.documents += 1
        self.with_operations += tally.operations > 0
        self.imported += tally.imported and tally.operations > 0
        self.fastmcp_imported += tally.fastmcp_imported and tally.operations > 0
        for name in ("operations", "usable", "sampled", "accepted", "tools", "hashed", "fastmcp_usable"):
            setattr(self, name, getattr(self, name) + getattr(tally, name))
        for name in ("unusable", "refused", "fastmcp_unusable"):
            _merge(getattr(self, name), getattr(tally, name))


def _merge(into: Reasons, more: Reasons) -> None:
    for reason, (count, example) in more.items():
        known, first = into.get(reason, (0, example))
        into[reason] = (known + count, first)
