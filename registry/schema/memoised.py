"""A validator that looks at each definition once for each value, however many ways lead there.

Each `$ref` is a keyword of ours: it asks the validator of that definition, and remembers what that said of the value. So the
work is at most the number of definitions times that of values, where a plain validator's may be a power of their depth.

A keyword of ours tells its neighbours nothing of what it has evaluated: `unevaluatedProperties` and `unevaluatedItems` do not
see through it, so a schema with either is none for this validator.
"""

from collections.abc import Iterator
from dataclasses import replace
from hashlib import blake2b
from itertools import islice
from typing import Any

import orjson

from registry.model.errors import Violation
from registry.model.json_pointer import definition_name, find
from registry.model.tool import JsonObject
from registry.schema.subschemas import schemas_in, with_subschemas
from registry.schema.validators import VIOLATIONS, KeywordValidator, Validator, compile_validator
from registry.schema.work import LOOKING_AROUND

REFERENCE = "x-callgate-reference"
_SIGN = "#/$defs/"


def looks_around(schema: JsonObject) -> bool:
    """Whether a keyword in it depends on what its neighbours have evaluated."""
    return any(one.keys() & LOOKING_AROUND for one in schemas_in(schema))


class Memoised:
    """`schema`: self-contained, and not one that `looks_around`. For one instance at a time."""

    def __init__(self, schema: JsonObject, *, strict_formats: bool = True) -> None:
        """`strict_formats`: as for `compile_validator`. Raises SchemaInvalid."""
        self._strict_formats = strict_formats
        self._definitions: JsonObject = schema.get("$defs", {})
        self._validators: dict[str, Validator] = {}
        self._said: dict[tuple[str, bytes], bool] = {}
        self._keywords: dict[str, type[KeywordValidator]] = {REFERENCE: _keyword(self)}
        self._whole = self._compiled({keyword: value for keyword, value in schema.items() if keyword != "$defs"})

    def is_valid(self, instance: Any) -> bool:
        self._said.clear()
        return self._whole.is_valid(instance)

    def violations(self, instance: Any) -> tuple[Violation, ...]:
        """The first violations. Of alternatives of which none fits it is told that none does."""
        self._said.clear()
        return tuple(islice(self._followed(self._whole, instance, "", set()), VIOLATIONS))

    def fits(self, reference: str, instance: Any) -> bool:
        """Whether a definition holds."""
        key = reference, blake2b(orjson.dumps(instance), digest_size=16).digest()
        if key not in self._said:
            self._said[key] = self._definition(reference).is_valid(instance)
        return self._said[key]

    def _followed(self, validator: Validator, instance: Any, place: str, seen: set[tuple[str, str]]) -> Iterator[Violation]:
        """The violations of a schema; where a reference is violated, those of its definition."""
        first = validator.first_violation(instance)
        for one in validator.violations(instance) if first and first.expected.startswith(_SIGN) else (first,):
            if one is None:
                continue
            pointer = place + one.pointer
            if not one.expected.startswith(_SIGN):
                yield replace(one, pointer=pointer)
            elif (one.expected, pointer) not in seen:
                seen.add((one.expected, pointer))
                (value,) = find(one.pointer, instance)
                yield from self._followed(self._definition(one.expected), value, pointer, seen)

    def _definition(self, reference: str) -> Validator:
        if reference not in self._validators:
            self._validators[reference] = self._compiled(self._definitions.get(definition_name(reference), False))
        return self._validators[reference]

    def _compiled(self, schema: Any) -> Validator:
        written = _referring(schema)
        whole = written if isinstance(written, dict) else {"allOf": [written]}
        return compile_validator(whole, self._keywords, strict_formats=self._strict_formats)


def _referring(schema: Any) -> Any:
    if not isinstance(schema, dict):
        return schema
    written = with_subschemas(schema, _referring)
    if "$ref" in written:
        written[REFERENCE] = written.pop("$ref")
    return written


def _keyword(memory: Memoised) -> type[KeywordValidator]:
    class MemoisedReference:
        def __init__(self, parent_schema: JsonObject, value: Any, schema_path: list[str | int]) -> None:
            self._reference = str(value)

        def validate(self, instance: Any) -> None:
            if not memory.fits(self._reference, instance):
                raise ValueError(self._reference)

    return MemoisedReference
