"""Whether an independent reader of the document accepts the requests that the registry makes of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from registry.calling.request import build
from registry.manifest.toolset import Compiled
from registry.model.errors import RequestRefused
from registry.model.tool import CALLER_PARTS, Draft, JsonObject
from registry.model.versions import first
from registry.schema.sampling import SAMPLE_KINDS, samples
from registry.verify.known_judge_limits import Whose, whose
from registry.verify.openapi_core_judge import Judge, Judgement


@dataclass(frozen=True, slots=True)
class Refusal:
    """A request that the judge does not accept, whose mistake that is, and why. It holds samples, and no secret."""

    tool: str
    sample: str
    whose: Whose
    reason: str


@dataclass(frozen=True, slots=True)
class Verification:
    """How the requests of `operations` tools fared. `unsampled` names the tools for which no arguments were found.

    Each of the others has three samples. A tool without arguments has the same request three times.
    """

    operations: int
    samples: int
    accepted: int
    refusals: tuple[Refusal, ...]
    unsampled: tuple[str, ...]


#: For requests that have something of their caller in them.
ANY_CALLER = dict.fromkeys(CALLER_PARTS, "a")


def verify(document: JsonObject, compiled: Compiled, *, at_most: int | None = None) -> Verification:
    """Build three requests for each tool, or for the first `at_most`, and let the judge decide.

    Takes some ten milliseconds for each operation, and opens nothing. Container tools are left out: they send no such request.
    """
    drafts = tuple(islice((draft for draft in compiled.drafts if draft.container is None), at_most))
    unsampled: list[str] = []
    verdicts = [
        verdict for draft in drafts for verdict in _verdicts(document, draft, unsampled, mended=draft.name in compiled.mended)
    ]
    refusals = tuple(refusal for refusal in verdicts if refusal is not None)
    return Verification(len(drafts), len(verdicts), len(verdicts) - len(refusals), refusals, tuple(unsampled))


def _verdicts(document: JsonObject, draft: Draft, unsampled: list[str], *, mended: bool) -> Iterator[Refusal | None]:
    """For each sample a refusal, or None where the judge accepts its request."""
    version = first(draft)
    judge = Judge(document, version)
    known: dict[object, Judgement] = {}
    found = samples(draft.input_schema)
    if not found:
        unsampled.append(draft.name)
    for kind, arguments in zip(SAMPLE_KINDS, found, strict=False):
        try:
            request = build(version, arguments, ANY_CALLER)
        except RequestRefused as refused:
            yield Refusal(draft.name, kind.name, Whose.OURS, str(refused))
            continue
        if request not in known:
            known[request] = judge.judge(request)
        verdict = known[request]
        told = whose(draft, request, verdict.reason, mended=mended)
        yield None if verdict.accepted else Refusal(draft.name, kind.name, *told)
