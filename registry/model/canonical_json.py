"""Canonical JSON (RFC 8785): one byte string for each value, whoever wrote it. Also the one way that we write numbers."""

import json
import math
from collections.abc import Iterator
from typing import Any

_EXACT = 1 << 53
_PLAIN, _SMALL = 21, -6  # ECMAScript writes numbers from 1e-6 to below 1e21 without an exponent


def canonical(value: Any) -> bytes:
    """The canonical form of a value of JSON's types. Raises ValueError for NaN, infinity, lone surrogates and other types."""
    return "".join(_write(value)).encode()


def number(value: float) -> str:
    """`value` as ECMAScript's Number::toString writes it (ECMA-262 §6.1.6.1.20). Raises ValueError for NaN and infinity."""
    if isinstance(value, int) and abs(value) <= _EXACT:
        return str(value)
    value = float(value)
    if not math.isfinite(value):
        raise ValueError("NaN and infinity are not JSON's")
    if value == 0:
        return "0"
    sign = "-" if value < 0 else ""
    return sign + _positive(*_digits(abs(value)))


def _write(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield json.dumps(value, ensure_ascii=False)
    elif value is None or isinstance(value, bool):
        yield json.dumps(value)
    elif isinstance(value, int | float):
        yield number(value)
    elif isinstance(value, dict):
        yield from _write_object(value)
    elif isinstance(value, list | tuple):
        yield "["
        for index, item in enumerate(value):
            yield "," if index else ""
            yield from _write(item)
        yield "]"
    else:
        raise ValueError(f"{type(value).__name__} is not a type of JSON's")


def _write_object(value: dict[str, Any]) -> Iterator[str]:
    yield "{"
    # RFC 8785 §3.2.3: keys in the order of their UTF-16 code units.
    for index, key in enumerate(sorted(value, key=lambda key: key.encode("utf-16-be"))):
        yield "," if index else ""
        yield json.dumps(key, ensure_ascii=False) + ":"
        yield from _write(value[key])
    yield "}"


def _digits(value: float) -> tuple[str, int]:
    """The shortest digits that read back as `value`, and the place of the decimal point from their left."""
    mantissa, _, exponent = repr(value).partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    point = len(whole) + int(exponent or 0) - (len(whole + fraction) - len(digits))
    return digits.rstrip("0"), point


def _positive(digits: str, point: int) -> str:
    count = len(digits)
    if count <= point <= _PLAIN:
        return digits + "0" * (point - count)
    if 0 < point <= _PLAIN:
        return f"{digits[:point]}.{digits[point:]}"
    if _SMALL < point <= 0:
        return "0." + "0" * -point + digits
    rest = f".{digits[1:]}" if count > 1 else ""
    return f"{digits[0]}{rest}e{'+' if point > 0 else '-'}{abs(point - 1)}"
