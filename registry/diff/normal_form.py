"""JSON Schemas in a form that can be compared: references followed, `allOf` merged, alternatives listed, null apart.

Two schemas that allow the same values in other words have the same form. JSON Schema is not decidable, so this is not exact:
where it must err, it errs towards "another schema".
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice, product
from typing import Any

from registry.diff.steps import Steps
from registry.model.json_pointer import definition_name
from registry.model.tool import JsonObject

ALTERNATIVES = 48
_DEPTH = 60
NEVER: JsonObject = {"not": {}}
TYPES = frozenset(("string", "number", "boolean", "array", "object"))  # integers are numbers; null is kept apart
_HIGHEST = frozenset(("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"))
_LOWEST = frozenset(("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"))


@dataclass(frozen=True, slots=True)
class Shape:
    """The alternatives of a schema, none of which allows null; `nullable` says whether null is one more."""

    nullable: bool
    alternatives: tuple[JsonObject, ...]


class Schema:
    """A self-contained schema, whose references lead into its own `$defs`. Every method raises TooLargeToCompare."""

    def __init__(self, root: JsonObject, steps: Steps) -> None:
        self._definitions = root.get("$defs", {})
        self._steps = steps
        # By the schema and its depth; with the schema itself, so that no other one is made at its place.
        self._flat: dict[tuple[int, int], tuple[Any, JsonObject]] = {}

    def shape(self, schema: Any) -> Shape:
        found = [split_null(one) for one in islice(self._alternatives(self.flat(schema), 0), ALTERNATIVES)]
        rest = tuple(schema for _, schema in found if schema is not None)
        return Shape(any(null for null, _ in found), rest)

    def flat(self, schema: Any, depth: int = 0) -> JsonObject:
        """`schema` without `$ref` and `allOf`. NEVER where a definition leads to itself in place, a fault of the document."""
        if isinstance(schema, bool) or depth > _DEPTH:
            return {} if schema is True else NEVER
        key = id(schema), depth
        if key not in self._flat:
            self._flat[key] = schema, self._merged(schema, depth)
        self._steps.take()
        return self._flat[key][1]

    def _merged(self, schema: JsonObject, depth: int) -> JsonObject:
        own = {keyword: value for keyword, value in schema.items() if keyword not in ("$ref", "allOf", "$defs")}
        for part in (*self._target(schema), *schema.get("allOf", ())):
            flat = self.flat(part, depth + 1)
            self._steps.take_all_of(flat)
            own = _merge(own, flat)
            self._steps.take_all_of(own)
        return own

    def _target(self, schema: JsonObject) -> Iterator[Any]:
        if "$ref" in schema:
            yield self._definitions.get(definition_name(schema["$ref"]), True)

    def _alternatives(self, flat: JsonObject, depth: int) -> Iterator[JsonObject]:
        keyword = next((one for one in ("anyOf", "oneOf") if isinstance(flat.get(one), list)), None)
        if keyword is None or depth > _DEPTH:
            yield flat
            return
        rest = {name: value for name, value in flat.items() if name != keyword}
        for one in flat[keyword]:
            merged = _merge(rest, self.flat(one))
            self._steps.take_all_of(merged)
            yield from self._alternatives(merged, depth + 1)


def split_null(schema: JsonObject) -> tuple[bool, JsonObject | None]:
    """Whether the schema names null as allowed, and the schema without it; None where it allows nothing else."""
    types, values = schema.get("type"), schema.get("enum")
    listed = types if isinstance(types, list) else [types] if types else None
    null = (listed is not None and "null" in listed) or (listed is None and isinstance(values, list) and None in values)
    if not null:
        return False, schema
    rest = dict(schema)
    if listed is not None:
        rest["type"] = [one for one in listed if one != "null"]
    if isinstance(values, list):
        rest["enum"] = [one for one in values if one is not None]
    return True, None if rest.get("type") == [] or rest.get("enum") == [] else rest


def types_of(schema: JsonObject) -> frozenset[str]:
    """The types that are allowed, with `integer` only where no other number is."""
    types = schema.get("type")
    if isinstance(types, str | list):
        return frozenset([types] if isinstance(types, str) else types)
    if (values := values_of(schema)) is not None:
        return frozenset(_type_of(value) for value in values)
    return TYPES


def values_of(schema: JsonObject) -> list[Any] | None:
    """The values that the schema lists. None where it lists none."""
    if "const" in schema:
        return [schema["const"]]
    values = schema.get("enum")
    return values if isinstance(values, list) else None


def _type_of(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    names = {str: "string", int: "integer", float: "number", list: "array", dict: "object"}
    return names.get(type(value), "null")


def _merge(first: JsonObject, second: JsonObject) -> JsonObject:
    """A schema for the values that both allow."""
    merged = dict(first)
    for keyword, value in second.items():
        known = merged.get(keyword, value)
        merged[keyword] = value if known == value else _MERGES.get(keyword, _first_text)(known, value)
    return merged


def _first_text(known: Any, value: Any) -> Any:
    return known


def _merge_types(known: Any, value: Any) -> Any:
    ours, theirs = ([one] if isinstance(one, str) else list(one) for one in (known, value))
    both = [one for one in ours if one in theirs]
    both += ["integer"] if "integer" in {*ours, *theirs} and "number" in {*ours, *theirs} and "integer" not in both else []
    return both


def _merge_properties(known: Any, value: Any) -> Any:
    shared = {name: {"allOf": [known[name], value[name]]} for name in known if name in value and known[name] != value[name]}
    return known | value | shared


def _merge_alternatives(known: Any, value: Any) -> Any:
    pairs = list(product(known, value))
    return [{"allOf": list(pair)} for pair in pairs] if len(pairs) <= ALTERNATIVES else known


def _merge_schemas(known: Any, value: Any) -> Any:
    return False if False in (known, value) else {"allOf": [known, value]}


_MERGES: dict[str, Callable[[Any, Any], Any]] = {
    "type": _merge_types,
    "enum": lambda known, value: [one for one in known if one in value],
    "required": lambda known, value: list(dict.fromkeys([*known, *value])),
    "properties": _merge_properties,
    "patternProperties": _merge_properties,
    "additionalProperties": _merge_schemas,
    "items": _merge_schemas,
    "anyOf": _merge_alternatives,
    "oneOf": _merge_alternatives,
    "pattern": lambda known, value: f"{known} and {value}",
    "not": lambda known, value: {"anyOf": [known, value]},
    **dict.fromkeys(_HIGHEST, max),
    **dict.fromkeys(_LOWEST, min),
}
