"""Which schemas the gateway compiles itself: those that take it some milliseconds. Others are left to a process.

What asks its neighbours what they have evaluated is compiled with a copy of all of them, and those with copies of theirs.
A pattern is compiled into as many states as its counted repetitions multiply to, times the characters that each may be.
"""

import re
from collections.abc import Iterator
from math import prod

from registry.model.errors import DocumentTooLarge
from registry.model.json_limits import count_nodes
from registry.model.tool import JsonObject
from registry.schema.subschemas import schemas_in
from registry.schema.work import LOOKING_AROUND, Work

#: Values of a schema; characters of all its patterns, and states of them all: about two in a microsecond.
VALUES, CHARACTERS, STATES = 5_000, 4_000, 60_000
#: States of a class of all letters there are, and of one that a few characters are not of; twice those and more where cases are
#: not told apart.
OF_LETTERS, OF_OTHERS, CASES = 400, 12, 4
#: Schemas that apply at one place, with what looks at them again, each time anew: of all that look around, together.
COPIES = 2_000

_COUNTED = re.compile(r"\{(\d+)(?:,(\d*))?\}")
_LETTERS = re.compile(r"\\[pP]")
_OTHERS = re.compile(r"\.|\[\^|\\[SWD]|[^\x00-\x7f]")
_CASES = re.compile(r"\(\?[a-z]*i")


def is_quick(schema: JsonObject) -> bool:
    try:
        count_nodes(schema, nodes=VALUES)
    except DocumentTooLarge:
        return False
    if _copied(schema) > COPIES:
        return False
    patterns = [pattern for one in schemas_in(schema) for pattern in patterns_of(one)]
    return sum(map(len, patterns)) <= CHARACTERS and sum(map(states, patterns)) <= STATES


def _copied(schema: JsonObject) -> float:
    looking = [one for one in schemas_in(schema) if one.keys() & LOOKING_AROUND]
    work = Work(schema, own=lambda _: 1)
    return sum(work.in_one_place(one) for one in looking)


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
