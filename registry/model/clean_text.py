"""Texts of strangers, as a model and a person may read them: without what one of the two does not see.

*Hidden* is a character that shows nothing and means something to the machine behind: a control character, an escape sequence
for terminals, a mark that turns the direction of writing, a character without width, a tag character, a selector of variants,
half of a surrogate pair. Kept are tabs and line ends, the joiners inside scripts and emoji that are written with them, and
the selector of a symbol's form behind that symbol.

Two forms: `clean` leaves hidden characters out, for words that a model reads; `visible` writes them as JSON's escapes, for
errors, logs and terminals, whose reader is to see what is there. A JSON text stays the same value in that form.
"""

import re
from collections.abc import Callable, Iterator

# Unicode's Default_Ignorable_Code_Point and line separators, then control characters, surrogates and non-characters. A carriage
# return stands among the controls; before a line feed it is let be.
_INVISIBLE = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff"
    "\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_CONTROLS = r"\x00-\x08\x0b-\x1f\x7f-\x9f"
_NO_CHARACTERS = r"\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff"
_SUSPECTS = _CONTROLS + _INVISIBLE + _NO_CHARACTERS

# Scripts whose words hold joiners (Arabic to Myanmar, Khmer, Mongolian), and what emoji are joined of.
_JOINED = "\u0600-\u061b\u061d-\u109f\u1780-\u17b3\u17b6-\u180a\u1810-\u18af\u2190-\u2bff\U0001f000-\U0001faff"
_SYMBOLS = "\u00a9\u00ae\u203c\u2049\u2122\u2139\u2190-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff"

# What an innocent character may be is looked at from both sides; everything else of its kind is hidden.
_HIDDEN = (
    rf"(?<![{_JOINED}])(?<![{_SYMBOLS}]\ufe0f)[\u200c\u200d]|[\u200c\u200d](?![{_JOINED}])"
    rf"|(?<![{_SYMBOLS}])[\ufe0e\ufe0f](?!\u20e3)"
    r"|\r(?!\n)"
    rf"|(?![\r\u200c\u200d\ufe0e\ufe0f])[{_SUSPECTS}]"
)
# ECMA-48: control sequences; strings up to their end, which hold a window's title or a link; other escapes. No alternative
# runs over the beginning of another one, so the whole is linear.
_SEQUENCES = (
    r"(?:\x1b\[|\x9b)[0-?]*+[ -/]*+[@-~]"
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x00-\x1f\x7f-\x9f]*+(?:\x07|\x1b\\|\x9c)"
    r"|\x1b[ -/]*+[0-~]"
)
_SUSPECT = re.compile(f"[{_SUSPECTS}]")
_ONE = re.compile(_HIDDEN)
_LEFT_OUT = re.compile(f"{_SEQUENCES}|{_HIDDEN}")
_LINE_ENDS = frozenset("\r\x0b\x0c\x85\u2028\u2029")
_HALVES = range(0xD800, 0xE000)
_PLAIN = bytes((*range(0x20, 0x7F), *b"\t\n"))


def is_suspect(text: str) -> bool:
    """Whether the text may have a hidden character. Cheap; False is certain."""
    return not (text.isascii() and text.isprintable()) and is_suspect_utf8(text.encode("utf-8", "surrogatepass"))


def is_suspect_utf8(text: bytes) -> bool:
    """The same of a text in UTF-8."""
    # Most of most texts is plain ASCII, which is taken out in no time: the pattern looks at what is left.
    left = text.replace(b"\r\n", b"").translate(None, _PLAIN)
    return bool(left) and _SUSPECT.search(left.decode("utf-8", "surrogatepass")) is not None


def clean(text: str) -> str:
    """The text without hidden characters. Line separators become line feeds, half a surrogate pair the replacement character.

    A text that is clean is returned as it is, and so is what this returns.
    """
    return _replaced(text, _LEFT_OUT, _instead) if is_suspect(text) else text


def count_hidden(text: str) -> int:
    """How many characters `clean` takes out, or puts others in the place of."""
    return sum(len(found[0]) for found in _find(text, _LEFT_OUT)) if is_suspect(text) else 0


def visible(text: str) -> str:
    r"""The text with each hidden character as JSON writes it: `\u001b`, and two such escapes beyond U+FFFF."""
    text = text.replace("\r\n", "\n")
    return _replaced(text, _ONE, escaped) if is_suspect(text) else text


def is_plain(text: str) -> bool:
    """Whether a name or a line shows all that is in it: Unicode counts fillers and selectors among what is printable."""
    return text.isprintable() and visible(text) == text


def _find(text: str, hidden: re.Pattern[str]) -> Iterator[re.Match[str]]:
    """What is hidden, in its order. All of it begins with a suspect, and only there is the slower pattern asked."""
    at = 0
    while suspect := _SUSPECT.search(text, at):
        found = hidden.match(text, suspect.start())
        at = found.end() if found else suspect.end()
        if found:
            yield found


def _replaced(text: str, hidden: re.Pattern[str], write: Callable[[str], str]) -> str:
    pieces: list[str] = []
    at = 0
    for found in _find(text, hidden):
        pieces += (text[at : found.start()], write(found[0]))
        at = found.end()
    return "".join((*pieces, text[at:]))


def _instead(hidden: str) -> str:
    if hidden in _LINE_ENDS:
        return "\n"
    return "\N{REPLACEMENT CHARACTER}" if len(hidden) == 1 and ord(hidden) in _HALVES else ""


def suspects(text: str) -> set[str]:
    """The characters in it that may be hidden ones."""
    return {one for one in set(text) if _SUSPECT.match(one)}


def escaped(hidden: str) -> str:
    """As JSON writes it."""
    units = hidden.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))
