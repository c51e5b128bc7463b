"""Arguments: read them strictly, and write them canonically."""

import json
import math
import re
from typing import Any, NoReturn

from registry.model.canonical_json import canonical
from registry.model.errors import ArgumentsInvalid, Violation
from registry.model.tool import JsonObject

__all__ = ["canonical", "parse"]

BYTES = 1 << 20
DEPTH = 64
NODES = 50_000
_INTEGER = (1 << 53) - 1  # RFC 7493 §2.2: beyond it a double is not exact
# A text without an end goes on to the end: looked for from each quote in it, its end would take as long as it is, each time.
_TOKEN = re.compile(rb'"(?:[^"\\]+|\\.)*+"?|[\[\]{},]', re.DOTALL)


def parse(args_json: bytes) -> JsonObject:
    """The arguments as I-JSON (RFC 7493) with an object at the root: at most 1 MiB, 64 levels and 50,000 values.

    Raises ArgumentsInvalid, also for duplicate keys, NaN, lone surrogates, and integers beyond ±(2**53 - 1).
    """
    if len(args_json) > BYTES:
        _refuse(f"at most {BYTES:,} bytes")
    _scan(args_json)
    try:
        text = args_json.decode()
        value = json.loads(text, object_pairs_hook=_unique, parse_int=_integer, parse_float=_float, parse_constant=_constant)
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False).encode()
    except UnicodeDecodeError:
        _refuse("UTF-8 text")
    except UnicodeEncodeError:
        _refuse("strings without lone surrogates")
    except json.JSONDecodeError as error:
        _refuse(f"well-formed JSON (line {error.lineno}, column {error.colno})")
    if not isinstance(value, dict):
        _refuse("an object")
    return value


def _scan(args_json: bytes) -> None:
    """Count brackets and commas outside strings, so that no parser meets a depth or a number of values over the bound."""
    depth, nodes = 0, 1
    for match in _TOKEN.finditer(args_json):
        token = match[0]
        depth += (token in (b"[", b"{")) - (token in (b"]", b"}"))
        nodes += token in (b"[", b"{", b",")
        if not 0 <= depth <= DEPTH:
            _refuse(f"at most {DEPTH} levels of nesting" if depth > 0 else "well-formed JSON")
        if nodes > NODES:
            _refuse(f"at most {NODES:,} values")


def _unique(pairs: list[tuple[str, Any]]) -> JsonObject:
    found = dict(pairs)
    if len(found) != len(pairs):
        _refuse("no key twice in an object")
    return found


def _integer(digits: str) -> int:
    if len(digits) > len(str(_INTEGER)) + 1 or abs(int(digits)) > _INTEGER:
        _refuse("integers within ±(2**53 - 1); larger ones as strings")
    return int(digits)


def _float(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        _refuse("numbers that a double can hold")
    return value


def _constant(_: str) -> NoReturn:
    _refuse("no NaN or infinity")


def _refuse(expected: str) -> NoReturn:
    raise ArgumentsInvalid((Violation("", expected),)) from None
