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

#: Values of a schema; characters of all its patterns; and how many copies of itself a pattern may have a part repeated to.
VALUES, CHARACTERS, COPIES = 5_000, 4_000, 1_000

_COUNTED = re.compile(r"\{(\d+)(?:,(\d*))?\}")


def is_quick(schema: JsonObject) -> bool:
    try:
        count_nodes(schema, nodes=VALUES)
    except DocumentTooLarge:
        return False
    patterns = list(_patterns(schema))
    return sum(map(len, patterns)) <= CHARACTERS and all(_copies(one) <= COPIES for one in patterns)


def _patterns(schema: JsonObject) -> Iterator[str]:
    for one in objects_in(schema):
        if isinstance(pattern := one.get("pattern"), str):
            yield pattern
        if isinstance(named := one.get("patternProperties"), dict):
            yield from named


def _copies(pattern: str) -> int:
    """At most. A number of more digits is more than COPIES by itself."""
    return prod(_number(most or least) for least, most in _COUNTED.findall(pattern))


def _number(digits: str) -> int:
    return max(1, int(digits[:6]))
