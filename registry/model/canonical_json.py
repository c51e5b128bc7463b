"""Canonical JSON (RFC 8785): one byte string for each value, whichever caller wrote it. The only importer of rfc8785.

A number there is a double (RFC 8785 §3.2.2.3), of which an integer of 64 bits may be none: APIs count with those, so they are
written as they are. A larger one, which documents have as defaults and constants, is written as the nearest double.
"""

from collections.abc import Iterator
from typing import Any

import rfc8785

#: The integers that are exact, signed or not, in what APIs are written in.
LEAST, MOST = -(1 << 63), (1 << 64) - 1


def canonical(value: Any) -> bytes:
    """The canonical form of a value of JSON's types.

    Raises ValueError, which repeats nothing of the value, for what JSON cannot say: NaN, infinity, an integer beyond every
    double, a lone surrogate, a key that is no string, and other types.
    """
    try:
        return rfc8785.dumps(value)
    except rfc8785.IntegerDomainError:
        return b"".join(_with_large_integers(value))
    except (rfc8785.CanonicalizationError, UnicodeEncodeError) as error:
        raise ValueError(f"the value has no form in JSON ({type(error).__name__})") from None


def number(value: float) -> str:
    """`value` as ECMAScript's Number::toString writes it (ECMA-262 §6.1.6.1.20); an integer of 64 bits as it is.

    Raises ValueError as `canonical` does.
    """
    return canonical(value).decode()


def _with_large_integers(value: Any) -> Iterator[bytes]:
    """The canonical form, piece by piece, of what the library refuses for an integer in it."""
    if isinstance(value, dict):
        between = b"{"
        for key in sorted(value, key=_units):
            yield between + canonical(key) + b":"
            yield from _with_large_integers(value[key])
            between = b","
        yield b"}" if value else b"{}"
    elif isinstance(value, list | tuple):
        between = b"["
        for member in value:
            yield between
            yield from _with_large_integers(member)
            between = b","
        yield b"]" if value else b"[]"
    elif isinstance(value, int) and not isinstance(value, bool):
        yield str(value).encode() if LEAST <= value <= MOST else canonical(_as_double(value))
    else:
        yield canonical(value)


def _units(key: Any) -> bytes:
    """By what keys are ordered: their UTF-16 units (RFC 8785 §3.2.3). Raises ValueError for what is no string."""
    try:
        return str.encode(key, "utf-16-be", "surrogatepass")
    except TypeError:
        raise ValueError("the value has no form in JSON (a key is no string)") from None


def _as_double(value: int) -> float:
    try:
        return float(value)
    except OverflowError:
        raise ValueError("an integer is larger than JSON's numbers can be") from None
