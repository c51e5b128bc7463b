"""Names in other scripts, in Latin letters, where each letter has one plain spelling.

No library: what a tool is called must not change with the release of a table. Han characters have none, since their reading
depends on the language, nor have scripts without vowels: such a name is made of method and path.
"""

# ruff: noqa: RUF001 - letters of other scripts that look like ours are what this is about

import re
import unicodedata
from itertools import pairwise

_ASCII_END = 0x80
#: Letters and how each is spelt: Latin ones that Unicode does not take apart, Cyrillic and Greek.
_TABLE = """
ß:ss æ:ae ø:o œ:oe đ:d ð:d þ:th ł:l ı:i ĸ:k ŋ:ng
а:a б:b в:v г:g д:d е:e ё:yo ж:zh з:z и:i й:y к:k л:l м:m н:n о:o п:p р:r с:s т:t у:u ф:f х:kh ц:ts ч:ch ш:sh щ:shch ъ: ы:y ь:
э:e ю:yu я:ya і:i ї:yi є:ye ґ:g ў:u ђ:dj ј:j љ:lj њ:nj ћ:c џ:dz ѓ:g ќ:k ѕ:dz
α:a β:v γ:g δ:d ε:e ζ:z η:i θ:th ι:i κ:k λ:l μ:m ν:n ξ:x ο:o π:p ρ:r σ:s ς:s τ:t υ:y φ:f χ:ch ψ:ps ω:o
"""
_LETTERS: dict[str, str] = dict(pair.split(":") for pair in _TABLE.split())
#: Of the syllables as Unicode names them, those that people spell otherwise (Hepburn).
_KANA = {"si": "shi", "ti": "chi", "tu": "tsu", "hu": "fu", "zi": "ji", "di": "ji", "du": "zu"}
_SYLLABLE = re.compile(r"(?:HIRAGANA|KATAKANA) LETTER (SMALL )?([A-Z]+)")
_HANGUL = "HANGUL SYLLABLE "
_PROLONGED = "ー"
_DOUBLED = "っッ"


def romanised(text: str) -> str | None:
    """The text in ASCII, `_` where a character is no letter; None where a letter has no plain spelling."""
    if text.isascii():
        return text
    spelt = [_spelt(one) for one in unicodedata.normalize("NFC", text)]
    if None in spelt:
        return None
    return "".join(_joined([one for one in spelt if one]))


def _spelt(character: str) -> str | None:
    """None for a letter without a plain spelling. A small kana begins with `~`, which `_joined` takes away."""
    if ord(character) < _ASCII_END:
        return character
    if character in _DOUBLED:
        return "~tsu"
    if match := _SYLLABLE.fullmatch(name := unicodedata.name(character, "")):
        syllable = match[2].lower()
        return f"~{syllable}" if match[1] else _KANA.get(syllable, syllable)
    if name.startswith(_HANGUL):
        return name.removeprefix(_HANGUL).lower()
    return "" if character == _PROLONGED else _letter(character)


def _letter(character: str) -> str | None:
    if (spelt := _LETTERS.get(character.lower())) is not None:
        return spelt.capitalize() if character.isupper() else spelt
    plain = "".join(one for one in unicodedata.normalize("NFKD", character) if not unicodedata.combining(one))
    if plain.isascii():
        return plain
    if plain != character:
        return romanised(plain)
    return None if unicodedata.category(character).startswith("L") else "_"


def _joined(spelt: list[str]) -> list[str]:
    """With each small kana in the syllable before it: `ki` and `~ya` are `kya`; `~tsu` doubles the letter after it."""
    made: list[str] = []
    for one, following in pairwise([*spelt, ""]):
        if one == "~tsu":
            made.append(following[:1] if following[:1].isalpha() else "")
        elif one.startswith("~"):
            made[-1:] = [_contracted(made[-1] if made else "", one[1:])]
        else:
            made.append(one)
    return made


def _contracted(before: str, small: str) -> str:
    if not small.startswith("y"):
        return before[:-1] + small if before else small
    stem = before.removesuffix("i")
    return stem + (small.removeprefix("y") if stem in {"sh", "ch", "j"} else small)
