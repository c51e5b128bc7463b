"""Forms of an input schema for providers that take less than JSON Schema 2020-12. Pure functions, on demand.

The gateway checks calls against the tool's own schema; a variant is what a planner may show to a model in its place. `inlined`
says the same without `$ref`; `shallow` says less, and ends at a depth; `strict` is OpenAI's strict mode: every property is
required, and an optional one may be null. `registry.schema.meant` takes such nulls out of the arguments again.
"""

from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import Any

import orjson

from registry.model.json_pointer import definition_name
from registry.model.tool import JsonObject
from registry.schema.openai_strict import made_strict

NODES = 4_000
BYTES = 512 << 10
DEPTH = 5
_VALUES = frozenset(("enum", "const", "default", "examples", "dependentRequired", "required"))
#: What only narrows, or tells alternatives apart: cut short below, it would refuse what the whole schema allows.
_NARROWING = frozenset(("not", "if", "then", "else", "contains", "propertyNames", "unevaluatedItems", "unevaluatedProperties"))
_NAMED = frozenset(("properties", "patternProperties", "dependentSchemas"))


class VariantImpossible(Exception):
    """The schema has no such form. The message says why."""


class Variant(StrEnum):
    INLINED = "inlined"
    SHALLOW = "shallow"
    STRICT = "strict"


def variant(schema: JsonObject, form: Variant) -> JsonObject:
    """The schema in that form. Raises VariantImpossible."""
    forms: dict[Variant, Callable[[JsonObject], JsonObject]] = {
        Variant.INLINED: inlined, Variant.SHALLOW: shallow, Variant.STRICT: strict
    }  # fmt: skip
    try:
        return forms[form](schema)
    except RecursionError:
        raise VariantImpossible("the schema's references lead too deep") from None


def inlined(schema: JsonObject, *, nodes: int = NODES) -> JsonObject:
    """The schema with each `$ref` replaced by what it means. Raises VariantImpossible for recursion, or over `nodes` values."""
    expanded: JsonObject = _Expansion(schema, nodes, None).schema(_root(schema), (), 0)
    return expanded


def shallow(schema: JsonObject, *, depth: int = DEPTH, nodes: int = NODES) -> JsonObject:
    """The schema without `$ref`, and with any value allowed beyond `depth` levels of values below the arguments."""
    expanded: JsonObject = _Expansion(schema, nodes, depth).schema(_root(schema), (), 0)
    return expanded


def strict(schema: JsonObject) -> JsonObject:
    """The schema as OpenAI's strict mode takes it. Raises VariantImpossible for objects of any keys, and values of any type."""
    try:
        return made_strict(inlined(schema))
    except ValueError as impossible:
        raise VariantImpossible(str(impossible)) from None


def _root(schema: JsonObject) -> JsonObject:
    return {keyword: value for keyword, value in schema.items() if keyword != "$defs"}


class _Expansion:
    def __init__(self, schema: JsonObject, nodes: int, depth: int | None) -> None:
        self._definitions: JsonObject = schema.get("$defs", {})
        self._left, self._bytes = nodes, BYTES
        self._depth = depth

    def schema(self, schema: Any, path: tuple[str, ...], depth: int) -> Any:
        """`path`: the definitions that lead here. `depth`: the levels of values above."""
        self._left -= 1
        if self._left < 0:
            raise VariantImpossible("written out, the schema is too large")
        if not isinstance(schema, dict):
            return schema
        if self._depth is not None and (depth > self._depth or len(path) > 4 * self._depth):
            return {}
        if "$ref" in schema:
            return self._referred(schema, path, depth)
        return {keyword: self._keyword(keyword, value, path, depth) for keyword, value in self._kept(schema)}

    def _kept(self, schema: JsonObject) -> Iterator[tuple[str, Any]]:
        """In a shallow form one of several alternatives that fit is enough: what tells them apart may be cut off."""
        for keyword, value in schema.items():
            if self._depth is None:
                yield keyword, value
            elif keyword == "oneOf" and "anyOf" not in schema:
                yield "anyOf", value
            elif keyword not in _NARROWING and keyword != "oneOf":
                yield keyword, value

    def _keyword(self, keyword: str, value: Any, path: tuple[str, ...], depth: int) -> Any:
        if keyword in _VALUES or isinstance(value, str):
            self._weigh(value)
            return value
        if keyword in _NAMED:
            return {name: self.schema(member, path, depth + 1) for name, member in value.items()}
        if isinstance(value, list):
            return [self.schema(member, path, depth + (keyword == "prefixItems")) for member in value]
        below = keyword in ("items", "additionalProperties", "contains", "unevaluatedItems", "unevaluatedProperties")
        return self.schema(value, path, depth + below) if isinstance(value, dict) else value

    def _weigh(self, value: Any) -> None:
        """A definition of many bytes is written out each time."""
        self._bytes -= (
            len(value) if isinstance(value, str) else len(orjson.dumps(value)) if isinstance(value, list | dict) else 8
        )
        if self._bytes < 0:
            raise VariantImpossible("written out, the schema is too large")

    def _referred(self, schema: JsonObject, path: tuple[str, ...], depth: int) -> Any:
        name = definition_name(schema["$ref"])
        if name in path and self._depth is None:
            raise VariantImpossible(f"the schema leads back to itself at {name!r}")
        target = self.schema(self._definitions.get(name, True), (*path, name), depth)
        beside = {keyword: value for keyword, value in schema.items() if keyword != "$ref"}
        if not beside:
            return target
        expanded = self.schema(beside, path, depth)
        # Siblings that only annotate can be merged into the target; any other keyword must hold as well.
        if isinstance(target, dict) and not beside.keys() - {"description", "title", "default", "deprecated"}:
            return target | expanded
        return {"allOf": [target, expanded]}
