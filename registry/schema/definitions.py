"""Which `$defs` of a self-contained schema something in it refers to."""

from collections.abc import Iterator
from typing import Any

from registry.model.json_pointer import definition_name
from registry.model.tool import JsonObject


def with_used_definitions(schema: JsonObject) -> JsonObject:
    """The schema without the definitions that nothing leads to, once a part of it was taken out."""
    if "$defs" not in schema:
        return schema
    rest = {keyword: value for keyword, value in schema.items() if keyword != "$defs"}
    used, waiting = set[str](), list(_named(rest))
    while waiting:
        name = waiting.pop()
        if name in schema["$defs"] and name not in used:
            used.add(name)
            waiting += _named(schema["$defs"][name])
    kept = {name: one for name, one in schema["$defs"].items() if name in used}
    return rest | ({"$defs": kept} if kept else {})


def _named(value: Any) -> Iterator[str]:
    """Every definition that a `$ref` below `value` names. A value that only looks like one keeps its definition, no more."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            if isinstance(reference := one.get("$ref"), str):
                yield definition_name(reference)
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one
