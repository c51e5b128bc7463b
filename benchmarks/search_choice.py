"""Which operations the task sentences of `search` are for: chosen from all documents by a seed, before one was written.

    python -m benchmarks.search_choice

prints the choice, one JSON line an operation, with all that the writer of the sentences was given: the title of the document,
and method, path and summary. `search_tasks.jsonl` has a sentence for each. They were written by a model from these lines alone,
before there was a ranking to look at, and are not changed after it: a sentence that the ranking does badly at stays.

What is not asked for, by rules that were laid down before the choice was seen:

- operations of documents that show a feature of the format (folders of examples, archives): they are no product's;
- operations without a summary of at least two words, in ASCII and at most 200 characters: there is nothing to write from;
- deprecated ones: their APIs advise against asking for them;
- twins: another operation, of the same or of another document, whose path is the same but for versions and the names of
  parameters, and whose summary or product is the same as well (`_Twins`). No sentence tells which of them is meant.

They are in the catalog all the same, and may be found in the place of what was asked for. A document gives up to so many
operations as QUOTAS says, so that no API and no kind of document decides the figure; the quotas were set by how many sentences
they make.
"""

import json
import random
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from benchmarks.collection import SPECS
from registry.compiler.descriptions import is_deprecated
from registry.compiler.operations import find_sites, text
from registry.document.loading import load
from registry.model.references import References

#: The number of the issue that asked for the benchmark.
SEED = 19
#: A document with at least so many operations gives so many sentences, if it has as many candidates.
QUOTAS = ((100, 3), (25, 2), (1, 1))
LONGEST = 200

_FORMAT = re.compile(r"(^|/)[^/]*(examples|_archive_)[^/]*/")
_VARIABLE = re.compile(r"\{[^{}]*\}")
_VERSION = re.compile(r"v?[0-9]+([._-][0-9]+)*(alpha|beta)?[0-9]*|api|rest")
_WORD = re.compile(r"[a-z0-9]+")
_NO_PRODUCT = frozenset(("api", "the", "official", "openapi", "rest", "swagger", "a"))


@dataclass(frozen=True, slots=True)
class Candidate:
    """An operation, and what is told of it to the writer of its sentence. `document`: its path in the collection."""

    document: str
    title: str
    method: str
    path: str
    summary: str
    deprecated: bool

    @property
    def shape(self) -> str:
        """The path without versions, and without the names of its parameters."""
        segments = (_VARIABLE.sub("{}", segment) for segment in self.path.partition("?")[0].lower().split("/"))
        return "/".join(one.removesuffix(".json") for one in segments if one and not _VERSION.fullmatch(one))

    @property
    def words(self) -> tuple[str, ...]:
        return tuple(_WORD.findall(self.summary.lower()))

    @property
    def product(self) -> str:
        return next((word for word in _WORD.findall(self.title.lower()) if word not in _NO_PRODUCT), "")


class _Twins:
    """What more than one operation has: a path's shape with a summary, and a method and a path's shape with a product."""

    def __init__(self, every: Iterable[Candidate]) -> None:
        self._told: Counter[tuple[object, ...]] = Counter()
        for one in every:
            self._told.update(self._keys(one))

    def has(self, candidate: Candidate) -> bool:
        return any(self._told[key] > 1 for key in self._keys(candidate))

    @staticmethod
    def _keys(one: Candidate) -> tuple[tuple[object, ...], ...]:
        return ("summary", one.shape, one.words), ("product", one.method, one.shape, one.product)


def operations() -> Iterator[Candidate]:
    """Every operation of every document, in the order of the collection's index."""
    for entry in json.loads((SPECS / "index.json").read_text()):
        document = load((SPECS / entry["file"]).read_bytes())
        for site in find_sites(document, References(document), []):
            summary = " ".join((text(site.operation.get("summary")) or "").split())
            yield Candidate(entry["file"], entry["title"], *site.route, summary, is_deprecated(site))


def choose(every: list[Candidate], seed: int = SEED) -> list[Candidate]:
    twins, chance = _Twins(every), random.Random(seed)
    chosen: list[Candidate] = []
    for document, size in Counter(one.document for one in every).items():
        candidates = [one for one in every if one.document == document and _is_candidate(one) and not twins.has(one)]
        quota = next(quota for least, quota in QUOTAS if size >= least)
        chosen += chance.sample(candidates, min(quota, len(candidates)))
    return chosen


def _is_candidate(one: Candidate) -> bool:
    readable = one.summary.isascii() and len(one.summary) <= LONGEST and len(one.words) > 1
    return readable and not one.deprecated and not _FORMAT.search(one.document)


def main() -> None:
    chosen = choose(list(operations()))
    for one in chosen:
        told = {"document": one.document, "title": one.title, "method": one.method, "path": one.path, "summary": one.summary}
        print(json.dumps(told))
    print(f"{len(chosen)} operations of {len({one.document for one in chosen})} documents in {SPECS.name}", file=sys.stderr)


if __name__ == "__main__":
    main()
