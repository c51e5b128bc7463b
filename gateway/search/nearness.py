"""Which tools mean what a query says, where no word is the same: what an operator may switch on beside the words."""

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Protocol

from gateway.search.index import Match
from gateway.search.tool_text import ToolText
from gateway.search.words import parted

#: Of both rankings so many take part in the one that is made of them.
MOST_FUSED = 100
#: Characters of a description, and names of arguments: a model of this size reads some 128 pieces.
_DESCRIPTION, _ARGUMENTS = 400, 20
#: What nearness counts where the score by words counts 1; set on BFCL v4.
_MEANING = 0.75
#: What is less near than this has nothing to do with the query.
_FAR = 1e-6


class Vectors(Protocol):
    """Vectors of one tenant's tools. Work of some milliseconds and more: for a thread."""

    @property
    def size(self) -> int:
        """Bytes of memory, about."""
        ...

    def put(self, texts: Mapping[str, str]) -> None:
        """Embed what tools say, by their names, in the place of what they said before."""
        ...

    def keep(self, names: Callable[[str], bool]) -> None:
        """Forget all others."""
        ...

    def nearest(self, query: str, wanted: Callable[[str], bool], most: int, also: Collection[str]) -> Mapping[str, float]:
        """How near the nearest tools are, of those that are wanted, and how near those of `also`: at most 1."""
        ...


class Embeddings(Protocol):
    """A model that makes vectors of texts."""

    def vectors(self) -> Vectors:
        """Empty ones."""
        ...


def fused(by_words: Sequence[Match], near: Mapping[str, float], most: int) -> list[Match]:
    """One ranking of both: a tool's score by words and its nearness, each as a share of the best one's. That the best of one
    ranking is far ahead is known then, which places do not tell (reciprocal rank fusion finds less: decision 34)."""
    best_by_words = max((one.score for one in by_words), default=1.0)
    nearest = max([_FAR, *near.values()])
    scores = {one.name: one.score / best_by_words for one in by_words}
    for name, one in near.items():
        scores[name] = scores.get(name, 0.0) + _MEANING * max(one, _FAR) / nearest
    found = sorted(scores.items(), key=lambda one: (-one[1], one[0]))
    return [Match(name, score) for name, score in found[:most]]


def said(text: ToolText) -> str:
    """What is embedded of a tool: its name in words, its description's beginning, and the names of its arguments."""
    arguments = ", ".join(map(parted, text.arguments[:_ARGUMENTS]))
    return f"{parted(text.name)}. {f'{text.summary}{text.rest}'[:_DESCRIPTION]} {arguments}"
