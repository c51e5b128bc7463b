"""JSON values of strangers without hidden characters: of a document once, when it is read; of a schema whenever it is shown.

Names and values are cleaned as words are, for a model reads them as well, and a call sends what the model has read. Where a
document is read, two are let be: a pattern, whose characters mean themselves, and a value that is one control character, as
separators of fields are.
"""

import re
from dataclasses import dataclass, field
from typing import Any

import orjson

from registry.model.clean_text import clean, count_hidden, escaped, is_suspect, is_suspect_utf8, suspects, visible
from registry.model.json_pointer import joined

# An escape character is none: it would take the next one with it on a terminal.
_SEPARATORS = frozenset(chr(code) for code in range(0x20) if code != 0x1B)  # noqa: PLR2004 - ESC
# JSON and YAML write what is not in the text itself with a backslash. Behind that, these stand for themselves, a tab or a line.
_ESCAPED = re.compile(rb"\\[^\"\\/nt]")


#: Bytes of JSON whose values are looked at one after another, in some tens of milliseconds.
LOOKED_THROUGH = 65_536
#: Different characters that are replaced one after another.
FEW = 64


@dataclass(frozen=True, slots=True)
class Hidden:
    """How many hidden characters a text had, by the JSON Pointer to it; the pointer is clean."""

    pointer: str
    count: int


def clean_document(value: Any) -> tuple[Any, list[Hidden]]:
    """The value without hidden characters, and the places that had some. What is clean stays the object that it is.

    Of two keys that are equal then, the first one stays.
    """
    cleaning = _Cleaning(leave_patterns=True)
    return cleaning.cleaned(value), cleaning.found


def may_hide(text: bytes) -> bool:
    """Whether a value that a JSON or YAML text (UTF-8) stands for may have hidden characters. Cheap; False is certain."""
    return _ESCAPED.search(text.replace(rb"\r\n", b"")) is not None or is_suspect_utf8(text)


def shown_json(value: Any) -> bytes:
    """The value as JSON for a model or a person to read. Hidden characters of patterns are written as escapes in them.

    So are all others of a long text, which can only be those of patterns, but for what was imported before documents were
    cleaned: to look at each of its values would hold up all other calls.
    """
    text = orjson.dumps(value)
    if not may_hide(text):
        return text
    if len(text) > LOOKED_THROUGH:
        return _escaped(text.decode()).encode()
    return orjson.dumps(_Cleaning(leave_patterns=False).cleaned(value))


def _escaped(text: str) -> str:
    """A JSON text in whose strings a backslash and letters stand for each character that may be hidden. No step of it is one
    for a character."""
    control = {r"\r\n": r"\n", r"\u00": r"\\u00", r"\b": r"\\u0008", r"\f": r"\\u000c", r"\r": r"\\u000d"}
    text = text.replace(r"\\", "\0")  # an escaped backslash is none that begins an escape; JSON has no other NUL
    for written, shown in control.items():
        text = text.replace(written, shown)
    hidden = {one: escaped(one).replace("\\", r"\\") for one in suspects(text) if one != "\0"}
    if len(hidden) > FEW:
        text = text.translate({ord(one): shown for one, shown in hidden.items()})
    else:  # which is much faster
        for one, shown in hidden.items():
            text = text.replace(one, shown)
    return text.replace("\0", r"\\")


@dataclass(slots=True)
class _Cleaning:
    leave_patterns: bool
    found: list[Hidden] = field(default_factory=list)
    _path: list[str | int] = field(default_factory=list)
    # What several places share is one object afterwards, too. The first of a pair keeps its id from being given again.
    _changed: dict[int, tuple[Any, Any]] = field(default_factory=dict)

    def cleaned(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._text(value)
        if not isinstance(value, dict | list):
            return value
        if id(value) in self._changed:
            return self._changed[id(value)][1]
        made = self._object(value) if isinstance(value, dict) else self._list(value)
        if made is not value:
            self._changed[id(value)] = (value, made)
        return made

    def _text(self, text: str) -> str:
        if text in _SEPARATORS or not is_suspect(text):
            return text
        if self._path and self._path[-1] == "pattern":
            return text if self.leave_patterns else visible(text)
        self._tell(text)
        return clean(text)

    def _object(self, value: dict[str, Any]) -> dict[str, Any]:
        made: dict[str, Any] = {}
        same = True
        for key, item in value.items():
            name = self._key(key)
            self._path.append(name)
            if name in made:
                self._tell(key)
            else:
                made[name] = self.cleaned(item)
                same = same and name == key and made[name] is item
            self._path.pop()
        return value if same and len(made) == len(value) else made

    def _key(self, key: str) -> str:
        if not is_suspect(key):
            return key
        if self._path and self._path[-1] == "patternProperties":
            return key if self.leave_patterns else visible(key)
        self._path.append(clean(key))
        self._tell(key)
        self._path.pop()
        return clean(key)

    def _list(self, value: list[Any]) -> list[Any]:
        made = []
        for index, item in enumerate(value):
            self._path.append(index)
            made.append(self.cleaned(item))
            self._path.pop()
        return value if all(one is other for one, other in zip(made, value, strict=True)) else made

    def _tell(self, text: str) -> None:
        if count := count_hidden(text):
            self.found.append(Hidden(joined(self._path), count))
