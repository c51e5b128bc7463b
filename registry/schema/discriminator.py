"""OpenAPI's `discriminator`, in the words of JSON Schema."""

from collections import defaultdict
from collections.abc import Callable
from typing import Any

from registry.model.json_pointer import escape
from registry.model.tool import JsonObject


def discriminated(translated: JsonObject, discriminator: Any, definition: Callable[[str], str]) -> None:
    """Add to each alternative that the discriminator's mapping names the value that tells it from the others.

    `definition` gives the `$ref` of a pointer into the document. Only a mapping is translated: without one a schema's own name
    would be its value (OpenAPI 3.1.1, §4.8.25), and in too many documents it is not. Nothing that the mapping names is opened.
    """
    if not isinstance(discriminator, dict) or not isinstance(discriminator.get("mapping"), dict):
        return
    name = discriminator.get("propertyName")
    values: defaultdict[str, list[str]] = defaultdict(list)
    for value, target in discriminator["mapping"].items():
        if isinstance(target, str):
            values[definition(_pointer(target))].append(value)
    for keyword in ("oneOf", "anyOf"):
        if isinstance(name, str) and keyword in translated:
            translated[keyword] = [_told_apart(member, name, values) for member in translated[keyword]]


def _told_apart(member: Any, name: str, values: dict[str, list[str]]) -> Any:
    if not isinstance(member, dict) or member.get("$ref") not in values:
        return member
    return {"allOf": [member, {"properties": {name: {"enum": values[member["$ref"]]}}, "required": [name]}]}


def _pointer(target: str) -> str:
    return target[1:] if target.startswith("#/") else f"/components/schemas/{escape(target)}"
