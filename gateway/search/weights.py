"""How much a word of a tool counts for it: BM25 over weighted fields (Robertson, Zaragoza and Taylor, CIKM 2004).

A word's frequencies in all fields are added, each weighted and set in proportion to its field's length, and then saturate: a
word that is said often says little more. Lengths are set in proportion to fixed ones, and not to the catalog's means, so that a
tool's weights stay the same whatever else the catalog has: a tool is added to an index without a look at the others.

The numbers were set on BFCL v4, and for what its functions do not have (hosts, toolsets, paths, methods) on sentences of our
own, which are none of the benchmark's (decision 34).
"""

import heapq
from collections.abc import Mapping
from dataclasses import dataclass

from gateway.search.tool_text import ToolText
from gateway.search.words import counted

#: How soon a word's frequency saturates (k1).
SATURATION = 1.4
#: Different words of one tool that are kept, those that count most.
MOST_WORDS = 400


@dataclass(frozen=True, slots=True)
class Field:
    """`weight` of each of its words. `length`: words of a usual one. `proportion` (b): how far words of a longer one count
    less, 0 to 1.
    """

    weight: float
    length: float
    proportion: float


FIELDS: Mapping[str, Field] = {
    "name": Field(2.0, 3.5, 0.8),
    "summary": Field(1.8, 9, 0.85),
    "rest": Field(0.5, 9, 0.5),
    "path": Field(1.1, 4, 0.8),
    "verbs": Field(0.4, 3, 0.0),
    "tags": Field(1.0, 2, 0.5),
    "toolset": Field(2.0, 2.5, 0.3),
    "arguments": Field(1.1, 5, 0.6),
    "descriptions": Field(0.55, 25, 0.5),
    "values": Field(1.3, 6, 0.5),
}


def weights_of(text: ToolText) -> dict[str, float]:
    """From each word of the tool to what it counts for it, over 0 and below 1."""
    frequencies: dict[str, float] = {}
    for name, of_field in FIELDS.items():
        told = getattr(text, name)
        found = counted([told] if isinstance(told, str) else told)
        share = of_field.weight / (1 - of_field.proportion + of_field.proportion * found.total() / of_field.length)
        for word, times in found.items():
            frequencies[word] = frequencies.get(word, 0.0) + share * times
    kept = heapq.nlargest(MOST_WORDS, frequencies.items(), key=lambda one: one[1])
    return {word: one / (SATURATION + one) for word, one in kept}
