"""YAML's numbers and booleans in places where a schema says text: there they are the text as it was written.

`010` and `1.10` are the numbers 10 and 1.1 to YAML, and a schema of `type: string` with such an `enum` would allow nothing.
What a value is meant for is known at the end of the mapping around it, whose `type` may come last.
"""

from typing import Any

from registry.model.tool import JsonObject

#: Keywords whose values are values of the schema, or lists of them.
VALUES = frozenset(("enum", "const", "default", "example", "examples"))
_OTHERS = ("integer", "number", "boolean")


class Written:
    """A number or a boolean, and how it was written."""

    __slots__ = ("text", "value")

    def __init__(self, value: float | bool, text: str) -> None:
        self.value = value
        self.text = text


class WrittenList(list[Any]):
    """A list with a Written in it, whose meaning is not known yet."""


def plain(value: Any) -> Any:
    """The value as YAML has it."""
    if isinstance(value, Written):
        return value.value
    return [plain(one) for one in value] if isinstance(value, WrittenList) else value


def settle(mapping: JsonObject) -> None:
    """Make values of what was written in a mapping that is complete."""
    for key, value in mapping.items():
        if isinstance(value, Written | WrittenList):
            mapping[key] = _texts(value) if _is_of_text(mapping, key) else plain(value)


def _texts(value: Any) -> Any:
    if isinstance(value, Written):
        return value.text
    return [one.text if isinstance(one, Written) else plain(one) for one in value] if isinstance(value, WrittenList) else value


def _is_of_text(mapping: JsonObject, key: str) -> bool:
    """A parameter's `example` stands beside its schema."""
    if key not in VALUES:
        return False
    beside = mapping.get("schema")
    return _says_text(mapping) or (key == "example" and isinstance(beside, dict) and _says_text(beside))


def _says_text(schema: JsonObject) -> bool:
    types = schema.get("type")
    named = types if isinstance(types, list) else [types]
    return "string" in named and not any(one in named for one in _OTHERS)
