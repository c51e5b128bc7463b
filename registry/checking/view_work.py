"""What a view makes of a JSON answer, as the process does it that holds answers against schemas: an expression and an answer
may be such that it takes all its time and memory."""

from typing import Any, NamedTuple

import orjson

from registry.calling.shortening import shorten_json
from registry.model.exact_json import NotExact, read_exact, write_exact
from registry.model.projection import Projected, ProjectionFailed, ProjectionInvalid, matches_nothing, project
from registry.model.tool import JsonObject

#: Bytes of what a projection may make of an answer: as much as the largest answer may have.
LONGEST = 8 << 20

NO_MEMORY = "it took more memory than there is"


class SeenAnswer(NamedTuple):
    """`head`: how it went; or `unread`, why it is no JSON; or `failed`, why no view can be made of it. `body`: what is shown.
    `whole`: what that was cut of; empty where nothing was."""

    head: JsonObject
    body: bytes = b""
    whole: bytes = b""


def see(projection: str, most: int, answer: bytes) -> SeenAnswer:
    """`projection`: empty for none. `most`: bytes; 0 for no bound."""
    try:
        value = read_exact(answer)
    except (NotExact, MemoryError) as error:
        return SeenAnswer({"unread": str(error) or NO_MEMORY})
    try:
        shown = project(projection, value) if projection else Projected(value)
        whole = write_exact(shown.value) if projection else answer
    except (ProjectionFailed, ProjectionInvalid, MemoryError, RecursionError, orjson.JSONEncodeError) as error:
        return SeenAnswer({"failed": str(error) or NO_MEMORY})
    if len(whole) > LONGEST:
        return SeenAnswer({"failed": f"it made {len(whole):,} bytes of the answer, and at most {LONGEST:,} are kept"})
    matched_nothing = bool(projection) and matches_nothing(shown.value)
    return _within(most, shown.value, whole, {"matched_nothing": matched_nothing, "unmatched": shown.unmatched})


def _within(most: int, shown: Any, whole: bytes, head: JsonObject) -> SeenAnswer:
    if not most or len(whole) <= most:
        return SeenAnswer(head, whole)
    try:
        part = shorten_json(shown, most)
    except (RecursionError, orjson.JSONEncodeError):
        return SeenAnswer({"failed": "it is nested too deep to be cut"})
    return SeenAnswer(head | {"left_out": part.left_out}, part.body, whole)


def warm() -> None:
    """Import what is imported at the first use: afterwards the process opens no file."""
    see("sort_by([?a > `0`], &a)[].{a: a, b: to_string(@)}", 1, b'[{"a": 1.0}]')
