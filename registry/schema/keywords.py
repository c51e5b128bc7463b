"""The keywords of JSON Schema 2020-12 that are copied as they stand, and what their values must look like.

A keyword that is not here, or whose value does not have the shape that it must have (JSON Schema Validation §6 to §9), is left
out. So the rest is valid whatever the document says.
"""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from registry.model.json_values import is_number
from registry.model.plain_text import plain_text
from registry.schema.validators import is_pattern

_EXACT = 1 << 53  # beyond it a JSON number need not be the integer that it looks like (RFC 8259 §6)
TYPES = frozenset(("null", "boolean", "object", "array", "number", "string", "integer"))
_PAIR = re.compile(r"\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})")
_LITERAL = re.compile(r"/(\^.*\$)/[a-z]*", re.DOTALL)
# A brace that begins no quantifier and no escape is itself, to JavaScript.
_LOOSE_BRACE = re.compile(r"(?<!\\)(?<!\\[pPuxN])\{(?![0-9]+(?:,[0-9]*)?\})")
_LOOSE_DASH = re.compile(r"(\\[wWdDsS])-(?=[^\]])")


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_flag(value: Any) -> bool:
    return isinstance(value, bool)


def _is_count(value: Any) -> bool:
    return is_number(value) and 0 <= value <= _EXACT and value == int(value)


def _is_type(value: Any) -> bool:
    return (isinstance(value, str) and value in TYPES) or (
        isinstance(value, list) and bool(value) and all(isinstance(one, str) and one in TYPES for one in value)
    )


def _are_names(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(name, str) for name in value)


_SHAPES: dict[str, Callable[[Any], bool]] = {
    "type": _is_type,
    "enum": lambda value: isinstance(value, list) and bool(value),
    "const": lambda _: True,
    "default": lambda _: True,
    "multipleOf": lambda value: is_number(value) and value > 0,
    "pattern": lambda value: isinstance(value, str) and is_pattern(value),
    "required": _are_names,
    "dependentRequired": lambda value: isinstance(value, dict) and all(map(_are_names, value.values())),
    **dict.fromkeys(("title", "description", "format", "contentEncoding", "contentMediaType"), _is_text),
    **dict.fromkeys(("maximum", "minimum", "exclusiveMaximum", "exclusiveMinimum"), is_number),
    **dict.fromkeys(("uniqueItems", "deprecated", "writeOnly"), _is_flag),
    **dict.fromkeys(("maxLength", "minLength", "maxItems", "minItems", "maxContains", "minContains"), _is_count),
    **dict.fromkeys(("maxProperties", "minProperties"), _is_count),
}
COPIED = frozenset(_SHAPES)


def fits(keyword: str, value: Any) -> bool:
    """Whether `value` is one that `keyword` (one of COPIED) may have."""
    return _SHAPES[keyword](value)


def corrected(keyword: str, value: Any) -> Any:
    """`value` as its author must have meant it, where that is beyond doubt; otherwise as it is."""
    if keyword == "pattern" and isinstance(value, str):
        return _pattern(value)
    if keyword == "type":
        return _type(value)
    if keyword == "description" and isinstance(value, str):
        return plain_text(value)
    if keyword in ("required", "type") and isinstance(value, list):
        return _distinct(value)
    if _SHAPES[keyword] is _is_count and isinstance(value, float) and _is_count(value):
        return int(value)
    return value


def _type(value: Any) -> Any:
    if isinstance(value, list):
        return _distinct([_type(one) for one in value])
    return value.lower() if isinstance(value, str) and value.lower() in TYPES else value


def _distinct(values: list[Any]) -> list[Any]:
    return list(dict.fromkeys(values)) if all(isinstance(value, str) for value in values) else values


@lru_cache(maxsize=4_096)
def _pattern(pattern: str) -> str:
    """A pattern that engines of other languages read, too: authors of documents write for JavaScript's.

    Delimiters around it are not part of it, two escaped surrogates are one character, a dash after a class is a dash, and a
    brace that begins no quantifier is a brace.
    """
    if literal := _LITERAL.fullmatch(pattern):
        pattern = literal[1]
    if is_pattern(pattern):
        return pattern
    joined = _PAIR.sub(lambda pair: _character(pair[1], pair[2]), pattern)
    for loose, exact in ((_LOOSE_DASH, r"\1\\-"), (_LOOSE_BRACE, r"\\{")):
        joined = joined if is_pattern(joined) else loose.sub(exact, joined)
    return joined


def _character(high: str, low: str) -> str:
    """What the two surrogates encode (Unicode 16, D91)."""
    return chr(0x10000 + ((int(high, 16) - 0xD800) << 10) + int(low, 16) - 0xDC00)
