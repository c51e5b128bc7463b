"""Names that one may have meant by another: found in linear time, for both are strangers' words.

The library's way compares two names in the cube of their length, and looks at all names that there are.
"""

from collections import Counter
from collections.abc import Iterable
from heapq import nlargest
from itertools import islice, takewhile

#: Names that are looked at, and told.
LOOKED_AT, TOLD = 1_000, 3
#: The least share of its characters that a name has in common with the one that was meant.
ALIKE = 0.75


def similar_names(wanted: str, names: Iterable[str]) -> list[str]:
    """The most similar first. Of names that have the same characters in common, the one that begins alike is."""
    letters = Counter(wanted)
    likenesses = ((_likeness(wanted, letters, name), name) for name in islice(names, LOOKED_AT))
    return [name for _, name in nlargest(TOLD, (one for one in likenesses if one[0] >= (ALIKE, 0)))]


def _likeness(wanted: str, letters: Counter[str], name: str) -> tuple[float, int]:
    longest = max(len(wanted), len(name))
    if not longest or min(len(wanted), len(name)) < ALIKE * longest:
        return 0.0, 0
    shared = (letters & Counter(name)).total()
    beginning = takewhile(lambda pair: pair[0] == pair[1], zip(wanted, name, strict=False))
    return shared / longest, sum(1 for _ in beginning)
