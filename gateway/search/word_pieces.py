"""Texts as BERT's models read them: numbers of word pieces (Devlin et al., NAACL 2019; Wu et al., arXiv 1609.08144 §4.1).

Only what uncased models of English need: small letters without accents, words apart from punctuation, and of each word the
longest pieces that the vocabulary has, from its beginning on.
"""

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from unicodedata import category, normalize

#: Characters of a word beyond which it is unknown, and of a text.
_LONGEST, _READ = 100, 2_000
_UNKNOWN, _BEGIN, _END = "[UNK]", "[CLS]", "[SEP]"


class WordPieces:
    """`vocabulary`: from each piece to its number. A piece that goes on with a word begins with `##`."""

    def __init__(self, vocabulary: Mapping[str, int]) -> None:
        """Raises ValueError where it lacks what every text needs."""
        if missing := {_UNKNOWN, _BEGIN, _END} - vocabulary.keys():
            raise ValueError(f"the vocabulary lacks {', '.join(sorted(missing))}")
        self._vocabulary = vocabulary
        self._of = lru_cache(maxsize=16_384)(self._pieces)

    def numbers(self, text: str, most: int) -> list[int]:
        """Those of the text's beginning, at most `most`, with the marks of its begin and end."""
        found = [self._vocabulary[_BEGIN]]
        for word in _words(text[:_READ]):
            found += self._of(word)
            if len(found) >= most:
                break
        return [*found[: most - 1], self._vocabulary[_END]]

    def _pieces(self, word: str) -> tuple[int, ...]:
        if len(word) > _LONGEST:
            return (self._vocabulary[_UNKNOWN],)
        found, begin = list[int](), 0
        while begin < len(word):
            end = next((end for end in range(len(word), begin, -1) if self._piece(word, begin, end) in self._vocabulary), begin)
            if end == begin:
                return (self._vocabulary[_UNKNOWN],)
            found.append(self._vocabulary[self._piece(word, begin, end)])
            begin = end
        return tuple(found)

    def _piece(self, word: str, begin: int, end: int) -> str:
        return f"##{word[begin:end]}" if begin else word[begin:end]


def read_vocabulary(file: Path) -> Mapping[str, int]:
    """Of a `tokenizer.json` of Hugging Face's, or a `vocab.txt` with a piece in each line. Raises OSError, ValueError."""
    if file.suffix == ".txt":
        return {piece: number for number, piece in enumerate(file.read_text("utf-8").splitlines())}
    told = json.loads(file.read_text("utf-8"))
    model = told.get("model") if isinstance(told, dict) else None
    found = model.get("vocab") if isinstance(model, dict) else None
    if not isinstance(found, dict) or model is None or model.get("type") != "WordPiece":
        raise ValueError(f"{file} has no vocabulary of word pieces")
    return found


def _words(text: str) -> Iterator[str]:
    """Small letters without accents; each mark of punctuation, and each character of Chinese, by itself."""
    word = ""
    for character in normalize("NFD", text.lower()):
        kind = category(character)
        if kind == "Mn" or (kind[0] == "C" and not character.isspace()):
            continue
        apart = kind[0] in "PS" or "\u4e00" <= character <= "\u9fff"
        if apart or character.isspace():
            if word:
                yield word
            word = ""
            if apart:
                yield character
        else:
            word += character
    if word:
        yield word
