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
#: Schemas that are made strict for one: no model reads a longer one.
STEPS = 4_000
_FORMATS = frozenset(("date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"))


def made_strict(schema: Any, place: str = "", steps: "StepLimit | None" = None) -> JsonObject:
    """A schema without `$ref` in strict form. Raises ValueError, with the place, for what strict mode has no form for."""
    steps = steps or StepLimit()
    steps.take()
    merged = _merged(schema, place)
    strict = {keyword: value for keyword, value in merged.items() if keyword in _KEPT}
    if merged.get("format") in _FORMATS:
        strict["format"] = merged["format"]
    alternatives = merged.get("anyOf") or merged.get("oneOf")
    if alternatives:
        rest = {keyword: value for keyword, value in merged.items() if keyword not in _BESIDE_ALTERNATIVES}
        strict = {keyword: strict[keyword] for keyword in ("description", "title") if keyword in strict}
        numbered = enumerate(alternatives)
        return strict | {"anyOf": [made_strict({"allOf": [rest, one]}, f"{place}/{index}", steps) for index, one in numbered]}
    if "properties" in merged or _is(merged, "object"):
        strict |= _object(merged, place, steps)
    if _is(merged, "array"):
        strict["items"] = made_strict(merged.get("items", {}), f"{place}/items", steps)
    if not strict.keys() & {"type", "enum", "const"}:
        raise ValueError(f"a value of any type is allowed at {place or 'the root'}")
    return strict


class StepLimit:
    """How many schemas are made strict at most: what stands beside alternatives is made so with each of them."""

    def __init__(self) -> None:
        self._left = STEPS

    def take(self) -> None:
        """Raises ValueError."""
        self._left -= 1
        if self._left < 0:
            raise ValueError("with all its alternatives written out, the schema is too large")


def _object(merged: JsonObject, place: str, steps: StepLimit) -> JsonObject:
    properties: JsonObject = merged.get("properties", {})
    closed = merged.get("additionalProperties", True) is False
    if not properties and (not closed or merged.get("patternProperties")):
        raise ValueError(f"an object of any keys is allowed at {place or 'the root'}")
    required = merged.get("required", [])
    if unknown := [name for name in required if name not in properties]:
        raise ValueError(f"a property without a schema, {unknown[0]!r}, is required at {place or 'the root'}")
    strict = {name: made_strict(one, f"{place}/{name}", steps) for name, one in properties.items()}
    return {
        "type": merged.get("type", "object"),
        "properties": {name: one if name in required else _or_null(one) for name, one in strict.items()},
        "required": list(properties),
        "additionalProperties": False,
    }


def _or_null(schema: JsonObject) -> JsonObject:
    if "anyOf" in schema:
        return schema | {"anyOf": [*schema["anyOf"], {"type": "null"}]}
    kinds = schema.get("type", ())
    if "const" in schema or (isinstance(kinds, list) and "null" in kinds and None not in schema.get("enum", (None,))):
        return {"anyOf": [schema, {"type": "null"}]}
    if not isinstance(kinds, str):
        return schema if "null" in kinds else {"anyOf": [schema, {"type": "null"}]}
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
    if "enum" in one and "enum" in other:
        both["enum"] = [value for value in one["enum"] if value in other["enum"]]
        if not both["enum"]:
            raise ValueError(f"no value is allowed at {place or 'the root'}")
    alternatives = [part[keyword] for part in (one, other) for keyword in ("anyOf", "oneOf") if keyword in part]
    if len(alternatives) > 1:
        raise ValueError(f"two lists of alternatives apply at {place or 'the root'}")
    return both


def _is(schema: JsonObject, kind: str) -> bool:
    given = schema.get("type")
    return given == kind or (isinstance(given, list) and kind in given)
