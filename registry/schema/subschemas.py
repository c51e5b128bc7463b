"""Where the schemas inside a schema stand (JSON Schema Core 2020-12, §10 and §11)."""

from collections.abc import Callable, Iterator
from typing import Any

from registry.model.tool import JsonObject

#: Keywords whose value is a schema, a list of schemas, schemas by name.
SINGLE = frozenset(
    {
        "additionalProperties",
        "contains",
        "contentSchema",
        "else",
        "if",
        "items",
        "not",
        "propertyNames",
        "then",
        "unevaluatedItems",
        "unevaluatedProperties",
    }
)
LISTS = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
NAMED = frozenset({"$defs", "dependentSchemas", "patternProperties", "properties"})


def with_subschemas(schema: JsonObject, change: Callable[[Any], Any]) -> JsonObject:
    """A copy in which each schema that stands directly in it is what `change` makes of it."""
    return {keyword: _changed(keyword, value, change) for keyword, value in schema.items()}


def _changed(keyword: str, value: Any, change: Callable[[Any], Any]) -> Any:
    if keyword in SINGLE:
        return change(value)
    if keyword in LISTS and isinstance(value, list):
        return [change(one) for one in value]
    if keyword in NAMED and isinstance(value, dict):
        return {name: change(one) for name, one in value.items()}
    return value


def below(keyword: str, value: Any) -> list[Any]:
    """The schemas that stand directly under one keyword."""
    if keyword in SINGLE:
        return [value]
    if keyword in LISTS and isinstance(value, list):
        return value
    return list(value.values()) if keyword in NAMED and isinstance(value, dict) else []


def schemas_in(schema: Any) -> Iterator[JsonObject]:
    """Every schema in `schema` that is an object, itself included. Examples, defaults and other values are none."""
    waiting = [schema]
    while waiting:
        current = waiting.pop()
        if isinstance(current, dict):
            yield current
            for keyword, value in current.items():
                waiting += below(keyword, value)
