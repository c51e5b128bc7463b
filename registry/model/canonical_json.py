"""Canonical JSON (RFC 8785): one byte string for each value, whichever caller wrote it. The only importer of rfc8785.

A JSON number is a double (RFC 8785 §3.2.2.3). The library refuses integers that a double may not hold exactly; documents have
such integers as defaults and constants, so they are written as the nearest double here.
"""

from typing import Any

import rfc8785


def canonical(value: Any) -> bytes:
    """The canonical form of a value of JSON's types.

    Raises ValueError, which repeats nothing of the value, for what JSON cannot say: NaN, infinity, an integer beyond every
    double, a lone surrogate, a key that is no string, and other types.
    """
    try:
        return rfc8785.dumps(value)
    except rfc8785.IntegerDomainError:
        return canonical(_as_doubles(value))
    except (rfc8785.CanonicalizationError, UnicodeEncodeError) as error:
        raise ValueError(f"the value has no form in JSON ({type(error).__name__})") from None


def number(value: float) -> str:
    """`value` as ECMAScript's Number::toString writes it (ECMA-262 §6.1.6.1.20). Raises ValueError as `canonical` does."""
    return canonical(value).decode()


def _as_doubles(value: Any) -> Any:
    """`value` with every integer as the nearest double."""
    if isinstance(value, int) and not isinstance(value, bool):
        return _as_double(value)
    if isinstance(value, dict):
        return {key: _as_doubles(member) for key, member in value.items()}
    return [_as_doubles(member) for member in value] if isinstance(value, list | tuple) else value


def _as_double(value: int) -> float:
    try:
        return float(value)
    except OverflowError:
        raise ValueError("an integer is larger than JSON's numbers can be") from None
