"""Of which operations a document has examples for their input, and of which tools some have reached."""

from typing import Any

from registry.compiler.operations import OperationSite
from registry.model.import_fault import OperationUnusable
from registry.model.references import References
from registry.model.tool import Draft, JsonObject
from registry.schema.subschemas import schemas_in

_KEYS = ("example", "examples", "x-example")
_DEPTH = 8
#: Below these nothing is a schema.
_VALUES = frozenset((*_KEYS, "default", "enum", "const"))


def declares(site: OperationSite, draft: Draft, references: References) -> bool:
    """Whether a parameter of the tool, or the body in the media type that is sent, has an example in its document."""
    taken = {(one.place.value, one.name.lower()) for one in draft.operation.parameters}
    parameters = [node for holder in (site.item, site.operation) for node in _nodes(holder.get("parameters"), references)]
    sent = [node for node in parameters if (node.get("in"), str(node.get("name")).lower()) in taken]
    return any(_has(node, references) for node in (*sent, *_media(site, draft, references)))


def keeps(draft: Draft) -> bool:
    return any("examples" in schema for schema in schemas_in(draft.input_schema))


def _nodes(listed: Any, references: References) -> list[JsonObject]:
    found = []
    for entry in listed if isinstance(listed, list) else ():
        try:
            found.append(references.follow(entry, "")[0])
        except OperationUnusable:
            continue
    return found


def _media(site: OperationSite, draft: Draft, references: References) -> list[JsonObject]:
    body = draft.operation.body
    if body is None:
        return []
    (node,) = _nodes([site.operation.get("requestBody")], references) or ({},)
    content = node.get("content", {})
    return [media for name, media in content.items() if name.partition(";")[0].strip().lower() == body.media_type]


def _has(node: JsonObject, references: References) -> bool:
    """In the object, or in its schema and what that refers to."""
    seen: set[int] = set()
    level: list[Any] = [node]
    for _ in range(_DEPTH):
        below: list[Any] = []
        for one in level:
            if not isinstance(one, dict | list) or id(one) in seen:
                continue
            seen.add(id(one))
            if isinstance(one, dict) and one.get("readOnly") is not True:
                if any(one.get(key) is not None and not _is_name(one, key) for key in _KEYS):
                    return True
                below += [value for key, value in one.items() if key not in _VALUES]
                below += [references.find(one["$ref"])] if "$ref" in one else []
            elif isinstance(one, list):
                below += one
        level = below
    return False


def _is_name(one: JsonObject, key: str) -> bool:
    """Whether `key` is the name of a property, below `properties`, rather than a keyword."""
    return isinstance(one[key], dict) and bool({"type", "$ref", "description"} & one[key].keys())
