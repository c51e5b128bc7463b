"""One schema out of a schema, its `$ref` and its `allOf`, as far as properties, `required`, bounds and single keywords go."""

from collections.abc import Callable
from typing import Any

from registry.model.json_pointer import definition_name
from registry.model.json_values import is_number
from registry.model.tool import JsonObject

_DEPTH = 12
# fmt: off
_TIGHTER: dict[str, Callable[[float, float], float]] = {
    "minimum": max, "exclusiveMinimum": max, "minLength": max, "minItems": max,
    "maximum": min, "exclusiveMaximum": min, "maxLength": min, "maxItems": min,
}
# fmt: on


class Unfoldable(Exception):
    """A schema that accepts nothing, or that leads to itself."""


def folded(schema: Any, definitions: JsonObject, depth: int = 0) -> JsonObject:
    """The schema with its `$ref` and `allOf` folded in. Raises Unfoldable."""
    if schema is True:
        return {}
    if not isinstance(schema, dict) or depth > _DEPTH:
        raise Unfoldable
    parts = list(schema.get("allOf", ()))
    if "$ref" in schema:
        parts.append(definitions.get(definition_name(schema["$ref"]), False))
    merged = {keyword: value for keyword, value in schema.items() if keyword not in ("$ref", "allOf", "$defs")}
    for part in parts:
        merged = _both(folded(part, definitions, depth + 1), merged)
    return merged


def _both(part: JsonObject, merged: JsonObject) -> JsonObject:
    both = part | merged
    for keyword, tighter in _TIGHTER.items():
        if is_number(part.get(keyword)) and is_number(merged.get(keyword)):
            both[keyword] = tighter(part[keyword], merged[keyword])
    for keyword in ("oneOf", "anyOf"):
        if keyword in part and keyword in merged:
            both["allOf"] = [*both.get("allOf", ()), {keyword: part[keyword]}]
    if "properties" in part and "properties" in merged:
        same = part["properties"].keys() & merged["properties"].keys()
        shared = {name: {"allOf": [merged["properties"][name], part["properties"][name]]} for name in same}
        both["properties"] = part["properties"] | merged["properties"] | shared
    both["required"] = [*part.get("required", ()), *merged.get("required", ())]
    return both


def type_of(schema: JsonObject, choice: int) -> str:
    kind = schema.get("type")
    if isinstance(kind, list):
        kinds = [one for one in kind if one != "null"] or ["null"]
        return str(kinds[choice % len(kinds)])
    if isinstance(kind, str):
        return kind
    if schema.get("properties") or schema.get("required") or "additionalProperties" in schema or "minProperties" in schema:
        return "object"
    if "items" in schema or "prefixItems" in schema:
        return "array"
    return "number" if schema.keys() & {"minimum", "maximum", "multipleOf"} else "string"
