"""A program's output that is not JSON → where it stops being JSON, how it looks there, and what its author probably meant.

For authors: the sentence is all that they see of a run in a box. What is repeated of the output is a few characters of it. The
work is linear in what is looked at, which is bounded.
"""

import codecs
import json
from collections.abc import Callable, Iterator

import orjson

#: Bytes that are looked at for what was meant: the beginning of longer output tells as well, but for where JSON begins in it.
LOOKED_AT = 1 << 16
#: Characters, or bytes, of the output that are repeated.
SHOWN = 40
#: Places at which JSON may begin after something else, and lines that are read as JSON on their own.
_BEGINNINGS, _LINES = 8, 8

_MARKS = (
    (codecs.BOM_UTF32_LE, "UTF-32"),
    (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"),
    (codecs.BOM_UTF16_BE, "UTF-16"),
)
_NO_NUMBERS = ("-Infinity", "Infinity", "NaN")
_PYTHON = ("'", "None", "True", "False", "(", "b'")


def why_not_json(output: bytes) -> str:
    """As the end of a sentence that begins with the output: the place, the first bytes there, and what was probably meant."""
    if not output.strip():
        return "is empty: a program writes one JSON value to its standard output, `null` where it has nothing to say"
    if (encoding := _wide(output)) is not None:
        return f"is in {encoding} (it begins with {_bytes(output)}): write UTF-8"
    if output.startswith(codecs.BOM_UTF8):
        return f"begins with a byte order mark ({_bytes(output)}): write UTF-8 without one, in Python `utf-8`, not `utf-8-sig`"
    try:
        text = output[:LOOKED_AT].decode()
    except UnicodeDecodeError as error:
        if len(output) <= LOOKED_AT or error.start < LOOKED_AT - 4:  # else the last character was cut in two here
            return _undecodable(output, error.start)
        text = output[: error.start].decode()
    return _misread(text, whole=len(output) <= LOOKED_AT)


def _wide(output: bytes) -> str | None:
    """UTF-16 or UTF-32, by its mark, or by every other byte of its beginning, which is JSON's in ASCII."""
    for mark, name in _MARKS:
        if output.startswith(mark):
            return name
    head = output[:16]
    return "UTF-16" if len(head) > 1 and (not any(head[::2]) or not any(head[1::2])) else None


def _undecodable(output: bytes, at: int) -> str:
    around = f"has a byte that is not UTF-8 at byte {at:,} ({_bytes(output[at:])}"
    before = output[max(0, at - SHOWN) : at].decode(errors="ignore")
    around += f", after {_quoted(before, end=True)})" if before.strip() else ")"
    if _is_binary(output):
        return f"{around}: it is no text; write JSON, with bytes in base64"
    return f"{around}: it looks like Latin-1 or Windows-1252; write UTF-8, in Python by PYTHONIOENCODING=utf-8"


def _is_binary(output: bytes) -> bool:
    controls = set(range(32)) - set(b"\t\n\r\x1b")
    return any(one in controls for one in output[:1024])


def _misread(text: str, *, whole: bool) -> str:
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError as error:
        at = min(error.pos, len(text))
    else:  # what is wrong stands further on, or is no matter of syntax
        at = len(text)
    for guess in _GUESSES:
        if (meant := guess(text, at)) is not None:
            return f"is not JSON {_place(text, at)}: {meant}"
    if whole and at >= len(text.rstrip()):
        return f"is not JSON {_place(text, at)}: it ends in the midst of a value; see that all of it is written"
    return f"is not JSON {_place(text, at)}: write one JSON value to standard output, and all else to standard error"


def _place(text: str, at: int) -> str:
    line, column = _line_and_column(text, at)
    there = f", where it goes on {_quoted(text[at:])}" if at and text[at:].strip() else ""
    return f"at line {line:,}, column {column:,} (it begins {_quoted(text)}{there})"


def _line_and_column(text: str, at: int) -> tuple[int, int]:
    return text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)


def _no_number(text: str, at: int) -> str | None:
    for word in _NO_NUMBERS:
        if word in text[max(0, at - 1) : at + len(word)]:
            return f"JSON has no {word}; write null, or a text"
    return None


def _surrogate(text: str, at: int) -> str | None:
    escape = text[max(0, at - 6) : at + 6].lower()
    return "an escape such as \\ud800 is half a character; write both halves, or none" if "\\ud" in escape else None


def _python(text: str, at: int) -> str | None:
    if not text.lstrip().startswith(("{", "[", "(", "'", "None", "True", "False")) or not text.startswith(_PYTHON, at):
        return None
    return "it looks like Python's repr; write `json.dumps(value)`, not `print(value)`"


def _lines(text: str, at: int) -> str | None:
    lines = [line for line in text.splitlines() if line.strip()][: _LINES + 1]
    if len(lines) < 2 or not all(map(_is_json, lines[:_LINES])):  # noqa: PLR2004 - one line is no list of them
        return None
    return "each line is a JSON value (JSON lines); write them as one array"


def _after_something(text: str, at: int) -> str | None:
    for begin in _beginnings(text):
        if begin > 0 and _is_json(text[begin:]):
            line, column = _line_and_column(text, begin)
            where = f"line {line:,}, column {column:,}"
            return f"JSON begins at {where} only; what stands before it looks like a log, which belongs on standard error"
    return None


def _beginnings(text: str) -> Iterator[int]:
    """Where JSON may begin: at the first brackets, at those that begin a line, and at the last line."""
    yield from sorted((text.find("{"), text.find("[")))
    at, found = 0, 0
    while found < _BEGINNINGS and (at := text.find("\n", at) + 1):
        if text[at : at + 1] in ("{", "["):
            found += 1
            yield at
    yield text.rstrip().rfind("\n") + 1


def _before_something(text: str, at: int) -> str | None:
    if not text[:at].strip() or not text[at:].strip() or not _is_json(text[:at]):
        return None
    return "one JSON value ends before that; what follows belongs on standard error"


def _spare_comma(text: str, at: int) -> str | None:
    around = text[:at].rstrip()[-1:] + text[at:].lstrip()[:1] + text[at + 1 :].lstrip()[:1]
    return "JSON has no comma before a closing bracket" if any(one in around for one in (",}", ",]")) else None


def _comment(text: str, at: int) -> str | None:
    begun = text.lstrip().startswith(("{", "["))
    return "JSON has no comments" if begun and text.startswith(("//", "/*", "#"), at) else None


def _markup(text: str, at: int) -> str | None:
    return "it looks like HTML or XML; write JSON" if text.lstrip().startswith("<") else None


def _plain(text: str, at: int) -> str | None:
    if text.lstrip()[:1] in ("{", "[", '"'):
        return None
    return "it looks like plain text, which is a result where the tool's schema of the answer says `type: string`"


#: In the order of how sure they are.
_GUESSES: tuple[Callable[[str, int], str | None], ...] = (
    _no_number,
    _lines,
    _after_something,
    _before_something,
    _python,
    _spare_comma,
    _comment,
    _surrogate,
    _markup,
    _plain,
)


def _is_json(text: str) -> bool:
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError:
        return False
    return True


def _quoted(text: str, *, end: bool = False) -> str:
    """Its first characters, or its last ones, as JSON writes them: in one line, with nothing hidden in them."""
    shown = text[-SHOWN:] if end else text[:SHOWN]
    cut = len(text) > SHOWN
    return f"{'…' if cut and end else ''}{json.dumps(shown)}{'…' if cut and not end else ''}"


def _bytes(output: bytes) -> str:
    return output[:8].hex(" ")
