"""A text as the words by which tools are found: in small letters, without accents and endings, and without the commonest ones.

`getHTTPUser2`, `get_http_users` and "Gets the HTTP user 2" have the same words. Texts come from documents and callers: what is
cut here is bounded, and each step is linear in the text.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from itertools import pairwise
from unicodedata import normalize

from gateway.search.stems import stem

#: Letters and digits that stand together. Camel case, capitals and digits are told apart within each.
_RUN = re.compile(r"[^\W_]+")
_PART = re.compile(r"[0-9]+|[A-Z]+(?![a-z])|[A-Z]?[^\W_A-Z0-9]+|[A-Z]")
#: Digits at two places in one run: an id, whose letters are no words.
_ID = re.compile(r"[0-9][^\W0-9]+[0-9]")
#: Characters of one word: what is longer is no word, and is cut.
_LONGEST = 40

_COMMON = """
a about above after again all also am an and any are as at be because been being both but by can could did do does doing down
each either etc few for from further had has have having he her here hers him his how i if in into is it its itself just let
like me might more most must my need no nor not now of off on once only or other our ours out over own please same shall she
should so some such than that the their theirs them then there these they this those through to too under until up upon us very
want was we were what when where whether which while who whom whose why will with would you your yours s t d ll m re ve
"""
#: Words that stand in every text, and tell no tool from another.
STOPWORDS = frozenset(_COMMON.split())


def words(text: str) -> Iterator[str]:
    """The words of a text in their order, each as often as it is there."""
    for run in _RUN.findall(_plain(text)):
        yield from _of_run(run)


def asked(text: str, is_known: Callable[[str], bool]) -> Iterator[str]:
    """The words of a query. `is_known`: whether any tool has this word.

    A toolset or a host may be `spacetraders`, whether a person writes SpaceTraders or Space Traders. So what is written
    together, with capitals or digits within, is one word where that is known, and neighbours are one word more.
    """
    runs = [run for run in _RUN.findall(_plain(text)) if not _ID.search(run)]
    for run in runs:
        whole = _whole(run)
        yield from (whole,) if is_known(whole) else _of_run(run)
    for one, other in pairwise(runs):
        if STOPWORDS.isdisjoint((one.casefold(), other.casefold())) and is_known(whole := _whole(one + other)):
            yield whole


def counted(texts: Iterable[str]) -> Counter[str]:
    """How often each word is in the texts. Most runs come again and again, and are looked at once."""
    found: Counter[str] = Counter()
    for run, times in Counter(_RUN.findall(_plain("\n".join(texts)))).items():
        for word in _of_run(run):
            found[word] += times
    return found


@lru_cache(maxsize=32_768)
def _of_run(run: str) -> tuple[str, ...]:
    parts = (run,) if run.isascii() and run.isalpha() and run.islower() else _PART.findall(run)
    small = (part.casefold()[:_LONGEST] for part in parts)
    return tuple(stem(word) for word in small if word not in STOPWORDS)


def _whole(run: str) -> str:
    return stem(run.casefold()[:_LONGEST])


def _plain(text: str) -> str:
    """Without accents: they may not be on the keyboard of the caller that searches."""
    return text if text.isascii() else "".join(one for one in normalize("NFKD", text) if not "\u0300" <= one <= "\u036f")


def parted(name: str) -> str:
    """A name as a person would say it: `getHTTPUser` is "get http user"."""
    return " ".join(spoken(name))


def spoken(name: str) -> Iterator[str]:
    """Every word of a name, in small letters, with its ending."""
    return (part.lower() for run in _RUN.findall(name) for part in _PART.findall(run))


def runs(text: str) -> Iterator[str]:
    """What a person has written together, in small letters."""
    return (run.lower() for run in _RUN.findall(text))
