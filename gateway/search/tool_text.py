"""What a tool tells of itself, field by field: the texts by whose words it is found."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Any
from urllib.parse import urlsplit

from registry.model.tool import Draft, JsonObject

#: Arguments of a tool that are looked at, with the properties of those that are objects, and how deep.
_ARGUMENTS, _DEEP = 200, 5
#: Characters of one text of a schema, and values of one enum.
_CHARACTERS, _VALUES = 300, 40
#: Labels of hosts that name nobody.
_OF_HOSTS = frozenset(("api", "apis", "app", "co", "com", "gateway", "rest", "www"))
#: Words for what a method does: they who ask do not say PATCH.
_VERBS = {
    "GET": "get read show",
    "HEAD": "check",
    "POST": "create add",
    "PUT": "update replace set",
    "PATCH": "update change edit",
    "DELETE": "delete remove",
}


@dataclass(slots=True, kw_only=True)
class ToolText:
    """`summary` is the first sentence of the description, `rest` what follows it. `values` are those of enums."""

    name: str = ""
    summary: str = ""
    rest: str = ""
    path: str = ""
    verbs: str = ""
    tags: str = ""
    toolset: str = ""
    arguments: list[str] = field(default_factory=list)
    descriptions: list[str] = field(default_factory=list)
    values: list[str] = field(default_factory=list)


def text_of(draft: Draft, tags: Sequence[str] = ()) -> ToolText:
    summary, rest = _parted(draft.description)
    operation = draft.operation
    text = ToolText(
        name=draft.name,
        summary=summary,
        rest=rest,
        path=operation.path,
        verbs=_VERBS.get(operation.method, ""),
        tags=" ".join(tags),
        toolset=" ".join(dict.fromkeys(chain(re.split(r"[-_]", draft.toolset), _host_words(operation.server)))),
    )
    for name, schema in islice(_properties(draft.input_schema, draft.input_schema, 0, set()), _ARGUMENTS):
        text.arguments.append(name)
        text.descriptions += _said(schema)
        text.values += _values(schema)
    return text


def _host_words(server: str) -> Iterator[str]:
    """What a host's name tells of whose API it is."""
    labels = (urlsplit(server).hostname or "").split(".")[:-1]
    return (word for label in labels for word in label.split("-") if word.isalpha() and word not in _OF_HOSTS)


def _parted(description: str) -> tuple[str, str]:
    """The first sentence, or the first paragraph where that is shorter, and the rest."""
    ends = [end for mark in ("\n\n", ". ") if (end := description.find(mark)) >= 0]
    end = min(ends, default=len(description))
    return description[:end], description[end:]


def _properties(schema: Any, root: JsonObject, depth: int, seen: set[str]) -> Iterator[tuple[str, JsonObject]]:
    """Each property and its schema, outermost first. A definition is looked into once."""
    below: list[JsonObject] = []
    for part in _parts(schema, root, seen):
        properties = part.get("properties")
        for name, one in properties.items() if isinstance(properties, dict) else ():
            if isinstance(one, dict):
                yield name, one
                below.append(one)
    if depth < _DEEP:
        for one in below:
            yield from _properties(one, root, depth + 1, seen)


def _parts(schema: Any, root: JsonObject, seen: set[str], deep: int = 0) -> Iterator[JsonObject]:
    """The schema, what it refers to, what it is composed of, and its items."""
    if not isinstance(schema, dict) or deep > _DEEP:
        return
    yield schema
    reference = schema.get("$ref")
    if isinstance(reference, str) and reference not in seen:
        seen.add(reference)
        yield from _parts(_definition(reference, root), root, seen, deep + 1)
    for key in ("items", "additionalProperties"):
        yield from _parts(schema.get(key), root, seen, deep + 1)
    for key in ("allOf", "anyOf", "oneOf"):
        parts = schema.get(key)
        for part in parts if isinstance(parts, list) else ():
            yield from _parts(part, root, seen, deep + 1)


def _definition(reference: str, root: JsonObject) -> Any:
    definitions = root.get("$defs")
    return definitions.get(reference.removeprefix("#/$defs/")) if isinstance(definitions, dict) else None


def _said(schema: JsonObject) -> Iterator[str]:
    for key in ("title", "description"):
        if isinstance(said := schema.get(key), str):
            yield said[:_CHARACTERS]


def _values(schema: JsonObject) -> Iterator[str]:
    for holder in (schema, schema.get("items")):
        values = holder.get("enum") if isinstance(holder, dict) else None
        told = values[:_VALUES] if isinstance(values, list) else ()
        yield from (one[:_CHARACTERS] for one in told if isinstance(one, str))
