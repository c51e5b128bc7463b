"""Which tools mean what a query says, where no word is the same: what an operator may switch on beside the words."""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from gateway.search.index import Match
from gateway.search.tool_text import ToolText

#: Of both rankings so many take part in the one that is made of them.
MOST_FUSED = 100
#: Characters of a description, and names of arguments: a model of this size reads some 128 pieces.
_DESCRIPTION, _ARGUMENTS = 400, 20
#: How soon a place counts less (Cormack, Clarke and Buettcher, SIGIR 2009; K).
_SOON = 20


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

    def nearest(self, query: str, wanted: Callable[[str], bool], most: int) -> Sequence[str]:
        """The names of the tools that are nearest, of those that are wanted, the nearest first."""
        ...


class Embeddings(Protocol):
    """A model that makes vectors of texts."""

    def vectors(self) -> Vectors:
        """Empty ones."""
        ...


def fused(by_words: Sequence[Match], by_meaning: Sequence[str], most: int) -> list[Match]:
    """One ranking of both, by the places that tools have in them (reciprocal rank fusion): the scores of the two have no common
    measure."""
    scores: dict[str, float] = {}
    for ranking in ([one.name for one in by_words], by_meaning):
        for place, name in enumerate(ranking, 1):
            scores[name] = scores.get(name, 0.0) + 1 / (_SOON + place)
    found = sorted(scores.items(), key=lambda one: (-one[1], one[0]))
    return [Match(name, score) for name, score in found[:most]]


def said(text: ToolText) -> str:
    """What is embedded of a tool: its name in words, its description's beginning, and the names of its arguments."""
    name = text.name.replace("_", " ").replace("-", " ")
    return f"{name}. {f'{text.summary}{text.rest}'[:_DESCRIPTION]} {' '.join(text.arguments[:_ARGUMENTS])}"
