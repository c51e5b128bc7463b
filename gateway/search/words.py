"""A text as the words by which tools are found: in small letters, without accents and endings, and without the commonest ones.

`getHTTPUser2`, `get_http_users` and "Gets the HTTP user 2" have the same words. Texts come from documents and callers: what is
cut here is bounded, and each step is linear in the text.
"""

import re
from collections.abc import Iterator
from unicodedata import normalize

from gateway.search.stems import stem

#: Letters and digits that stand together. Camel case, capitals and digits are told apart within each.
_RUN = re.compile(r"[^\W_]+")
_PART = re.compile(r"[0-9]+|[A-Z]+(?![a-z])|[A-Z]?[^\W_A-Z0-9]+|[A-Z]")
#: Characters of one word: what is longer is no word, and is cut.
_LONGEST = 40

#: Words that stand in every text, and tell no tool from another.
STOPWORDS = frozenset(
    "a about above after again all also am an and any are as at be because been being both but by can could did do does doing "
    "down each either etc few for from further had has have having he her here hers him his how i if in into is it its itself "
    "just let like me might more most must my need no nor not now of off on once only or other our ours out over own please "
    "same shall she should so some such than that the their theirs them then there these they this those through to too under "
    "until up upon us very want was we were what when where whether which while who whom whose why will with would you your "
    "yours s t d ll m re ve".split()
)


def words(text: str) -> Iterator[str]:
    """The words of a text in their order, each as often as it is there."""
    for word in _parts(text):
        if word not in STOPWORDS:
            yield stem(word)


def _parts(text: str) -> Iterator[str]:
    for run in _RUN.findall(_plain(text)):
        if run.isascii() and run.isalpha() and run.islower():
            yield run[:_LONGEST]
        else:
            yield from (part.casefold()[:_LONGEST] for part in _PART.findall(run))


def _plain(text: str) -> str:
    """Without accents: who searches may not have them on the keyboard."""
    return text if text.isascii() else "".join(one for one in normalize("NFKD", text) if not "\u0300" <= one <= "\u036f")
