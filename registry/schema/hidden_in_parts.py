"""Properties that are hidden in one direction, and required beside the part that declares them.

    required: [id, name]
    allOf: [{properties: {id: {readOnly: true}, name: …}}]

OpenAPI 3.0.3, `readOnly`: where such a property is required, "the required will take effect on the response only". The list
of what is required often stands in another part than the property.
"""

from collections.abc import Callable, Iterator
from typing import Any

from registry.model.references import References
from registry.model.tool import JsonObject

#: The parts of one value that are looked at; of what has more, nothing is known.
_PARTS = 512
_COMBINATORS = ("allOf", "anyOf", "oneOf")


def hidden_in_parts(schema: JsonObject, references: References, is_hidden: Callable[[Any], bool]) -> frozenset[str]:
    """The names that some part of the same value declares, and each part that does hides. Opens nothing."""
    if not any(isinstance(schema.get(keyword), list) for keyword in _COMBINATORS) and "$ref" not in schema:
        return frozenset()
    shown, hidden = set[str](), set[str]()
    for count, part in enumerate(_parts(schema, references)):
        if count == _PARTS:
            return frozenset()
        for name, member in _properties(part):
            (hidden if is_hidden(member) else shown).add(name)
    return frozenset(hidden - shown)


def without_required(translated: JsonObject, hidden: frozenset[str]) -> None:
    """Take `hidden` out of what a translated schema requires, and the parts that stand in it."""
    waiting: list[Any] = [translated]
    while waiting:
        part = waiting.pop()
        if isinstance(part, dict):
            if hidden.intersection(part.get("required", ())):
                part["required"] = [name for name in part["required"] if name not in hidden]
            waiting += (one for keyword in _COMBINATORS for one in part.get(keyword, ()))


def _properties(part: JsonObject) -> Iterator[tuple[str, Any]]:
    properties = part.get("properties")
    yield from properties.items() if isinstance(properties, dict) else ()


def _parts(schema: JsonObject, references: References) -> Iterator[JsonObject]:
    """Each schema that applies to the same value, once."""
    waiting: list[Any] = [schema]
    seen: set[int] = set()
    while waiting:
        part = waiting.pop()
        if not isinstance(part, dict) or id(part) in seen:
            continue
        seen.add(id(part))
        yield part
        if isinstance(part.get("$ref"), str):
            waiting.append(references.find(part["$ref"]))
        for keyword in _COMBINATORS:
            members = part.get(keyword)
            waiting += members if isinstance(members, list) else ()
