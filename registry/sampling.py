"""Minimal arguments for an input schema, so that the judge has a request to judge."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from registry.tool import JsonObject
from registry.validators import compile_validator

_DEPTH, _LENGTH = 8, 4_096
# fmt: off
_STRINGS = (
    "a", "1", "abc", "A1", "en", "USD", "a/b", "1.0.0", "2024-01-01", "2024-01-01T00:00:00Z", "12:00:00Z", "a@example.com",
    "https://example.com/", "00000000-0000-4000-8000-000000000000", "127.0.0.1", "::1", "12345678", "0123456789abcdef", "true",
)
# fmt: on


class _NoSample(Exception):
    pass


def sample(schema: JsonObject) -> JsonObject | None:
    """The required properties only, each with its default, first enum value or the least of its type.

    None where this simple search finds nothing that the schema accepts.
    """
    try:
        found = _Search(schema).value(schema, 0)
    except _NoSample:
        return None
    return found if isinstance(found, dict) and compile_validator(schema).is_valid(found) else None


class _Search:
    def __init__(self, root: JsonObject) -> None:
        self._definitions: JsonObject = root.get("$defs", {})

    def value(self, schema: Any, depth: int) -> Any:
        if depth > _DEPTH or schema is False:
            raise _NoSample
        if schema is True or not schema:
            return "a"
        schema = self._merged(schema, depth)
        for keyword in ("const", "default"):
            if keyword in schema:
                return schema[keyword]
        if schema.get("enum"):
            return schema["enum"][0]
        for keyword in ("oneOf", "anyOf"):
            if keyword in schema:
                return self._first(schema, keyword, depth)
        return self._of_type(schema, depth)

    def _merged(self, schema: JsonObject, depth: int) -> JsonObject:
        """The schema with its `$ref` and `allOf` folded in, as far as properties, `required` and single keywords go."""
        parts = [part for part in schema.get("allOf", []) if isinstance(part, dict)]
        if "$ref" in schema:
            name = unquote(schema["$ref"].removeprefix("#/$defs/")).replace("~1", "/").replace("~0", "~")
            target = self._definitions.get(name, False)
            if not isinstance(target, dict):
                raise _NoSample
            parts.append(target)
        merged = {keyword: value for keyword, value in schema.items() if keyword not in ("$ref", "allOf", "$defs")}
        if depth > _DEPTH:
            raise _NoSample
        for part in (self._merged(part, depth + 1) for part in parts):
            both = part | merged
            both["properties"] = part.get("properties", {}) | merged.get("properties", {})
            both["required"] = [*part.get("required", []), *merged.get("required", [])]
            merged = both
        return merged

    def _first(self, schema: JsonObject, keyword: str, depth: int) -> Any:
        rest = {key: value for key, value in schema.items() if key != keyword}
        for choice in schema[keyword]:
            try:
                return self.value(rest | {"allOf": [choice]}, depth + 1)
            except _NoSample:
                continue
        raise _NoSample

    def _of_type(self, schema: JsonObject, depth: int) -> Any:
        kind = schema.get("type", "object" if schema.get("properties") else "string")
        match kind[0] if isinstance(kind, list) and kind else kind:
            case "object":
                properties = schema.get("properties", {})
                return {name: self.value(properties.get(name, True), depth + 1) for name in schema.get("required", [])}
            case "array":
                count = schema.get("minItems", 0)
                if count > _DEPTH:
                    raise _NoSample
                return [self.value(schema.get("items", True), depth + 1) for _ in range(count)]
            case "integer" | "number":
                return self._accepted(schema, _numbers(schema))
            case "boolean":
                return True
            case "null":
                return None
        length = min(schema.get("minLength", 0), _LENGTH)
        return self._accepted(schema, iter((*_STRINGS, "a" * length, "0" * length)))

    def _accepted(self, schema: JsonObject, candidates: Iterator[Any]) -> Any:
        alone = {key: value for key, value in schema.items() if key not in ("properties", "required")}
        validator = compile_validator(alone | {"$defs": self._definitions})
        for candidate in candidates:
            if validator.is_valid(candidate):
                return candidate
        raise _NoSample


def _numbers(schema: JsonObject) -> Iterator[float]:
    step = schema.get("multipleOf", 1)
    for keyword in ("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum"):
        if keyword in schema:
            yield from (schema[keyword], schema[keyword] + step, schema[keyword] - step)
    yield from (1, 0, step, -1, 0.5)
