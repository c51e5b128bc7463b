"""Input schemas that no arguments fit, and the schemas that their authors must have meant."""

from dataclasses import replace
from typing import Any

from registry.model.import_fault import ImportFault
from registry.model.tool import JsonObject
from registry.schema.sampling import has_arguments
from registry.schema.schemas import Closed

ACCEPTS_NOTHING = "this tool accepts nothing: no arguments were found that its schema allows"
_CURE = "Correct the schema of its arguments, in the document or by an overlay; or leave the operation out in the manifest."


def satisfiable(closed: Closed, pointer: str, operation: str) -> Closed:
    """`closed`; or the same with `anyOf` in place of every `oneOf`, where sample arguments are found only for that.

    Alternatives that overlap, often because they differ in read-only properties alone, exclude each other, so that no arguments
    fit. The author of such a schema means a choice, and no caller could call the tool. Where no arguments are found all the
    same, a fault names `operation`.
    """
    if has_arguments(closed.schema):
        return closed
    relaxed: JsonObject = _any_of(closed.schema) if closed.has_choice else closed.schema
    if closed.has_choice and has_arguments(relaxed):
        message = "the alternatives of a `oneOf` overlap, so that no arguments fit; the tool accepts any of them"
        fault = ImportFault(pointer, message, "Write `anyOf`, or tell the alternatives apart.")
        return replace(closed, schema=relaxed, faults=(*closed.faults, fault), mended=True)
    return replace(closed, faults=(*closed.faults, ImportFault(pointer, ACCEPTS_NOTHING, _CURE, (operation,))))


def _any_of(value: Any, *, names: bool = False) -> Any:
    """`names`: whether the keys of `value` are names rather than keywords."""
    if isinstance(value, list):
        return [_any_of(member) for member in value]
    if not isinstance(value, dict):
        return value
    if not names and "oneOf" in value:
        value = _joined(value)
    return {key: _member(key, member, names=names) for key, member in value.items()}


def _member(key: str, member: Any, *, names: bool) -> Any:
    if not names and key in ("enum", "const", "default", "examples"):
        return member
    return _any_of(member, names=not names and key in ("properties", "$defs", "patternProperties", "dependentSchemas"))


def _joined(schema: JsonObject) -> JsonObject:
    kept = {key: member for key, member in schema.items() if key != "oneOf"}
    if "anyOf" not in kept:
        return kept | {"anyOf": schema["oneOf"]}
    return kept | {"allOf": [*kept.get("allOf", []), {"anyOf": schema["oneOf"]}]}
