"""JSON Pointers (RFC 6901), and the references of a self-contained schema to its own `$defs`, which are pointers in a URI."""

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote, unquote

_INDEX = re.compile(r"0|[1-9][0-9]{0,8}")
_DEFINITIONS = "#/$defs/"


def escape(token: str) -> str:
    """`token` as one step of a pointer (RFC 6901 §3)."""
    return token.replace("~", "~0").replace("/", "~1")


def unescape(step: str) -> str:
    """The token that `step` stands for (RFC 6901 §4)."""
    return step.replace("~1", "/").replace("~0", "~")


def tokens(pointer: str) -> list[str]:
    """The steps of a pointer, unescaped: none for the pointer to the whole."""
    return [unescape(step) for step in pointer.split("/")[1:]]


def joined(path: Iterable[str | int]) -> str:
    """The pointer of those steps."""
    return "".join("/" + escape(str(token)) for token in path)


def find(pointer: str, value: Any) -> list[Any]:
    """The value that the pointer leads to, as the only item; nothing where it leads nowhere."""
    for token in tokens(pointer):
        if isinstance(value, dict) and token in value:
            value = value[token]
        elif isinstance(value, list) and _INDEX.fullmatch(token) and int(token) < len(value):
            value = value[int(token)]
        else:
            return []
    return [value]


def definition_reference(name: str) -> str:
    """The `$ref` to the definition `name`."""
    return _DEFINITIONS + quote(escape(name))


def definition_name(reference: str) -> str:
    """The name of the definition that `reference` leads to."""
    return unescape(unquote(reference.removeprefix(_DEFINITIONS)))
