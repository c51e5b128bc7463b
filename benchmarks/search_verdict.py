"""The bounds of `search`, and what counts as found."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from operator import ge, le
from statistics import fmean

from benchmarks.spec_verdict import Bound

#: Tools that a search is asked for: of these, the right one is to be one.
DEPTH = 5

BOUNDS: Mapping[str, Bound] = {
    "tools": Bound(ge, 20_000, of_all=True),
    "tasks": Bound(ge, 150, of_all=True),
    "search_p50_ms": Bound(le, 10),
    "recall_at_5": Bound(ge, 0.8),
    "recall_at_5_by_name": Bound(ge, 0.85),
    "bfcl_recall_at_5": Bound(ge, 0.72),
    "bfcl_recall_at_5_embeddings": Bound(ge, 0.75),
    "search_embeddings_p50_ms": Bound(le, 40),
}


def share_found(right: Collection[str], found: Sequence[str], own_names: Mapping[str, str] | None = None) -> float:
    """How much of what is right is among what was found; with `own_names`, any tool of the same own name will do."""
    names = own_names or {}
    wanted = {names.get(one, one) for one in right}
    return len(wanted & {names.get(one, one) for one in found}) / len(wanted)


def recall(asked: Iterable[tuple[Collection[str], Sequence[str]]], own_names: Mapping[str, str] | None = None) -> float:
    """The mean over all questions. `asked`: what is right, and what was found."""
    return fmean(share_found(right, found, own_names) for right, found in asked)
