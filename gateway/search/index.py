"""The words of all tools that a tenant sees, and which tools have them: an inverted index that changes in place.

A tool that changes is added anew, and what it was stays behind without a name, until half of the index is such: then another
index is made. So a step of filling costs as much as the tool has words, and a search sees each tool whole or not.
"""

import asyncio
import heapq
import math
from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from gateway.search.intents import Intent, opposite

#: Postings that one search walks at most: some milliseconds. The rarest words come first, and tell most.
MOST_WALKED = 100_000
#: Words of a query that count.
MOST_ASKED = 64
#: A number in a query is rarely what tells a tool.
_NUMBER = 0.5
_FULL = 65_535
#: What is left of a tool's score that changes what the query wants to read, or the other way round.
OPPOSED = 0.75
#: Bytes, as measured: of a posting; of a word with its two arrays; of a tool beside its words.
_POSTING, _WORD, _TOOL = 6, 330, 420


@dataclass(frozen=True, slots=True)
class Entry:
    """What the index knows of a tool beside its words. `mark` tells whether the tool is as it was when it was added."""

    name: str
    toolset: str
    effect: str
    tags: frozenset[str]
    mark: bytes
    intent: Intent = Intent.UNKNOWN


@dataclass(frozen=True, slots=True)
class Match:
    """A tool that fits, and how well: over 0."""

    name: str
    score: float


class Index:
    """Tools by their words. Not for more than one thread."""

    def __init__(self) -> None:
        self._tools: list[Entry | None] = []
        #: Of each tool its intent, to be looked at quickly.
        self._intents = bytearray()
        self._numbers: dict[str, int] = {}
        self._postings: dict[str, tuple[array[int], array[int]]] = {}
        self._posted = 0

    def __len__(self) -> int:
        return len(self._numbers)

    def __contains__(self, name: str) -> bool:
        return name in self._numbers

    @property
    def size(self) -> int:
        """Bytes of memory, about."""
        return self._posted * _POSTING + len(self._postings) * _WORD + len(self._tools) * _TOOL

    @property
    def is_worn(self) -> bool:
        """Whether more tools were taken out than are there."""
        return len(self._tools) > 2 * len(self._numbers) + 100

    @property
    def names(self) -> Iterator[str]:
        return iter(self._numbers)

    def knows(self, word: str) -> bool:
        """Whether a tool has it, or has had it."""
        return word in self._postings

    def mark(self, name: str) -> bytes | None:
        entry = self.entry(name)
        return entry.mark if entry else None

    def entry(self, name: str) -> Entry | None:
        number = self._numbers.get(name)
        return None if number is None else self._tools[number]

    def put(self, entry: Entry, weights: Mapping[str, float]) -> None:
        """Add the tool, in the place of what was known under its name. `weights` are over 0 and at most 1."""
        self.remove(entry.name)
        number = self._numbers[entry.name] = len(self._tools)
        self._tools.append(entry)
        self._intents.append(entry.intent)
        for word, weight in weights.items():
            numbers, told = self._postings.get(word) or self._postings.setdefault(word, (array("I"), array("H")))
            numbers.append(number)
            told.append(max(1, round(weight * _FULL)))
        self._posted += len(weights)

    def remove(self, name: str) -> None:
        if (number := self._numbers.pop(name, None)) is not None:
            self._tools[number] = None

    def ranked(self, asked: Sequence[str], intent: Intent = Intent.UNKNOWN) -> "Ranking":
        """All tools that have some of these words. `intent`: what the tool is to do."""
        scores: dict[int, float] = {}
        for word, numbers, told in self._walked(asked):
            rarity = (_NUMBER if word.isdecimal() else 1.0) * self._rarity(len(numbers)) / _FULL
            for number, weight in zip(numbers, told, strict=False):
                scores[number] = scores.get(number, 0.0) + rarity * weight
        if intent:
            self._weigh(scores, intent)
        return Ranking(self._tools, scores)

    def _weigh(self, scores: dict[int, float], intent: Intent) -> None:
        intents, against = self._intents, opposite(intent)
        for number, score in scores.items():
            if intents[number] == against:
                scores[number] = score * OPPOSED

    def _walked(self, asked: Sequence[str]) -> Iterator[tuple[str, "array[int]", "array[int]"]]:
        """The words that are in the index, the rarest first, as long as there is time. Of the rarest, as much as there is."""
        known = [(len(postings[0]), word) for word in asked[:MOST_ASKED] if (postings := self._postings.get(word))]
        left = MOST_WALKED
        for size, word in sorted(known):
            numbers, told = self._postings[word]
            if size <= left:
                yield word, numbers, told
            elif left == MOST_WALKED:
                yield word, numbers[:left], told[:left]
            left -= size
            if left <= 0:
                return

    def _rarity(self, having: int) -> float:
        """A word that all tools have tells nothing (idf, as Lucene's: never below 0)."""
        return math.log(1 + (len(self._tools) - having + 0.5) / (having + 0.5))


class Ranking:
    """The tools that fit, and how well."""

    #: So many are looked at in one step.
    STEP = 100

    def __init__(self, tools: list[Entry | None], scores: dict[int, float]) -> None:
        self._tools = tools
        self._scores = scores

    async def best(self, most: int, wanted: Callable[[Entry], bool]) -> list[Match]:
        """The best that are wanted, at most `most`, and the best first.

        Mostly they are among the hundred that fit best. Where they are not, all that fit are looked at, and after each hundred
        others have their turn.
        """
        score = self._scores.__getitem__
        found = self._wanted(heapq.nlargest(self.STEP, self._scores, key=score), wanted)
        if len(found) < most and len(self._scores) > self.STEP:
            found, rest = [], iter(self._scores)
            while step := list(islice(rest, self.STEP)):
                found += self._wanted(step, wanted)
                await asyncio.sleep(0)
        return [Match(entry.name, score(number)) for number, entry in heapq.nsmallest(most, found, key=self._order)]

    def _order(self, one: tuple[int, Entry]) -> tuple[float, str]:
        """Tools that fit as well as each other are in the order of their names."""
        return -self._scores[one[0]], one[1].name

    def _wanted(self, numbers: list[int], wanted: Callable[[Entry], bool]) -> list[tuple[int, Entry]]:
        entries = ((number, self._tools[number]) for number in numbers)
        return [(number, entry) for number, entry in entries if entry is not None and wanted(entry)]
