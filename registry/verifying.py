"""Does an independent reading of the document accept the requests that we build from it?"""

from collections.abc import Iterator
from dataclasses import dataclass

from registry.errors import RequestRefused
from registry.judge import Verdict, judge
from registry.request import build
from registry.sampling import sample
from registry.tool import Draft, JsonObject
from registry.toolset import Compiled
from registry.versions import succeed


@dataclass(frozen=True, slots=True)
class Refusal:
    """A request that the judge does not accept, and why. Made of sampled arguments, so it holds no secret."""

    tool: str
    reason: str


@dataclass(frozen=True, slots=True)
class Verification:
    """Of all `operations` that became tools, for `sampled` we found arguments; of those, `accepted` passed the judge."""

    operations: int
    sampled: int
    accepted: int
    refusals: tuple[Refusal, ...]


def verify(document: JsonObject, compiled: Compiled) -> Verification:
    """Build one request for each tool and let the judge decide. Takes milliseconds for each operation, and opens nothing."""
    verdicts = list(_verdicts(document, compiled.drafts))
    refusals = tuple(Refusal(draft.name, verdict.reason) for draft, verdict in verdicts if not verdict.accepted)
    return Verification(len(compiled.drafts), len(verdicts), len(verdicts) - len(refusals), refusals)


def _verdicts(document: JsonObject, drafts: tuple[Draft, ...]) -> Iterator[tuple[Draft, Verdict]]:
    for draft in drafts:
        arguments = sample(draft.input_schema)
        if arguments is None:
            continue
        version = succeed(draft, None)
        try:
            yield draft, judge(document, build(version, arguments), version)
        except RequestRefused as refused:
            yield draft, Verdict(False, str(refused))
