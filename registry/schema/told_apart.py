"""Unions whose alternatives exclude each other, written so that a validator looks at the one that is meant, and at no other.

    {"anyOf": [{"$ref": "…/Paragraph"}, {"$ref": "…/Image"}]}

where each alternative requires `type`, a text that only it may have, means the same as

    {"type": "object", "required": ["type"], "properties": {"type": {"enum": ["paragraph", "image"]}},
     "allOf": [{"if": …"paragraph"…, "then": {"$ref": "…/Paragraph"}}, …]}

A validator's work on the first is the product of the alternatives over all levels, and its errors are those of every
alternative. On the second both are those of one. Alternatives that differ in their JSON type, such as `null`, are told apart by
that.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from registry.model.json_pointer import definition_name
from registry.model.tool import JsonObject
from registry.schema.subschemas import with_subschemas

#: Marks a schema of which at most one member of `allOf` goes beyond its `if`. Validators ignore what they do not know.
EXCLUSIVE = "x-callgate-exclusive"

UNIONS = ("anyOf", "oneOf")
TYPES = frozenset({"null", "boolean", "object", "array", "number", "string"})
_DEPTH = 32
#: Properties of one schema that may tell it from others, those first that it requires.
TAGS = 32


@dataclass(frozen=True, slots=True)
class _Traits:
    """What every instance of a schema has: one of `types`; all of `required`; and of a property in `tags` one of its texts."""

    types: frozenset[str] = TYPES
    required: frozenset[str] = frozenset()
    tags: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def texts(self, name: str) -> frozenset[str] | None:
        return self.tags.get(name) if name in self.required else None


_NOTHING_KNOWN = _Traits()


def told_apart(schema: JsonObject) -> JsonObject:
    """A schema with the same instances. `schema` is self-contained: its references are to its own `$defs`."""
    written: JsonObject = _Rewriting(schema.get("$defs", {})).schema(schema)
    return written


class _Rewriting:
    """Looks at each schema once, however many ways lead there: a chain of references may have ten thousand.

    What was found is kept by the identity of schemas, all of which are there until the end. Of one that leads back to itself
    nothing is known.
    """

    def __init__(self, definitions: JsonObject) -> None:
        self._definitions = definitions
        self._traits: dict[int, _Traits] = {}
        self._known_texts: dict[int, frozenset[str] | None] = {}

    def schema(self, schema: Any) -> Any:
        if not isinstance(schema, dict):
            return schema
        written = with_subschemas(schema, self.schema)
        for keyword in UNIONS:
            if (choice := self._choice(keyword, schema.get(keyword), written.get(keyword))) is not None:
                del written[keyword]
                written["allOf"] = [*written.get("allOf", ()), choice]
        return written

    def _choice(self, keyword: str, alternatives: Any, written: Any) -> JsonObject | None:
        """What says the same as the union. None where its alternatives are not told apart by anything."""
        if not isinstance(alternatives, list) or len(alternatives) < 2:  # noqa: PLR2004
            return None
        members = [(self._of(one, 0), new) for one, new in zip(alternatives, written, strict=True)]
        if not all(traits.types for traits, _ in members):
            return None
        groups = _by_type(members)
        parts = [(types, _one_of_group(keyword, group)) for types, group in groups]
        if len(parts) > 1:
            return _by_condition(
                {"type": sorted(frozenset().union(*(types for types, _ in parts)))},
                [({"type": sorted(types)}, part) for types, part in parts],
            )
        return parts[0][1] if EXCLUSIVE in parts[0][1] else None

    def _of(self, schema: Any, depth: int) -> _Traits:
        if not isinstance(schema, dict) or depth > _DEPTH:
            return _NOTHING_KNOWN
        if id(schema) not in self._traits:
            self._traits[id(schema)] = _NOTHING_KNOWN
            self._traits[id(schema)] = self._found(schema, depth)
        return self._traits[id(schema)]

    def _found(self, schema: JsonObject, depth: int) -> _Traits:
        parts = [self._own(schema), *(self._of(one, depth + 1) for one in schema.get("allOf", ()))]
        if "$ref" in schema:
            parts.append(self._of(self._definitions.get(definition_name(schema["$ref"])), depth + 1))
        parts += [_any([self._of(one, depth + 1) for one in schema[keyword]]) for keyword in UNIONS if schema.get(keyword)]
        return _all(parts)

    def _own(self, schema: JsonObject) -> _Traits:
        given = schema.get("type", list(TYPES))
        types = frozenset("number" if one == "integer" else one for one in ([given] if isinstance(given, str) else given))
        properties = schema.get("properties", {})
        tags = [(name, texts) for name, one in properties.items() if (texts := self._texts(one)) is not None]
        return _Traits(types, frozenset(schema.get("required", ())), dict(tags))

    def _texts(self, schema: Any, depth: int = 0) -> frozenset[str] | None:
        """The texts that are its only instances. None where others are, or may be."""
        if not isinstance(schema, dict) or depth > _DEPTH:
            return None
        if id(schema) not in self._known_texts:
            self._known_texts[id(schema)] = None
            self._known_texts[id(schema)] = self._found_texts(schema, depth)
        return self._known_texts[id(schema)]

    def _found_texts(self, schema: JsonObject, depth: int) -> frozenset[str] | None:
        if "const" in schema or "enum" in schema:
            values = [schema["const"]] if "const" in schema else schema["enum"]
            return frozenset(values) if all(isinstance(value, str) for value in values) else None
        inside = [*schema.get("allOf", ())]
        if "$ref" in schema:
            inside.append(self._definitions.get(definition_name(schema["$ref"])))
        return next((texts for one in inside if (texts := self._texts(one, depth + 1)) is not None), None)


Member = tuple[_Traits, Any]


def _all(parts: Iterable[_Traits]) -> _Traits:
    """Of what is all of these."""
    types, required, tags = TYPES, set[str](), dict[str, frozenset[str]]()
    for one in parts:
        types &= one.types
        required |= one.required
        for name, texts in one.tags.items():
            tags[name] = tags[name] & texts if name in tags else texts
    first = sorted(tags.items(), key=lambda tag: tag[0] not in required)[:TAGS]
    return _Traits(types, frozenset(required), dict(first))


def _any(parts: list[_Traits]) -> _Traits:
    """Of what is one of these."""
    names = set(parts[0].tags).intersection(*(one.tags for one in parts))
    tags = {name: frozenset().union(*(one.tags[name] for one in parts)) for name in parts[0].tags if name in names}
    required = parts[0].required.intersection(*(one.required for one in parts))
    return _Traits(frozenset().union(*(one.types for one in parts)), required, tags)


def _by_type(members: list[Member]) -> list[tuple[frozenset[str], list[Member]]]:
    """Groups of alternatives of which no two have a type in common."""
    groups: list[tuple[frozenset[str], list[Member]]] = []
    for member in members:
        types, group = member[0].types, [member]
        apart = []
        for other_types, other in groups:
            if types & other_types:
                types, group = types | other_types, [*other, *group]
            else:
                apart.append((other_types, other))
        groups = [*apart, (types, group)]
    return groups


def _one_of_group(keyword: str, group: list[Member]) -> Any:
    """The schema of what is one of these alternatives."""
    if len(group) == 1:
        return group[0][1]
    name = _tag(group)
    if name is None:
        return {keyword: [written for _, written in group]}
    told = [(sorted(traits.texts(name) or ()), written) for traits, written in group]
    every = {
        "type": "object",
        "required": [name],
        "properties": {name: {"enum": [text for texts, _ in told for text in texts]}},
    }
    return _by_condition(
        every, [({"required": [name], "properties": {name: {"enum": texts}}}, written) for texts, written in told]
    )


def _tag(group: list[Member]) -> str | None:
    """The property whose text tells each alternative from the others."""
    if any(traits.types != {"object"} for traits, _ in group):
        return None
    return next((name for name in group[0][0].tags if _tells_apart(name, group)), None)


def _tells_apart(name: str, group: list[Member]) -> bool:
    seen: set[str] = set()
    for traits, _ in group:
        texts = traits.texts(name)
        if not texts or texts & seen:
            return False
        seen |= texts
    return True


def _by_condition(every: JsonObject, cases: list[tuple[JsonObject, Any]]) -> JsonObject:
    return {EXCLUSIVE: True, **every, "allOf": [{"if": condition, "then": then} for condition, then in cases]}
