"""Words without their English endings: what is asked for as "cancelling orders" is called `cancel_order`.

A light stemmer of suffixes, of our own. It need not find a word's root: it makes the same of the forms of one word, and rarely
the same of two words. Words of other alphabets, numbers and short words stay as they are.
"""

_VOWELS = frozenset("aeiouy")
#: Plurals first: an ending, what stands in its place, and how many letters must stand before it.
_PLURALS = (
    ("sses", "ss", 1),
    ("uses", "us", 3),
    ("yses", "ys", 3),
    ("xes", "x", 2),
    ("ches", "ch", 2),
    ("shes", "sh", 2),
    ("ies", "y", 2),
)
_ENDINGS = (
    ("ification", "ify", 2),
    ("plication", "ply", 2),
    ("ization", "ize", 3),
    ("isation", "ize", 3),
    ("ation", "", 4),
    ("ator", "", 4),
    ("ating", "", 4),
    ("ated", "", 4),
    ("ate", "", 4),
    ("tion", "t", 3),
    ("sion", "s", 4),
    ("ysis", "ys", 3),
    ("ment", "", 5),
    ("ying", "y", 2),
    ("ing", "", 2),
    ("ied", "y", 2),
    ("ed", "", 2),
    ("val", "v", 3),
    ("ly", "", 4),
)
_SHORTEST, _SHORTEST_STEM = 2, 2
#: Letters from which on a British ending is written as an American one: colour, but hour.
_SHORTEST_OUR = 6


def stem(word: str) -> str:
    """Of a word in small letters."""
    if len(word) <= _SHORTEST or not word.isascii() or not word.isalpha():
        return word
    return _bare(_without(_ENDINGS, _singular(word)))


def _singular(word: str) -> str:
    if word[-1] != "s" or word[-2] in "sui":
        return word
    found = _without(_PLURALS, word)
    return word[:-1] if found == word else found


def _without(endings: tuple[tuple[str, str, int], ...], word: str) -> str:
    for ending, instead, before in endings:
        if word.endswith(ending):
            rest = word[: -len(ending)]
            if len(rest) >= before and not _VOWELS.isdisjoint(rest):
                return rest + instead
    return word


def _bare(word: str) -> str:
    """Without what an ending may leave: a doubled letter, a silent e; and a y as the i that it is before endings."""
    if len(word) > _SHORTEST_STEM + 1 and word[-1] == word[-2] and word[-1] not in "sz":
        word = word[:-1]
    if len(word) > _SHORTEST_STEM and word[-1] == "e":
        word = word[:-1]
    if word[-1] == "y" and len(word) > _SHORTEST_STEM and word[-2] not in _VOWELS:
        word = f"{word[:-1]}i"
    word = f"{word[:-1]}s" if word[-2:] in ("iz", "yz") else word
    return f"{word[:-2]}r" if len(word) >= _SHORTEST_OUR and word.endswith("our") else word
