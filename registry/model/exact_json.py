"""JSON that is read and written again without a change to its numbers: 1.10 stays 1.10, and 100000000000000000001 as it is."""

import json
from typing import Any, NoReturn

import orjson

#: Digits of the longest integer that is read as one: Python makes none of a longer text.
_DIGITS = 4000
#: Integers that orjson writes by itself.
_SMALLEST, _LARGEST = -(1 << 63), (1 << 64) - 1


class NotExact(ValueError):
    """The text is no JSON (RFC 8259), or nested too deep to be read. As the end of a sentence, which tells none of its
    values."""


class _WrittenFloat(float):
    """A number, and how it was written."""

    written: str


class _LargeInteger(int):
    """One of more than 64 bits."""

    @property
    def written(self) -> str:
        return int.__repr__(self)


# JMESPath's functions tell types by the names of their classes.
_WrittenFloat.__name__, _LargeInteger.__name__ = "float", "int"


def read_exact(text: bytes) -> Any:
    """A value whose numbers `write_exact` writes as they were. Raises NotExact."""
    try:
        return json.loads(text.decode(), parse_float=_float, parse_int=_int, parse_constant=_refuse)
    except UnicodeDecodeError:
        raise NotExact("it has bytes that are no UTF-8") from None
    except RecursionError:
        raise NotExact("it is nested too deep") from None
    except json.JSONDecodeError as error:
        raise NotExact(f"it is no JSON: {error.msg[:1].lower()}{error.msg[1:]}, at character {error.pos:,}") from None


def write_exact(value: Any) -> bytes:
    """Raises orjson.JSONEncodeError."""
    return orjson.dumps(value, default=_written, option=orjson.OPT_PASSTHROUGH_SUBCLASS)


def _float(text: str) -> float:
    plain = float(text)
    if repr(plain) == text:
        return plain
    number = _WrittenFloat(plain)
    number.written = text
    return number


def _int(text: str) -> int | float:
    if len(text) > _DIGITS or text == "-0":
        return _float(text)
    number = int(text)
    return number if _SMALLEST <= number <= _LARGEST else _LargeInteger(number)


def _refuse(text: str) -> NoReturn:
    raise NotExact(f"it is no JSON: it has {text}, which is no number there")


def _written(number: Any) -> orjson.Fragment:
    if isinstance(number, _WrittenFloat | _LargeInteger):
        return orjson.Fragment(number.written)
    raise TypeError
