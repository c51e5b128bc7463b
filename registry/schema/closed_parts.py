"""Closed objects that exclude what they require, and the objects that their authors must have meant.

    allOf: [{required: [url], properties: {url: …}, additionalProperties: false},
            {properties: {lang: …}, additionalProperties: false}]

allows nothing: each part forbids what is the other's. Its author means one object with the properties of both, and no others.
The same is true of one part alone that requires a property, and does not declare it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from registry.model.import_fault import OperationUnusable
from registry.model.json_pointer import escape
from registry.model.references import References
from registry.model.tool import JsonObject

#: Parts of one schema, and the levels on which they stand.
_PARTS, _DEPTH = 64, 20
#: What declares properties in other schemas, or by their names.
_ELSEWHERE = frozenset(
    ("$ref", "$dynamicRef", "allOf", "anyOf", "oneOf", "if", "then", "else", "dependentSchemas", "patternProperties")
)
#: What a schema says about the whole, and what the union of the parts says for all of them.
WORDS = frozenset(("title", "description", "example", "examples", "deprecated", "nullable", "default"))
_TAKEN = WORDS | {"type", "properties", "required", "additionalProperties"}


class Whole(Exception):
    """The schema is more than a list of parts, so that nothing is known of it."""


@dataclass(frozen=True, slots=True)
class _Closable:
    """A schema without its `allOf` and `$ref`, and where it stands. `properties`: those that are not hidden. `is_closed`:
    whether it allows no others, whatever the parts beside it declare."""

    schema: JsonObject
    pointer: str
    properties: JsonObject
    hidden: frozenset[str]
    required: tuple[str, ...]
    is_closed: bool


@dataclass(frozen=True, slots=True)
class Union:
    """The object that is meant. `properties` with the schemas that each has, and their places; `rest`: of the parts, what else
    they say. `undeclared`: required, and declared by no part."""

    properties: dict[str, list[tuple[Any, str]]]
    required: tuple[str, ...]
    undeclared: tuple[str, ...]
    rest: tuple[tuple[JsonObject, str], ...]
    several: bool


def closed_union(schema: JsonObject, pointer: str, references: References, is_hidden: Callable[[Any], bool]) -> Union | None:
    """None where some value may fit the schema as it stands, or nothing is known."""
    if "allOf" not in schema and not _closes(schema):
        return None
    try:
        parts = list(islice(_parts(schema, pointer, references, is_hidden, 0), _PARTS + 1))
    except (Whole, OperationUnusable):
        return None
    hidden = frozenset[str]().union(*(part.hidden for part in parts))
    required = tuple(dict.fromkeys(name for part in parts for name in part.required if name not in hidden))
    if len(parts) > _PARTS:
        return None
    if all(name in part.properties for part in parts if part.is_closed for name in required):
        return None
    properties: dict[str, list[tuple[Any, str]]] = {}
    for part in parts:
        for name, member in part.properties.items():
            properties.setdefault(name, []).append((member, f"{part.pointer}/properties/{escape(name)}"))
    rest = [(_rest(part.schema), part.pointer) for part in parts]
    declared = tuple(name for name in required if name in properties)
    undeclared = tuple(name for name in required if name not in properties)
    return Union(properties, declared, undeclared, tuple(one for one in rest if one[0]), len(parts) > 1)


def _closes(schema: JsonObject) -> bool:
    return schema.get("additionalProperties") is False or schema.get("unevaluatedProperties") is False


def _rest(schema: JsonObject) -> JsonObject:
    """What the union does not say. It is closed itself: in a schema beside it, that would be closed against all of it."""
    rest = {key: value for key, value in schema.items() if key not in _TAKEN}
    return {key: value for key, value in rest.items() if key != "unevaluatedProperties" or value is not False}


def _parts(
    schema: Any, pointer: str, references: References, is_hidden: Callable[[Any], bool], depth: int
) -> Iterator[_Closable]:
    """Raises Whole, OperationUnusable."""
    if not isinstance(schema, dict) or depth > _DEPTH:
        raise Whole
    yield _part(schema, pointer, is_hidden)
    if "$ref" in schema:
        yield from _parts(*references.lookup(schema["$ref"], place=pointer), references, is_hidden, depth + 1)
    members = schema.get("allOf", [])
    if not isinstance(members, list):
        raise Whole
    for index, member in enumerate(members):
        yield from _parts(member, f"{pointer}/allOf/{index}", references, is_hidden, depth + 1)


def _part(schema: JsonObject, pointer: str, is_hidden: Callable[[Any], bool]) -> _Closable:
    own = {key: value for key, value in schema.items() if key not in ("allOf", "$ref")}
    declared, required = own.get("properties"), own.get("required")
    properties: JsonObject = declared if isinstance(declared, dict) else {}
    hidden = frozenset(name for name, member in properties.items() if is_hidden(member))
    shown = {name: member for name, member in properties.items() if name not in hidden}
    named = [name for name in required if isinstance(name, str)] if isinstance(required, list) else []
    return _Closable(own, pointer, shown, hidden, tuple(named), _is_closed(schema))


def _is_closed(schema: JsonObject) -> bool:
    """`unevaluatedProperties` sees what the schemas in it declare, too (JSON Schema 2020-12 §11.3): closed for certain is only
    one that has none."""
    if schema.get("additionalProperties") is False:
        return not schema.get("patternProperties")
    return schema.get("unevaluatedProperties") is False and not _ELSEWHERE & schema.keys()
