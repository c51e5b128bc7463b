"""Sample arguments for an input schema: for the judge, which judges their requests, and for errors, which show an example.

A simple search, not a solver: each value is the first of a few candidates that its own schema accepts. The same schema gives
the same samples.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import orjson

from registry.model.tool import JsonObject
from registry.schema.candidates import accepts, numbers, several, strings
from registry.schema.merge_all_of import Unfoldable, folded, type_of
from registry.schema.small_instances import Unsure, fits
from registry.schema.validators import Validator, compile_validator

_DEPTH, _ITEMS, _NODES, _PROPERTIES = 12, 16, 400, 40


@dataclass(frozen=True, slots=True)
class SampleKind:
    """Which of the possible values to take.

    `optional`: one in how many optional properties (0: none); `choice`: which candidate; `items`: how many in a list.
    """

    name: str
    optional: int
    choice: int
    items: int


MINIMAL = SampleKind("minimal", optional=0, choice=0, items=0)
FULL = SampleKind("full", optional=1, choice=0, items=1)
VARIED = SampleKind("varied", optional=2, choice=1, items=2)
SAMPLE_KINDS = (MINIMAL, FULL, VARIED)
#: For a sample that is valid, and that no request can hold.
_SPARE_KINDS = (SampleKind("sparse", optional=3, choice=0, items=1), SampleKind("other", optional=0, choice=1, items=1))


def samples(schema: JsonObject) -> tuple[JsonObject, ...]:
    """A sample of each kind: the required properties only; all; every second, and other values than before.

    Where the search finds no sample of a kind, that of another kind stands in its place. Empty where it finds none at all.
    """
    validator = compile_validator(schema)
    found = [sample for kind in SAMPLE_KINDS if (sample := _try(schema, kind, validator)) is not None]
    return tuple(found[min(index, len(found) - 1)] for index in range(len(SAMPLE_KINDS))) if found else ()


def spare_samples(schema: JsonObject) -> Iterator[JsonObject]:
    """Further ones, for those in place of which another is needed."""
    validator = compile_validator(schema)
    return (sample for kind in _SPARE_KINDS if (sample := _try(schema, kind, validator)) is not None)


def sample(schema: JsonObject) -> JsonObject | None:
    """The least arguments that the schema accepts. None where this search finds none."""
    found = samples(schema)
    return found[0] if found else None


def has_arguments(schema: JsonObject) -> bool:
    """Whether this search finds arguments that the schema accepts. Cheap where it does."""
    definitions: JsonObject = schema.get("$defs", {})
    try:
        found = _Search(definitions, MINIMAL).value({key: value for key, value in schema.items() if key != "$defs"}, 0)
        if isinstance(found, dict) and fits(found, schema, definitions):
            return True
    except (Unfoldable, Unsure, RecursionError):
        pass
    return sample(schema) is not None


def example(schema: Any, definitions: JsonObject) -> Any:
    """One value that `schema` accepts, as a hint for a person or a model. Raises LookupError where none is found."""
    try:
        return _Search(definitions, MINIMAL).value(schema, 0)
    except Unfoldable:
        raise LookupError("no example found") from None


def _try(schema: JsonObject, kind: SampleKind, validator: Validator) -> JsonObject | None:
    try:
        found = _Search(schema.get("$defs", {}), kind).value(schema, 0)
    except (Unfoldable, RecursionError):
        return None
    if isinstance(found, dict) and validator.is_valid(found):
        return found
    return None


class _Search:
    def __init__(self, definitions: JsonObject, kind: SampleKind) -> None:
        self._definitions = definitions
        self._kind = kind
        self._left = _NODES

    def value(self, schema: Any, depth: int) -> Any:
        self._left -= 1
        if depth > _DEPTH or schema is False:
            raise Unfoldable
        if schema is True or not schema:
            return "a"
        schema = folded(schema, self._definitions)
        for keyword in ("const", "default"):
            if keyword in schema and accepts(schema, schema[keyword]):
                return schema[keyword]
        if isinstance(schema.get("enum"), list) and schema["enum"]:
            return self._pick(schema, iter(schema["enum"]))
        for keyword in ("oneOf", "anyOf"):
            if schema.get(keyword):
                return self._branch(schema, keyword, depth)
        return self._of_type(schema, depth)

    def _branch(self, schema: JsonObject, keyword: str, depth: int) -> Any:
        rest = {key: value for key, value in schema.items() if key != keyword}
        choices = schema[keyword]
        for index in range(len(choices)):
            choice = choices[(index + self._kind.choice) % len(choices)]
            try:
                return self.value(rest | {"allOf": [*rest.get("allOf", ()), choice]}, depth + 1)
            except Unfoldable:
                continue
        raise Unfoldable

    def _of_type(self, schema: JsonObject, depth: int) -> Any:
        match type_of(schema, self._kind.choice):
            case "object":
                return self._object(schema, depth)
            case "array":
                return self._array(schema, depth)
            case "integer" | "number":
                return self._pick(schema, numbers(schema))
            case "boolean":
                return self._pick(schema, iter((True, False)))
            case "null":
                return None
        return self._pick(schema, strings(schema))

    def _object(self, schema: JsonObject, depth: int) -> JsonObject:
        properties = schema.get("properties", {})
        required = [name for name in schema.get("required", ()) if isinstance(name, str)]
        others = schema.get("additionalProperties", True)
        wanted = dict.fromkeys([*(name for name in properties if name in required), *required])
        found = {name: self.value(properties.get(name, others), depth + 1) for name in wanted}
        for name in self._optional(properties, wanted, depth):
            try:
                found[name] = self.value(properties[name], depth + 1)
            except Unfoldable:
                continue
        return found | self._fillers(len(found), schema, others, depth)

    def _optional(self, properties: JsonObject, wanted: JsonObject, depth: int) -> Iterator[str]:
        if not self._kind.optional or depth > _DEPTH // 3:
            return
        rest = [name for name in properties if name not in wanted]
        for name in rest[:: self._kind.optional][:_PROPERTIES]:
            if self._left > 0:
                yield name

    def _fillers(self, count: int, schema: JsonObject, others: Any, depth: int) -> JsonObject:
        """The properties that `minProperties` demands beyond those that are found."""
        missing = schema.get("minProperties", 0) - count
        if missing <= 0:
            return {}
        if missing > _ITEMS:
            raise Unfoldable
        spare = [name for name in schema.get("properties", {}) if name not in schema.get("required", ())]
        names = [*spare, *(f"key{index}" for index in range(missing))][:missing]
        return {name: self.value(schema.get("properties", {}).get(name, others), depth + 1) for name in names}

    def _array(self, schema: JsonObject, depth: int) -> list[Any]:
        least, most = int(schema.get("minItems", 0)), schema.get("maxItems", _ITEMS)
        count = max(least, min(self._kind.items, most) if depth <= _DEPTH // 2 and self._left > 0 else 0)
        if least > _ITEMS:
            raise Unfoldable
        prefix = schema.get("prefixItems", [])
        items = schema.get("items", True)
        found = [self.value(prefix[index] if index < len(prefix) else items, depth + 1) for index in range(count)]
        return self._distinct(found, items, least) if schema.get("uniqueItems") is True else found

    def _distinct(self, found: list[Any], items: Any, least: int) -> list[Any]:
        unique = list({orjson.dumps(item): item for item in found}.values())
        if len(unique) >= least:
            return unique
        schema = folded(items, self._definitions)
        candidates = iter(schema["enum"]) if schema.get("enum") else several(schema)
        unique = list({orjson.dumps(one): one for one in candidates if accepts(schema, one)}.values())[: max(least, 1)]
        if len(unique) < least:
            raise Unfoldable
        return unique

    def _pick(self, schema: JsonObject, candidates: Iterator[Any]) -> Any:
        good = list(islice((one for one in candidates if accepts(schema, one)), self._kind.choice + 1))
        if not good:
            raise Unfoldable
        return good[-1]
