"""Arguments of one tool out of another's, and conditions on a JSON value, by JSON Pointers (RFC 6901). Pure."""

from typing import Any

from registry.model.json_pointer import find
from registry.model.json_values import equal
from registry.model.tool import Condition, JsonObject


def map_arguments(mapping: JsonObject, arguments: JsonObject) -> JsonObject:
    """Arguments as the mapping says: each text in it is a pointer into `arguments`, everything else stands for itself.

    An argument whose pointer leads nowhere is left out: the other tool's schema says whether it is required.
    """
    mapped = ((name, _mapped(item, arguments)) for name, item in mapping.items())
    return {name: item[0] for name, item in mapped if item}


def holds(condition: Condition, value: Any) -> bool:
    """Whether the pointer leads somewhere, and, where the condition names a value, to that."""
    found = find(condition.pointer, value)
    return bool(found) and (condition.equals is None or equal(found[0], condition.equals))


def _mapped(item: Any, arguments: JsonObject) -> list[Any]:
    if isinstance(item, str):
        return find(item, arguments)
    return [map_arguments(item, arguments)] if isinstance(item, dict) else [item]
