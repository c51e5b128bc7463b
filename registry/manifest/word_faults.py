"""What an operator is told of the words of a manifest: those that mean nothing, and those that no longer mean what they say."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase

from registry.manifest.meaning import Meaning, Sense
from registry.manifest.words import Word
from registry.model.import_fault import ImportFault

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class WordFaults:
    """`lost`: words without which a guard would be open; an import that writes is refused while there is one."""

    lost: tuple[ImportFault, ...] = ()
    told: tuple[ImportFault, ...] = ()


def word_faults(meaning: Meaning) -> WordFaults:
    lost, told = list[ImportFault](), list[ImportFault]()
    names = dict.fromkeys(name for one in meaning.candidates for name in (*one.meant.names, *one.key.names))
    for word, sense in meaning.senses():
        if not sense.means:
            (lost if sense.lost or not word.wild else told).append(_missing(f"manifest:{word.pointer}", word.text, names))
        told += _renamed(meaning, word, sense)
    return WordFaults(tuple(lost), tuple(told))


def faults_of_approval(patterns: Iterable[str], tools: Iterable[str], gone: Iterable[str]) -> WordFaults:
    """The same for the patterns of tools' names whose calls a person must approve. `gone`: names that were tools."""
    lost, told = list[ImportFault](), list[ImportFault]()
    names, former = list(tools), list(gone)
    for index, pattern in enumerate(patterns):
        if not any(fnmatchcase(name, pattern) for name in names):
            open_ = any(fnmatchcase(name, pattern) for name in former) or not Word("", pattern).wild
            (lost if open_ else told).append(_missing(f"require_approval:/{index}", pattern, names))
    return WordFaults(tuple(lost), tuple(told))


def _missing(pointer: str, wanted: str, names: Iterable[str]) -> ImportFault:
    alike = get_close_matches(wanted, list(names), n=1)
    cure = f"Did you mean {alike[0]!r}?" if alike else "Remove or correct it; the document may no longer have the operation."
    return ImportFault(pointer, f"{wanted!r} matches no operation of the document", cure)


def _renamed(meaning: Meaning, word: Word, sense: Sense) -> Iterator[ImportFault]:
    """Where the document gives the word to other operations, or what the word means another name."""
    others = sorted(meaning.candidates[place].key.route for place in sense.namesakes)
    renamed = [key for place in sense.means - sense.learnt if (key := meaning.candidates[place].renamed)]
    former = sorted(key.route for key in renamed if not (key.is_called if word.exact else key.matches)(word.text))
    if not others and not former:
        return
    pointer, cure = (
        f"manifest:{word.pointer}",
        "Name operations by `METHOD /path` in the manifest, which no document can rename.",
    )
    if former:
        message = f"{word.text!r} still means {_listed(former)}, to which the document now gives another name or tag"
        yield ImportFault(pointer, message, cure)
    if others:
        message = f"{word.text!r} does not mean {_listed(others)}, to which the document now gives this name or tag"
        yield ImportFault(pointer, message, cure)


def _listed(routes: list[str]) -> str:
    more = f" and {len(routes) - _SHOWN:,} more" if len(routes) > _SHOWN else ""
    return ", ".join(routes[:_SHOWN]) + more
