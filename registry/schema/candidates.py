"""Candidates for a value without members, and whether a schema accepts one."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import orjson

from registry.model.json_values import is_number
from registry.model.tool import JsonObject
from registry.schema.merge_all_of import type_of
from registry.schema.regex_samples import matching
from registry.schema.validators import SchemaInvalid, Validator, compile_validator

_LENGTH, _ITEMS = 4_096, 16
# fmt: off
_STRINGS = (
    "a", "1", "abc", "A1", "en", "USD", "a/b", "1.0.0", "2024-01-01", "2024-01-01T00:00:00Z", "12:00:00Z", "a@example.com",
    "https://example.com/", "00000000-0000-4000-8000-000000000000", "127.0.0.1", "::1", "12345678", "0123456789abcdef", "true",
    "P1D", "example.com", "/a", "YQ==", "{a}", "a b",
)
_LEAF = frozenset((
    "type", "enum", "const", "format", "pattern", "minLength", "maxLength", "minimum", "maximum", "exclusiveMinimum",
    "exclusiveMaximum", "multipleOf", "not", "contentEncoding",
))
# fmt: on


def accepts(schema: JsonObject, candidate: Any) -> bool:
    """Whether the keywords that need no other schema accept it. The search checks the whole sample at its end."""
    leaf = {key: value for key, value in schema.items() if key in _LEAF and (key != "not" or _is_plain(value))}
    try:
        return _leaf(orjson.dumps(leaf, option=orjson.OPT_SORT_KEYS)).is_valid(candidate)
    except (SchemaInvalid, orjson.JSONEncodeError):
        return False


@lru_cache(2_048)
def _leaf(schema: bytes) -> Validator:
    return compile_validator(orjson.loads(schema))


def _is_plain(schema: Any) -> bool:
    return isinstance(schema, bool) or (isinstance(schema, dict) and schema.keys() <= _LEAF)


def several(schema: JsonObject) -> Iterator[Any]:
    """Many candidates that differ, for a list of distinct items."""
    if type_of(schema, 0) in ("integer", "number"):
        yield from numbers(schema)
        yield from range(_ITEMS)
    else:
        yield from strings(schema)
        yield from (f"item{index}" for index in range(_ITEMS))


def strings(schema: JsonObject) -> Iterator[str]:
    if schema.get("contentEncoding") == "base64" or schema.get("format") == "byte":
        yield from ("YQ==", "YWI=", "YWJj")
    if isinstance(pattern := schema.get("pattern"), str):
        yield from matching(pattern, schema.get("minLength", 0))
    yield from _STRINGS
    length = min(schema.get("minLength", 0), _LENGTH)
    yield from ("a" * length, "0" * length, "b" * length)


def numbers(schema: JsonObject) -> Iterator[float]:
    step = schema.get("multipleOf", 1)
    for keyword in ("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum"):
        bound: Any = schema.get(keyword)
        if is_number(bound):
            yield from (bound, bound + step, bound - step, (bound // step + 1) * step if step else bound)
    yield from (1, 2, 0, step, -1, 0.5)
