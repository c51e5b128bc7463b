"""Which schemas apply to a value inside another one, and what they say of it: by the schema alone, without a check.

Of what applies to a value together all counts; of alternatives, one.
"""

from collections.abc import Callable, Iterator
from typing import Any

from registry.model.json_pointer import definition_name
from registry.model.json_values import equal
from registry.model.tool import JsonObject

#: Schemas that are looked at for all arguments together: some tens of milliseconds.
LOOKS = 50_000
#: References and alternatives within each other.
_DEPTH = 32
_UNIONS = ("anyOf", "oneOf")
_TYPES: dict[type, str] = {type(None): "null", str: "string", int: "integer"}


class TooManyLooks(Exception):
    """The arguments have so many values, or the schema so many alternatives, that it is not worth to find out."""


class Applying:
    """`schema`: self-contained. `looks`: how many schemas it looks at before it raises TooManyLooks, from any method."""

    def __init__(self, schema: JsonObject, looks: int = LOOKS) -> None:
        self._definitions: JsonObject = schema.get("$defs", {})
        self._left = looks

    def property(self, schema: Any, name: str) -> Any:
        """What applies to the property; None where nothing does."""
        return self._below(schema, 0, lambda one: one.get("properties", {}).get(name, _others(one)))

    def item(self, schema: Any, index: int) -> Any:
        return self._below(schema, 0, lambda one: _of_item(one, index))

    def requires(self, schema: Any, name: str, depth: int = 0) -> bool:
        if not self._look(schema, depth):
            return False
        return (
            name in schema.get("required", ())
            or any(self.requires(one, name, depth + 1) for one in self._together(schema))
            or any(all(self.requires(one, name, depth + 1) for one in union) for union in _unions(schema))
        )

    def takes(self, schema: Any, value: str | int | None, depth: int = 0) -> bool:
        """Whether a null, a text or an integer may be right here. True in case of doubt."""
        if not self._look(schema, depth):
            return schema is not False
        name = _TYPES[type(value)]
        kinds = schema.get("type", name)
        return (
            (name in kinds if isinstance(kinds, list) else kinds == name)
            and any(equal(value, one) for one in schema.get("enum", (value,)))
            and equal(value, schema.get("const", value))
            and all(self.takes(one, value, depth + 1) for one in self._together(schema))
            and all(any(self.takes(one, value, depth + 1) for one in union) for union in _unions(schema))
        )

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
