"""Takes one document through both libraries, and counts. Runs in a process of its own."""

import signal
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks import fastmcp_tools, prism_limits, spec_prism
from benchmarks.callgate_tools import Callgate
from benchmarks.spec_reasons import normalise
from registry.calling.request import HttpRequest
from registry.compiler.naming import ends_in_hash
from registry.model.tool import Draft
from registry.schema.reduced import reduced
from registry.schema.token_budget import TOKEN_BUDGET, tokens_of
from registry.verify.known_judge_limits import Whose, whose

Reasons = dict[str, tuple[int, str]]
Built = Sequence[tuple[Draft, list[HttpRequest]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    path: str
    name: str
    operations: int
    samples: int
    seconds: int
    judge: bool
    fastmcp: bool
    prism: bool


@dataclass(slots=True, kw_only=True)
class DocumentTally:
    name: str
    operations: int
    imported: bool = False
    usable: int = 0
    elsewhere: int = 0
    unaccounted: int = 0
    accepts_nothing: int = 0
    tools: int = 0
    hashed: int = 0
    large: int = 0
    too_large: int = 0
    with_examples: int = 0
    examples_kept: int = 0
    sampled: int = 0
    accepted: int = 0
    judged_by_prism: int = 0
    accepted_by_prism: int = 0
    unusable: Reasons = field(default_factory=dict)
    refused: Reasons = field(default_factory=dict)
    refused_by_prism: Reasons = field(default_factory=dict)
    fastmcp_imported: bool = False
    fastmcp_usable: int = 0
    fastmcp_unusable: Reasons = field(default_factory=dict)

    def summary(self) -> str:
        return (
            f"{self.name}: {self.operations} operations, {self.usable} usable, {self.accepted}/{self.sampled} accepted, "
            f"{self.accepted_by_prism}/{self.judged_by_prism} by Prism, FastMCP {self.fastmcp_usable}"
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
    tally.elsewhere, tally.unaccounted = subject.elsewhere, subject.unaccounted(job.operations)
    for operation, message in subject.lost:
        _count(tally.unusable, message, f"{job.name} {operation}")
    built = [(draft, _requests(job, subject, draft, tally)) for draft in subject.drafts]
    if job.judge:
        for draft, requests in built:
            with _bounded(job.seconds, tally.refused, _place(job, draft), "Callgate's: "):
                _judge(subject, draft, requests, tally, _place(job, draft))
    if job.prism and built:
        with _bounded(job.seconds, tally.unusable, job.name):
            _prism(job, raw, subject, built, tally)


def _requests(job: Job, subject: Callgate, draft: Draft, tally: DocumentTally) -> list[HttpRequest]:
    requests, reason = subject.requests(draft)
    if reason:
        _count(tally.unusable, reason, _place(job, draft))
    tally.usable += not reason
    tally.sampled += len(requests)
    tally.accepts_nothing += bool(reason) and not requests and not subject.tells_nothing_fits(draft)
    tally.tools += 1
    tally.hashed += ends_in_hash(draft.name, (draft.operation.method, draft.operation.path))
    declared, kept = subject.has_examples(draft)
    tally.with_examples += declared
    tally.examples_kept += declared and kept
    _weigh(draft, tally)
    return requests


def _weigh(draft: Draft, tally: DocumentTally) -> None:
    if tokens_of(draft.name, draft.description, draft.input_schema) <= TOKEN_BUDGET:
        return
    tally.large += 1
    small = reduced(draft.input_schema, TOKEN_BUDGET - tokens_of(draft.name, draft.description, {}))
    tally.too_large += tokens_of(draft.name, draft.description, small.schema) > TOKEN_BUDGET


def _place(job: Job, draft: Draft) -> str:
    return f"{job.name} {draft.operation.route}"


def _prism(job: Job, raw: bytes, subject: Callgate, built: Built, tally: DocumentTally) -> None:
    """A document that Prism does not serve is not judged by it."""
    step = -(-len(built) // spec_prism.OPERATIONS)
    try:
        with spec_prism.prism(raw) as judge:
            for draft, requests in built[::step]:
                for request in dict.fromkeys(requests):
                    if judge.judges(request):
                        why = _refusal_by_prism(judge.refusal(request), subject, draft, request)
                        _take(tally, why, _place(job, draft))
    except spec_prism.NotServed as cause:
        tally.judged_by_prism = tally.accepted_by_prism = 0
        tally.refused_by_prism = {}
        _count(tally.refused_by_prism, f"judge: not served: {cause}", job.name)


def _refusal_by_prism(refusal: str, subject: Callgate, draft: Draft, request: HttpRequest) -> str:
    """Whose mistake it is, and why; empty where there is none."""
    if not refusal:
        return ""
    mistake, why = prism_limits.whose(draft, request, refusal, mended=subject.is_mended(draft))
    return f"{mistake}: {why}"


def _take(tally: DocumentTally, refusal: str, place: str) -> None:
    tally.judged_by_prism += 1
    tally.accepted_by_prism += not refusal
    if refusal:
        _count(tally.refused_by_prism, refusal, place)


def _judge(subject: Callgate, draft: Draft, requests: list[HttpRequest], tally: DocumentTally, place: str) -> None:
    for request in requests:
        verdict = subject.judge(draft, request)
        tally.accepted += verdict.accepted
        if not verdict.accepted:
            mistake, why = whose(draft, request, verdict.reason, mended=subject.is_mended(draft))
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


#: Of a document's tally, what the totals add up.
COUNTED = (
    "operations", "usable", "elsewhere", "unaccounted", "accepts_nothing", "tools", "hashed", "large", "too_large",
    "with_examples", "examples_kept", "sampled", "accepted", "judged_by_prism", "accepted_by_prism", "fastmcp_usable",
)  # fmt: skip
LISTED = ("unusable", "refused", "refused_by_prism", "fastmcp_unusable")


@dataclass(slots=True)
class Totals:
    """`counts` and `reasons` by the names of a tally's fields."""

    documents: int = 0
    with_operations: int = 0
    imported: int = 0
    fastmcp_imported: int = 0
    served_by_prism: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    reasons: dict[str, Reasons] = field(default_factory=lambda: {name: {} for name in LISTED})

    def add(self, tally: DocumentTally) -> None:
        self.documents += 1
        self.with_operations += tally.operations > 0
        self.imported += tally.imported and tally.operations > 0
        self.fastmcp_imported += tally.fastmcp_imported and tally.operations > 0
        self.served_by_prism += tally.judged_by_prism > 0
        self.counts.update({name: getattr(tally, name) for name in COUNTED})
        for name in LISTED:
            _merge(self.reasons[name], getattr(tally, name))

    def share(self, part: str, whole: str) -> float:
        return self.counts[part] / max(1, self.counts[whole])

    @property
    def refused_ours(self) -> int:
        """Requests that either judge refuses by a mistake of Callgate's."""
        judged = (self.reasons["refused"], self.reasons["refused_by_prism"])
        return sum(
            count for reasons in judged for reason, (count, _) in reasons.items() if reason.startswith(f"{Whose.OURS}: ")
        )


def _merge(into: Reasons, more: Reasons) -> None:
    for reason, (count, example) in more.items():
        known, first = into.get(reason, (0, example))
        into[reason] = (known + count, first)
