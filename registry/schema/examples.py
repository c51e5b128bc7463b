"""Examples of values, as a tool's schema has them: few, short, and of the type that the schema names.

OpenAPI has `example` and `examples` in four places; JSON Schema 2020-12 has one list (JSON Schema Validation §9.5).
"""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

import orjson

from registry.model.tool import JsonObject

#: Of one place, and bytes of one of them: a model learns no more from more.
MOST, BYTES = 3, 2_048
_KINDS: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
}


def declared(keyword: str, value: Any) -> Iterator[Any]:
    """The values that `example` or `examples` of a schema stands for."""
    if keyword == "example":
        yield value
    elif isinstance(value, list):
        yield from value
    elif isinstance(value, dict):  # as a parameter has them, which is written here, too
        yield from (one["value"] for one in value.values() if isinstance(one, dict) and "value" in one)


def with_examples(schema: JsonObject, values: Iterable[Any]) -> JsonObject:
    """The schema with those of the values that can be its own, before those that it has."""
    meant = [one for value in values if (one := _meant(schema, value)) is not None]
    written = {orjson.dumps(one): one for one in (*meant, *schema.get("examples", ()))}
    kept = [one for text, one in written.items() if len(text) <= BYTES][:MOST]
    rest = {keyword: value for keyword, value in schema.items() if keyword != "examples"}
    return rest | ({"examples": kept} if kept else {})


def _meant(schema: JsonObject, value: Any) -> Any:
    """The value in the type that the schema names; None where it cannot be."""
    kinds = schema.get("type", [])
    named = [kinds] if isinstance(kinds, str) else [kind for kind in kinds if kind != "null"]
    if not named or any(_is(kind, value) for kind in named):
        good = value
    else:
        good = next((found for kind in named if (found := _in_type(kind, value)) is not None), None)
    return good if "enum" not in schema or good in schema["enum"] else None


def _is(kind: str, value: Any) -> bool:
    return isinstance(value, _KINDS.get(kind, ())) and (kind == "boolean" or not isinstance(value, bool))


def _in_type(kind: str, value: Any) -> Any:
    """YAML's `example: 12` for a text, and a text that is the value's JSON."""
    if kind == "string" and isinstance(value, int | float):
        return orjson.dumps(value).decode()
    if kind == "integer" and isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, str):
        with suppress(orjson.JSONDecodeError):
            read = orjson.loads(value)
            return read if _is(kind, read) else None
    return None
