"""The call that `call_tool` is asked to make: its key is that of the inner call, so that one effect has one key."""

import json
import re
from collections.abc import Mapping
from typing import Any

from callgate.errors import ArgumentsInvalid
from callgate.keys import occurrences

#: The tools that stand for all others.
SEARCH, DESCRIBE, CALL = "search_tools", "describe_tool", "call_tool"
#: What a tool can be called. A version is no part of it: with one the same call would have another key.
_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}", re.ASCII)


def is_name(given: Any) -> bool:
    return isinstance(given, str) and _NAME.fullmatch(given) is not None


def inner_arguments(arguments: Mapping[str, Any]) -> Any:
    """Those of the inner call: an object, or its JSON text. None are an empty object. Raises ValueError for a text that is no
    JSON, RecursionError for one that is nested too deep."""
    given = arguments.get("arguments")
    if isinstance(given, str):
        given = json.loads(given or "{}")
    return {} if given is None else given


def meant(name: str, arguments: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """The tool and arguments that a call is about: of `call_tool`, those of the inner call, however they are written. One that
    cannot be sent stays as it is: it is refused."""
    if name != CALL or not {*arguments} <= {"name", "arguments"} or not is_name(arguments.get("name")):
        return name, arguments
    try:
        inner = inner_arguments(arguments)
        occurrences([(arguments["name"], inner)])
    except (ValueError, RecursionError, ArgumentsInvalid):
        return name, arguments
    return arguments["name"], inner
