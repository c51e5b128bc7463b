"""How much work a validator may have with an instance: a bound that holds whatever the instance is like.

Counted are applications of a schema to a value, each with what its own keywords look at. A schema applies to one value as often
as ways lead to it: through `allOf`, through alternatives, through references. Where ways join and part again at each level,
their number is a power of the depth.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson

from registry.model.json_pointer import definition_name
from registry.model.tool import JsonObject
from registry.schema.subschemas import schemas_in
from registry.schema.told_apart import EXCLUSIVE

#: Beyond it a number says no more.
MOST = 1 << 53
#: References that follow each other at one value.
_DEPTH = 200

#: Keywords that depend on what their neighbours have evaluated.
LOOKING_AROUND = frozenset({"unevaluatedProperties", "unevaluatedItems"})

#: Keywords of schemas that apply to the same value.
_SAME_LISTS = ("allOf", "anyOf", "oneOf")
_SAME = ("not", "if", "then", "else")

#: An exact division, and a comparison of so many characters, each against one application.
_DIVISION, _CHARACTERS = 50, 16

#: Keywords whose values are looked through for each value that they apply to.
_LOOKED_THROUGH = ("enum", "required", "properties", "patternProperties", "dependentRequired", "dependentSchemas")


class InstanceSize(NamedTuple):
    """Of an instance: its values, itself included; the levels that they are on; characters of texts and names; the names."""

    values: int
    levels: int
    characters: int
    names: int


@dataclass(slots=True)
class Work:
    """`schema`: self-contained. `own`: what one application of a schema takes for its own keywords, none of which are schemas.

    What is asked for is found by depth, when it is asked for.
    """

    schema: JsonObject
    own: Callable[[JsonObject], float] = field(default_factory=lambda: own_applications)
    _known: dict[tuple[int, int, bool], float] = field(default_factory=dict)
    _of_levels: dict[int, float] = field(default_factory=dict)

    def knows(self, levels: int) -> bool:
        """Whether `at_one_value` has been asked for that many levels."""
        return levels in self._of_levels

    def at_one_value(self, levels: int) -> float:
        """The most that one look at an instance of so many levels takes at any of its values."""
        if levels not in self._of_levels:
            self._of_levels[levels] = self._most(levels)
            # A number for each subschema and level: kept for each schema, that would be most of a gateway's memory.
            self._known.clear()
        return self._of_levels[levels]

    def once_each(self) -> float:
        """The same where each definition looks once at each value (`memoised`)."""
        return sum(map(self.own, schemas_in(self.schema)))

    def in_one_place(self, part: JsonObject) -> float:
        """What is applied to the very value that a part of the schema applies to."""
        return self._counted(lambda: self._at(part, 0, 0))

    def _most(self, levels: int) -> float:
        return self._counted(lambda: max(self._at(self.schema, depth, 0) for depth in range(levels)))

    def _counted(self, count: Callable[[], float]) -> float:
        try:
            return count()
        except RecursionError:  # a way so long is not worth to be counted
            self._known.clear()
            return MOST

    def _at(self, schema: Any, depth: int, references: int) -> float:
        """What is applied to one value that lies `depth` levels below the one that the schema applies to."""
        if not isinstance(schema, dict):
            return 0 if depth else self.own({})
        if references > _DEPTH:
            return MOST
        key = id(schema), depth, False
        if key not in self._known:
            self._known[key] = MOST  # while it is counted: a way that leads back to the same value has no end
            own = self._below(schema, depth - 1) if depth else self.own(schema)
            again = self._evaluated(schema, depth, references) if schema.keys() & LOOKING_AROUND else 0
            self._known[key] = min(MOST, own + again + self._same_place(schema, depth, references))
        return self._known[key]

    def _evaluated(self, schema: Any, depth: int, references: int) -> float:
        """To find out what its neighbours have evaluated, all that applies in the same place is looked at once more, and each
        of that is asked what it has evaluated in its turn."""
        if not isinstance(schema, dict):
            return 0
        key = id(schema), depth, True
        if key not in self._known:
            self._known[key] = MOST
            parts = [(one, references) for one in _in_same_place(schema)]
            parts += [(target, references + 1) for target in self._target(schema)]
            looked = sum(self._at(one, depth, by) + self._evaluated(one, depth, by) for one, by in parts)
            self._known[key] = min(MOST, looked)
        return self._known[key]

    def _same_place(self, schema: JsonObject, depth: int, references: int) -> float:
        if EXCLUSIVE in schema:
            parts = schema["allOf"]
            conditions = sum(self._at(part["if"], depth, references) for part in parts)
            return conditions + max(self._at(part["then"], depth, references) for part in parts)
        found = sum(self._at(one, depth, references) for one in _in_same_place(schema))
        return found + sum(self._at(target, depth, references + 1) for target in self._target(schema))

    def _target(self, schema: JsonObject) -> tuple[Any, ...]:
        """The definition that it refers to."""
        return (self.schema.get("$defs", {}).get(definition_name(schema["$ref"])),) if "$ref" in schema else ()

    def _below(self, schema: JsonObject, depth: int) -> float:
        """One level down. A property has its own schema or that of all others; patterns come on top, and what its name must
        be."""

        def at(*schemas: Any) -> Iterator[float]:
            return (self._at(one, depth, 0) for one in schemas)

        names = [*schema.get("properties", {}).values(), *_given(schema, "additionalProperties")]
        members = max(at(*names), default=0) + sum(at(*schema.get("patternProperties", {}).values()))
        if not depth:  # a name has no values below it
            members += sum(at(*_given(schema, "propertyNames")))
        places = [*schema.get("prefixItems", ()), *_given(schema, "items")]
        items = max(at(*places), default=0) + sum(at(*_given(schema, "contains", "unevaluatedItems")))
        return max(members + sum(at(*_given(schema, "unevaluatedProperties"))), items)


def measured(instance: Any) -> InstanceSize:
    level, values, levels, characters, names = [instance], 0, 0, 0, 0
    while level:
        values += len(level)
        levels += 1
        objects = [one for one in level if isinstance(one, dict)]
        characters += sum(len(one) for one in level if isinstance(one, str)) + sum(sum(map(len, one)) for one in objects)
        names += sum(map(len, objects))
        items = [child for one in level if isinstance(one, list) for child in one]
        level = [child for one in objects for child in one.values()] + items
    return InstanceSize(values, levels, characters, names)


def _given(schema: JsonObject, *keywords: str) -> Iterator[Any]:
    return (schema[keyword] for keyword in keywords if keyword in schema)


def own_applications(schema: JsonObject) -> float:
    """Applications: one, and what its keywords look at."""
    looked_through = sum(len(schema.get(keyword, ())) for keyword in _LOOKED_THROUGH)
    if "enum" in schema or "const" in schema:
        looked_through += len(orjson.dumps([schema.get("enum"), schema.get("const")])) // _CHARACTERS
    return 1 + looked_through + (_DIVISION if "multipleOf" in schema else 0) + ("propertyNames" in schema)


def _in_same_place(schema: JsonObject) -> Iterator[Any]:
    for keyword in _SAME_LISTS:
        yield from schema.get(keyword, ())
    yield from _given(schema, *_SAME)
    yield from schema.get("dependentSchemas", {}).values()
