"""Whether a small instance fits a schema, without a validator.

To compile a validator is to look at all that a schema leads to: megabytes, for a tool whose least arguments are two words. Here
only what applies to the instance itself is looked at.
"""

from collections.abc import Iterator
from typing import Any

import orjson

from registry.model.json_pointer import definition_name
from registry.model.tool import JsonObject
from registry.schema.candidates import accepts

#: References and values within each other.
_DEPTH = 64
#: Keywords that are left to a validator.
_OTHERS = frozenset(
    ("if", "then", "else", "contains", "propertyNames", "patternProperties", "dependentRequired", "dependentSchemas",
     "unevaluatedProperties", "unevaluatedItems", "minContains", "maxContains")
)  # fmt: skip


class Unsure(Exception):
    """Only a validator knows."""


def fits(value: Any, schema: Any, definitions: JsonObject, depth: int = 0) -> bool:
    """Raises Unsure."""
    if isinstance(schema, bool):
        return schema
    if depth > _DEPTH or not isinstance(schema, dict) or not _OTHERS.isdisjoint(schema) or isinstance(schema.get("not"), dict):
        raise Unsure
    return accepts(schema, value) and all(_parts(value, schema, definitions, depth + 1))


def _parts(value: Any, schema: JsonObject, definitions: JsonObject, depth: int) -> Iterator[bool]:
    if "$ref" in schema:
        yield fits(value, definitions.get(definition_name(schema["$ref"]), True), definitions, depth)
    yield from (fits(value, one, definitions, depth) for one in schema.get("allOf", ()))
    if "anyOf" in schema:
        yield any(fits(value, one, definitions, depth) for one in schema["anyOf"])
    if "oneOf" in schema:
        yield sum(fits(value, one, definitions, depth) for one in schema["oneOf"]) == 1
    if isinstance(value, dict):
        yield from _members(value, schema, definitions, depth)
    elif isinstance(value, list):
        yield from _items(value, schema, definitions, depth)


def _members(value: JsonObject, schema: JsonObject, definitions: JsonObject, depth: int) -> Iterator[bool]:
    yield all(name in value for name in schema.get("required", ()))
    yield schema.get("minProperties", 0) <= len(value) <= schema.get("maxProperties", len(value))
    properties, others = schema.get("properties", {}), schema.get("additionalProperties", True)
    yield from (fits(member, properties.get(name, others), definitions, depth) for name, member in value.items())


def _items(value: list[Any], schema: JsonObject, definitions: JsonObject, depth: int) -> Iterator[bool]:
    yield schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", len(value))
    yield not schema.get("uniqueItems") or len({orjson.dumps(one, option=orjson.OPT_SORT_KEYS) for one in value}) == len(value)
    first, rest = schema.get("prefixItems", ()), schema.get("items", True)
    for index, member in enumerate(value):
        yield fits(member, first[index] if index < len(first) else rest, definitions, depth)
