"""What a model means by null, where it was shown a strict schema: there every property is required, and an optional one may be
null. `registry.schema.openai_strict` makes such schemas.

It goes by the schema alone and makes no check. What applies to a value together must all allow a null for it to be meant; of
alternatives, one.
"""

from collections.abc import Callable, Iterator
from typing import Any

from registry.model.json_pointer import definition_name
from registry.model.tool import JsonObject

#: Schemas that are looked at for all arguments together: some tens of milliseconds.
LOOKS = 50_000
#: References and alternatives within each other.
_DEPTH = 32
_UNIONS = ("anyOf", "oneOf")


class TooManyLooks(Exception):
    """The arguments have so many values, or the schema so many alternatives, that it is not worth to find out."""


def without_absent(arguments: JsonObject, schema: JsonObject) -> JsonObject:
    """The arguments without each null of a property that may be absent, and may not be null. Raises TooManyLooks."""
    kept: JsonObject = _Absent(schema).of(arguments, schema)
    return kept


def without_nulls(value: Any) -> Any:
    """The value without every null of an object's member: what a strict call has said, whatever the schema allows."""
    if isinstance(value, dict):
        return {name: without_nulls(member) for name, member in value.items() if member is not None}
    return [without_nulls(member) for member in value] if isinstance(value, list) else value


class _Absent:
    def __init__(self, schema: JsonObject) -> None:
        self._definitions: JsonObject = schema.get("$defs", {})
        self._left = LOOKS

    def of(self, value: Any, schema: Any) -> Any:
        if isinstance(value, dict):
            members = ((name, member, self._property(schema, name, 0)) for name, member in value.items())
            return {name: self.of(member, of) for name, member, of in members if not self._absent(name, member, schema, of)}
        if isinstance(value, list):
            return [self.of(member, self._item(schema, index, 0)) for index, member in enumerate(value)]
        return value

    def _absent(self, name: str, member: Any, schema: Any, of: Any) -> bool:
        return member is None and of is not None and not self._requires(schema, name, 0) and not self._takes_null(of, 0)

    def _property(self, schema: Any, name: str, depth: int) -> Any:
        """What applies to the property; None where nothing does."""
        return self._below(schema, depth, lambda one: one.get("properties", {}).get(name, _others(one)))

    def _item(self, schema: Any, index: int, depth: int) -> Any:
        return self._below(schema, depth, lambda one: _of_item(one, index))

    def _below(self, schema: Any, depth: int, own: Callable[[JsonObject], Any]) -> Any:
        """What of a value's schemas applies to a value below it: together or as alternatives, as they stand themselves."""
        if not self._look(schema, depth):
            return None
        together = [own(schema), *(self._below(one, depth + 1, own) for one in self._together(schema))]
        for union in _unions(schema):
            either = [self._below(one, depth + 1, own) for one in union]
            if any(one is not None for one in either):
                together.append({"anyOf": [one for one in either if one is not None]})
        found = [one for one in together if one is not None]
        return {"allOf": found} if len(found) > 1 else found[0] if found else None

    def _requires(self, schema: Any, name: str, depth: int) -> bool:
        if not self._look(schema, depth):
            return False
        return (
            name in schema.get("required", ())
            or any(self._requires(one, name, depth + 1) for one in self._together(schema))
            or any(all(self._requires(one, name, depth + 1) for one in union) for union in _unions(schema))
        )

    def _takes_null(self, schema: Any, depth: int) -> bool:
        """True in case of doubt: what may be null must stay."""
        if not self._look(schema, depth):
            return schema is not False
        kinds = schema.get("type", "null")
        return (
            ("null" in kinds if isinstance(kinds, list) else kinds == "null")
            and None in schema.get("enum", (None,))
            and schema.get("const") is None
            and all(self._takes_null(one, depth + 1) for one in self._together(schema))
            and all(any(self._takes_null(one, depth + 1) for one in union) for union in _unions(schema))
        )

    def _together(self, schema: JsonObject) -> Iterator[Any]:
        """What else applies to the same value."""
        if "$ref" in schema:
            yield self._definitions.get(definition_name(schema["$ref"]), True)
        yield from schema.get("allOf", ())

    def _look(self, schema: Any, depth: int) -> bool:
        """Whether there is something to see. Raises TooManyLooks."""
        self._left -= 1
        if self._left < 0:
            raise TooManyLooks
        return depth <= _DEPTH and isinstance(schema, dict)


def _unions(schema: JsonObject) -> Iterator[list[Any]]:
    return (schema[keyword] for keyword in _UNIONS if schema.get(keyword))


def _others(schema: JsonObject) -> Any:
    """What applies to properties that have no schema of their own."""
    others = schema.get("additionalProperties")
    return others if isinstance(others, dict) else None


def _of_item(schema: JsonObject, index: int) -> Any:
    first = schema.get("prefixItems", ())
    return first[index] if index < len(first) else schema.get("items")
