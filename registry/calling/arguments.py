"""Arguments: read them strictly, and write them canonically.

A text is read by a parser that takes what is refused here: keys that come twice, and integers too large to be exact. Both are
found in what is left of the text without its strings, by functions that run in C: a megabyte takes some ten milliseconds.
"""

import json
import math
import re
from dataclasses import dataclass, field
from typing import NoReturn

import orjson

from registry.model.canonical_json import LEAST, MOST, canonical
from registry.model.errors import ArgumentsInvalid, Violation
from registry.model.tool import JsonObject
from registry.schema.work import InstanceSize, measured

__all__ = ["Arguments", "canonical", "parse", "parse_and_measure", "read"]

BYTES = 1 << 20
DEPTH = 64
NODES = 50_000
# A text without an end goes on to the end: looked for from each quote in it, its end would take as long as it is, each time.
_TOKEN = re.compile(rb'"(?:[^"\\]+|\\.)*+"?|[\[\]{},]', re.DOTALL)
#: An integer of as many digits as the least one, or more. Digits of a fraction or an exponent follow one of the characters.
_LONG_INTEGER = re.compile(rb"(?<![0-9.eE+-])-?[0-9]{19,}+(?![.eE])")
_LONG, _DIGIT = b"0" * (len(str(LEAST)) - 1), bytes.maketrans(b"123456789", b"0" * 9)
_NOT_BRACKETS, _ROUND = bytes(set(range(256)) - set(b"[]{}")), bytes.maketrans(b"[]{}", b"()()")


@dataclass(frozen=True, slots=True)
class Arguments:
    """`value`: as the caller wrote them, in its order. `canonical`: the same by RFC 8785, for digests and for programs.

    `said`: in canonical form what the caller wrote, where these are what it means by the tool's schema
    (`registry.schema.meant`).
    """

    value: JsonObject = field(repr=False)
    canonical: bytes = field(repr=False)
    said: bytes = field(default=b"", repr=False)


def read(args_json: bytes) -> Arguments:
    """Raises ArgumentsInvalid as `parse` does."""
    value = parse(args_json)
    return Arguments(value, canonical(value))


def parse(args_json: bytes) -> JsonObject:
    """See `parse_and_measure`."""
    return parse_and_measure(args_json)[0]


def parse_and_measure(args_json: bytes) -> tuple[JsonObject, InstanceSize]:
    """The arguments as I-JSON (RFC 7493) with an object at the root: at most 1 MiB, 64 levels and 50,000 values.

    An integer of 64 bits, signed or not, is exact, where I-JSON would have a double (RFC 7493 §2.2).

    Raises ArgumentsInvalid, also for duplicate keys, NaN, lone surrogates, and larger integers.
    """
    if len(args_json) > BYTES:
        _refuse(f"at most {BYTES:,} bytes")
    try:
        value = orjson.loads(args_json)
    except orjson.JSONDecodeError:
        _name_the_fault(args_json)
    if not isinstance(value, dict):
        _refuse("an object")
    size = measured(value)
    _require_strict(_without_strings(args_json), size.names)
    return value, size


def _without_strings(written: bytes) -> bytes:
    """What of a well-formed JSON text stands outside its strings. Escapes go in pairs, so what is left of them is no quote."""
    return b"".join(written.replace(rb"\\", b"").replace(rb"\"", b"").split(b'"')[::2])


def _require_strict(outside: bytes, names: int) -> None:
    """`names`: of the value that the text means, in which the last one of its name counts."""
    if 1 + outside.count(b"[") + outside.count(b"{") + outside.count(b",") > NODES:
        _refuse(f"at most {NODES:,} values")
    if _is_deeper(outside.translate(_ROUND, _NOT_BRACKETS), DEPTH):
        _refuse(f"at most {DEPTH} levels of nesting")
    if outside.count(b":") != names:
        _refuse("no key twice in an object")
    if _LONG in outside.translate(_DIGIT):
        for match in _LONG_INTEGER.finditer(outside):
            _integer(match[0].decode())


def _is_deeper(brackets: bytes, levels: int) -> bool:
    """Each round takes away the innermost ones: a level."""
    for _ in range(levels):
        if not brackets:
            return False
        brackets = brackets.replace(b"()", b"")
    return bool(brackets)


def _name_the_fault(args_json: bytes) -> NoReturn:
    """Why it is no I-JSON: found by a slower parser, which can be asked."""
    _scan(args_json)
    try:
        text = args_json.decode()
        value = json.loads(text, parse_int=_integer, parse_float=_float, parse_constant=_constant)
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeDecodeError:
        _refuse("UTF-8 text")
    except UnicodeEncodeError:
        _refuse("strings without lone surrogates")
    except json.JSONDecodeError as error:
        _refuse(f"well-formed JSON (line {error.lineno}, column {error.colno})")
    _refuse("well-formed JSON")


def _scan(args_json: bytes) -> None:
    """Count brackets and commas outside strings: the slower parser meets no depth or number of values over the bound."""
    depth, nodes = 0, 1
    for match in _TOKEN.finditer(args_json):
        token = match[0]
        depth += (token in (b"[", b"{")) - (token in (b"]", b"}"))
        nodes += token in (b"[", b"{", b",")
        if not 0 <= depth <= DEPTH:
            _refuse(f"at most {DEPTH} levels of nesting" if depth > 0 else "well-formed JSON")
        if nodes > NODES:
            _refuse(f"at most {NODES:,} values")


def _integer(digits: str) -> int:
    if len(digits) > len(str(MOST)) or not LEAST <= int(digits) <= MOST:
        _refuse("integers from -(2**63) to 2**64 - 1; larger ones as strings")
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
