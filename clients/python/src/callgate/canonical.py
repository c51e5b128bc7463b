"""Canonical JSON (RFC 8785): one text for each value, whichever program wrote it. Keys of a run's calls are made of it.

The gateway has the same definition in a module of its own, and one table of values holds both to it
(`clients/python/tests/canonical_forms.py`). A number is a double (RFC 8785 §3.2.2.3): 1 and 1.0 are one. An integer of 64 bits
may be no double, and is written as it is: it names another thing than the next one.
"""

import json
from typing import Any

#: Of 64 bits, signed or not: the integers that the gateway takes.
_LEAST, _MOST = -(1 << 63), (1 << 64) - 1
#: ECMAScript writes numbers out from 1e-6 to 1e21, and with an exponent beyond (ECMA-262 §6.1.6.1.20).
_SMALLEST, _LARGEST = -6, 21


def canonical(value: Any) -> str:
    """The canonical text of what `json.loads` answers. Raises ValueError for an integer beyond every double."""
    if isinstance(value, dict):
        members = sorted(value.items(), key=lambda member: member[0].encode("utf-16-be"))
        return "{" + ",".join(f"{_string(name)}:{canonical(item)}" for name, item in members) + "}"
    if isinstance(value, list):
        return "[" + ",".join(canonical(item) for item in value) + "]"
    if isinstance(value, str):
        return _string(value)
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    return _number(value)


#: As json.dumps writes a text without escapes, and ten times as fast: it makes an encoder for each.
_string = json.encoder.encode_basestring


def _number(value: int | float) -> str:
    if isinstance(value, int) and _LEAST <= value <= _MOST:
        return str(value)
    try:
        value = float(value)
    except OverflowError:
        raise ValueError("an integer is larger than JSON's numbers can be") from None
    return "0" if value == 0 else ("-" if value < 0 else "") + _positive(abs(value))


def _positive(value: float) -> str:
    """As ECMAScript's Number::toString: Python's shortest digits, and another place for the point."""
    digits, point = _digits(repr(value))
    if len(digits) <= point <= _LARGEST:
        return digits.ljust(point, "0")
    if 0 < point <= _LARGEST:
        return f"{digits[:point]}.{digits[point:]}"
    if _SMALLEST < point <= 0:
        return f"0.{'0' * -point}{digits}"
    fraction = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{digits[0]}{fraction}e{point - 1:+d}"


def _digits(written: str) -> tuple[str, int]:
    """The significant digits of a positive number, and how many of them stand before the point."""
    mantissa, _, exponent = written.partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    point = len(whole) + int(exponent or 0) - (len(whole + fraction) - len(digits))
    return digits.rstrip("0"), point
