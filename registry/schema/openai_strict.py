"""OpenAI's strict mode: each object closed, each property required, alternatives by `anyOf` alone.

By OpenAI's guide to structured outputs. Keywords that it does not list are left out; `allOf` is merged.
"""

from functools import reduce
from typing import Any

from registry.model.tool import JsonObject

_KEPT = frozenset(
    ("type", "enum", "const", "description", "title", "pattern", "multipleOf", "maximum", "minimum", "exclusiveMaximum",
     "exclusiveMinimum", "minItems", "maxItems")
)  # fmt: skip
_BESIDE_ALTERNATIVES = frozenset(("anyOf", "oneOf", "description", "title"))
_FORMATS = frozenset(("date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"))


def made_strict(schema: Any, place: str = "") -> JsonObject:
    """A schema without `$ref` in strict form. Raises ValueError, with the place, for what strict mode has no form for."""
    merged = _merged(schema, place)
    strict = {keyword: value for keyword, value in merged.items() if keyword in _KEPT}
    if merged.get("format") in _FORMATS:
        strict["format"] = merged["format"]
    alternatives = merged.get("anyOf") or merged.get("oneOf")
    if alternatives:
        rest = {keyword: value for keyword, value in merged.items() if keyword not in _BESIDE_ALTERNATIVES}
        strict = {keyword: strict[keyword] for keyword in ("description", "title") if keyword in strict}
        numbered = enumerate(alternatives)
        return strict | {"anyOf": [made_strict({"allOf": [rest, one]}, f"{place}/{index}") for index, one in numbered]}
    if "properties" in merged or _is(merged, "object"):
        strict |= _object(merged, place)
    if _is(merged, "array"):
        strict["items"] = made_strict(merged.get("items", {}), f"{place}/items")
    if not strict.keys() & {"type", "enum", "const"}:
        raise ValueError(f"a value of any type is allowed at {place or 'the root'}")
    return strict


def _object(merged: JsonObject, place: str) -> JsonObject:
    properties: JsonObject = merged.get("properties", {})
    if not properties and merged.get("additionalProperties", True) is not False:
        raise ValueError(f"an object of any keys is allowed at {place or 'the root'}")
    required = merged.get("required", [])
    strict = {name: made_strict(one, f"{place}/{name}") for name, one in properties.items()}
    return {
        "type": merged.get("type", "object"),
        "properties": {name: one if name in required else _or_null(one) for name, one in strict.items()},
        "required": list(properties),
        "additionalProperties": False,
    }


def _or_null(schema: JsonObject) -> JsonObject:
    if "anyOf" in schema:
        return schema | {"anyOf": [*schema["anyOf"], {"type": "null"}]}
    if not isinstance(schema.get("type"), str) or "const" in schema:
        return {"anyOf": [schema, {"type": "null"}]} if "null" not in schema.get("type", ()) else schema
    more = {"enum": [*schema["enum"], None]} if "enum" in schema else {}
    return schema | {"type": [schema["type"], "null"]} | more


def _merged(schema: Any, place: str) -> JsonObject:
    """The schema with its `allOf` folded into it."""
    if schema is False:
        raise ValueError(f"no value is allowed at {place or 'the root'}")
    if not isinstance(schema, dict):
        return {}
    parts = [_merged(part, place) for part in schema.get("allOf", [])]
    own = {keyword: value for keyword, value in schema.items() if keyword != "allOf"}
    return reduce(lambda both, part: _both(both, part, place), parts, own)


def _both(one: JsonObject, other: JsonObject, place: str) -> JsonObject:
    both = other | one
    if one.get("properties") and other.get("properties"):
        shared = {
            name: _both(_merged(one["properties"][name], place), _merged(schema, place), place)
            for name, schema in other["properties"].items()
            if name in one["properties"]
        }
        both["properties"] = one["properties"] | other["properties"] | shared
    if one.get("required") and other.get("required"):
        both["required"] = list(dict.fromkeys([*one["required"], *other["required"]]))
    alternatives = [part[keyword] for part in (one, other) for keyword in ("anyOf", "oneOf") if keyword in part]
    if len(alternatives) > 1:
        raise ValueError(f"two lists of alternatives apply at {place or 'the root'}")
    return both


def _is(schema: JsonObject, kind: str) -> bool:
    given = schema.get("type")
    return given == kind or (isinstance(given, list) and kind in given)
