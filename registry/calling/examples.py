"""Examples for the places where arguments break their schema."""

import json
from dataclasses import replace
from typing import Any

from registry.model.errors import Violation
from registry.model.json_pointer import tokens
from registry.model.tool import JsonObject
from registry.schema.merge_all_of import Unfoldable, folded
from registry.schema.sampling import example

#: Characters of an example; a longer one hides the message more than it helps.
LONGEST = 400


def with_examples(violations: tuple[Violation, ...], schema: JsonObject) -> tuple[Violation, ...]:
    """The violations, each with an example of what its place takes, where one is found and short enough to help.

    Examples are made of the schema alone, so they repeat no value of the caller's.
    """
    return tuple(replace(one, expected=one.expected + _hint(one.pointer, schema)) for one in violations)


def _hint(pointer: str, schema: JsonObject) -> str:
    definitions: JsonObject = schema.get("$defs", {})
    try:
        place: Any = schema
        for token in tokens(pointer):
            place = _inside(folded(place, definitions), token)
        text = json.dumps(example(place, definitions), ensure_ascii=False)
    except (LookupError, Unfoldable):
        return ""
    return f"; for example {text}" if len(text) <= LONGEST else ""


def _inside(schema: JsonObject, token: str) -> Any:
    """The schema of one member. Raises LookupError where `schema` has none for it."""
    properties = schema.get("properties", {})
    if token in properties:
        return properties[token]
    if token.isdecimal() and "items" in schema:
        prefix = schema.get("prefixItems", [])
        return prefix[int(token)] if int(token) < len(prefix) else schema["items"]
    return schema["additionalProperties"]
