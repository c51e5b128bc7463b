"""What a model means by null, where it was shown a strict schema: there every property is required, and an optional one may be
null. `registry.schema.openai_strict` makes such schemas.

It goes by the schema alone, and makes no check: each null is looked at once, with what applies to it.
"""

from collections.abc import Iterator
from typing import Any

from registry.model.json_pointer import definition_name
from registry.model.tool import JsonObject

#: Schemas that are looked at for all arguments together: some milliseconds. What is beyond stays as the model wrote it, and the
#: check of the arguments names it.
LOOKS = 20_000
#: References and alternatives within each other.
_DEPTH = 32
_ANY, _ALL = ("anyOf", "oneOf"), ("allOf", "then", "else")


def without_absent(arguments: JsonObject, schema: JsonObject) -> JsonObject:
    """The arguments without each null of a property that may be absent, and may not be null."""
    kept: JsonObject = _Absent(schema).of(arguments, [schema])
    return kept


class _Absent:
    def __init__(self, schema: JsonObject) -> None:
        self._definitions: JsonObject = schema.get("$defs", {})
        self._left = LOOKS

    def of(self, value: Any, schemas: list[Any]) -> Any:
        """`schemas` apply to the value, as alternatives or all together."""
        applied = [one for schema in schemas for one in self._applied(schema, 0)]
        if isinstance(value, dict):
            members = ((name, member, _of_property(applied, name)) for name, member in value.items())
            return {name: self.of(member, of) for name, member, of in members if not self._absent(name, member, applied, of)}
        if isinstance(value, list):
            return [self.of(member, _of_item(applied, index)) for index, member in enumerate(value)]
        return value

    def _absent(self, name: str, member: Any, applied: list[JsonObject], of: list[Any]) -> bool:
        if member is not None or not of or self._left <= 0:
            return False
        optional = any(name not in one.get("required", ()) for one in applied if name in one.get("properties", {}))
        return optional and not any(self._takes_null(one, 0) for one in of)

    def _applied(self, schema: Any, depth: int) -> Iterator[JsonObject]:
        """The schema, and what else applies to the same value."""
        self._left -= 1
        if self._left <= 0 or depth > _DEPTH or not isinstance(schema, dict):
            return
        yield schema
        if "$ref" in schema:
            yield from self._applied(self._target(schema), depth + 1)
        for keyword in (*_ANY, *_ALL):
            inner = schema.get(keyword, ())
            for one in inner if isinstance(inner, list | tuple) else (inner,):
                yield from self._applied(one, depth + 1)

    def _takes_null(self, schema: Any, depth: int) -> bool:
        """True in case of doubt: what may be null must stay."""
        self._left -= 1
        if self._left <= 0 or depth > _DEPTH or not isinstance(schema, dict):
            return schema is not False
        kinds = schema.get("type", "null")
        said = [
            "null" in kinds if isinstance(kinds, list) else kinds == "null",
            None in schema.get("enum", (None,)),
            schema.get("const") is None,
            "$ref" not in schema or self._takes_null(self._target(schema), depth + 1),
            all(self._takes_null(one, depth + 1) for one in schema.get("allOf", ())),
        ]
        unions = (schema[keyword] for keyword in _ANY if keyword in schema)
        return all(said) and all(any(self._takes_null(one, depth + 1) for one in union) for union in unions)

    def _target(self, schema: JsonObject) -> Any:
        return self._definitions.get(definition_name(schema["$ref"]), True)


def _of_property(applied: list[JsonObject], name: str) -> list[Any]:
    found = [one["properties"][name] for one in applied if name in one.get("properties", {})]
    return found or [one["additionalProperties"] for one in applied if isinstance(one.get("additionalProperties"), dict)]


def _of_item(applied: list[JsonObject], index: int) -> list[Any]:
    found = []
    for one in applied:
        first = one.get("prefixItems", ())
        if index < len(first):
            found.append(first[index])
        elif "items" in one:
            found.append(one["items"])
    return found
