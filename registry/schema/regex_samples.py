"""Strings that a regular expression matches: the shortest of each of its kinds, by walking through its parsed form.

A pattern is read as Python's syntax, which for real documents is nearly ECMA-262's; callers check each string.
"""

import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from re import _constants as codes  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

_LONGEST = 512
_CLASSES = {
    codes.CATEGORY_DIGIT: "0", codes.CATEGORY_NOT_DIGIT: "a", codes.CATEGORY_SPACE: " ", codes.CATEGORY_NOT_SPACE: "a",
    codes.CATEGORY_WORD: "a", codes.CATEGORY_NOT_WORD: "-",
}  # fmt: skip
_SETS: dict[object, Callable[[str], bool]] = {
    codes.CATEGORY_DIGIT: str.isdigit, codes.CATEGORY_SPACE: str.isspace, codes.CATEGORY_WORD: str.isalnum,
}  # fmt: skip
_PRINTABLE = "a0A-_ ./:@#+,=b1Bcz~!$%&'()*;<>?[]^`{|}\"\\"


def matching(pattern: str, least: int = 0) -> Iterator[str]:
    """A few strings that `pattern` should match, of at least `least` characters where a repetition allows it.

    No string for a pattern that cannot be read.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            parsed = parser.parse(_python(pattern))
    except (re.error, OverflowError, RecursionError):
        return
    for branch, more in ((0, 0), (1, 1), (2, 0), (0, least)):
        with suppress(_Unwritable):
            yield "".join(_text(parsed, branch, more))


class _Unwritable(Exception):
    """Look-around, back-references, strings of more than `_LONGEST` characters."""


def _python(pattern: str) -> str:
    pattern = re.sub(r"\\u\{?([0-9A-Fa-f]{4})\}?", lambda match: re.escape(chr(int(match[1], 16))), pattern)
    return re.sub(r"\\p\{[^{}]*+\}", "a", pattern)


def _text(parsed: Any, branch: int, more: int) -> Iterator[str]:
    for code, argument in parsed:
        if code is codes.LITERAL:
            yield chr(argument)
        elif code is codes.NOT_LITERAL:
            yield "b" if argument == ord("a") else "a"
        elif code is codes.ANY:
            yield "a"
        elif code is codes.IN:
            yield _member(argument)
        elif code in (codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT):
            yield _repeated(argument, branch, more)
        elif code is codes.SUBPATTERN:
            yield from _text(argument[-1], branch, more)
        elif code is codes.ATOMIC_GROUP:
            yield from _text(argument, branch, more)
        elif code is codes.BRANCH:
            yield from _text(argument[1][branch % len(argument[1])], branch, more)
        elif code not in (codes.AT, codes.ASSERT_NOT):  # the caller's check of the string decides about assertions
            raise _Unwritable


def _repeated(argument: tuple[int, int, Any], branch: int, more: int) -> str:
    low, high, inner = argument
    once, count = "".join(_text(inner, branch, 0)), min(max(low, more), high)
    if len(once) * count > _LONGEST:
        raise _Unwritable
    return once * count


def _member(members: Any) -> str:
    """A character of a class."""
    if members[0][0] is codes.NEGATE:
        return next((one for one in _PRINTABLE if not any(_is_in(one, member) for member in members[1:])), "é")
    known = next((one for one in _PRINTABLE if any(_is_in(one, member) for member in members)), None)
    if known is not None:
        return known
    kind, argument = members[0]
    if kind is codes.CATEGORY:
        return _CLASSES.get(argument, "a")
    return chr(argument if kind is codes.LITERAL else argument[0])


def _is_in(character: str, member: Any) -> bool:
    kind, argument = member
    if kind is codes.LITERAL:
        return ord(character) == int(argument)
    if kind is codes.RANGE:
        return int(argument[0]) <= ord(character) <= int(argument[1])
    return bool(argument in _SETS and _SETS[argument](character))
