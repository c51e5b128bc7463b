"""Input schemas that no arguments fit, and the schemas that their authors must have meant."""

from typing import Any

from registry.model.import_fault import ImportFault
from registry.model.tool import JsonObject
from registry.schema.sampling import sample
from registry.schema.schemas import Closed


def satisfiable(closed: Closed, pointer: str) -> Closed:
    """`closed`; or the same with `anyOf` in place of every `oneOf`, where sample arguments are found only for that.

    Alternatives that overlap, often because they differ in read-only properties alone, exclude each other, so that no arguments
    fit. The author of such a schema means a choice, and no caller could call the tool.
    """
    if not closed.has_choice or sample(closed.schema) is not None:
        return closed
    relaxed: JsonObject = _any_of(closed.schema)
    if sample(relaxed) is None:
        return closed
    message = "the alternatives of a `oneOf` overlap, so that no arguments fit; the tool accepts any of them"
    return Closed(relaxed, (*closed.faults, ImportFault(pointer, message, "Write `anyOf`, or tell the alternatives apart.")))


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
    if not names and key in ("enum", "const", "default"):
        return member
    return _any_of(member, names=not names and key in ("properties", "$defs", "patternProperties", "dependentSchemas"))


def _joined(schema: JsonObject) -> JsonObject:
    kept = {key: member for key, member in schema.items() if key != "oneOf"}
    if "anyOf" not in kept:
        return kept | {"anyOf": schema["oneOf"]}
    return kept | {"allOf": [*kept.get("allOf", []), {"anyOf": schema["oneOf"]}]}
