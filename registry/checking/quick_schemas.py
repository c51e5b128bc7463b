"""Which schemas the gateway compiles itself: those that take it some milliseconds. Others are left to a process.

A pattern is compiled into as many states as its counted repetitions multiply to, times the characters that each may be.
"""

import re
from collections.abc import Iterator
from math import prod

from registry.model.errors import DocumentTooLarge
from registry.model.json_limits import count_nodes
from registry.model.json_values import objects_in
from registry.model.tool import JsonObject

#: Values of a schema; characters of all its patterns, and states of them all: about two in a microsecond.
VALUES, CHARACTERS, STATES = 5_000, 4_000, 60_000
#: States of a class of all letters there are, and of one that a few characters are not of; twice those and more where cases are
#: not told apart.
OF_LETTERS, OF_OTHERS, CASES = 400, 12, 4

_COUNTED = re.compile(r"\{(\d+)(?:,(\d*))?\}")
_LETTERS = re.compile(r"\\[pP]")
_OTHERS = re.compile(r"\.|\[\^|\\[SWD]|[^\x00-\x7f]")
_CASES = re.compile(r"\(\?[a-z]*i")


def is_quick(schema: JsonObject) -> bool:
    try:
        count_nodes(schema, nodes=VALUES)
    except DocumentTooLarge:
        return False
    patterns = [pattern for one in objects_in(schema) for pattern in patterns_of(one)]
    return sum(map(len, patterns)) <= CHARACTERS and sum(map(states, patterns)) <= STATES


def patterns_of(schema: JsonObject) -> Iterator[str]:
    """Those that stand directly in a schema."""
    if isinstance(pattern := schema.get("pattern"), str):
        yield pattern
    if isinstance(named := schema.get("patternProperties"), dict):
        yield from named


def states(pattern: str) -> int:
    """At most: each part counts as often as all repetitions multiply to."""
    written = len(pattern) + OF_LETTERS * len(_LETTERS.findall(pattern)) + OF_OTHERS * len(_OTHERS.findall(pattern))
    return written * _copies(pattern) * (CASES if _CASES.search(pattern) else 1)


def _copies(pattern: str) -> int:
    """At most. A number of more digits is more than STATES by itself."""
    return prod(_number(most or least) for least, most in _COUNTED.findall(pattern))


def _number(digits: str) -> int:
    return max(1, int(digits[:6]))
