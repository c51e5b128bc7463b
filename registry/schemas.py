"""OpenAPI's schemas → self-contained JSON Schema 2020-12.

OpenAPI 3.0 has a dialect of its own (`nullable`, boolean `exclusiveMinimum`, a `$ref` that hides its siblings); 3.1 is 2020-12
with annotations more. Keywords are copied by an allow-list, so what this module does not know cannot change a schema's meaning
by accident: `$id` and `$dynamicRef`, which would move the base of references, are among what is left out.
"""

import hashlib
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar
from urllib.parse import quote

from registry.faults import OperationUnusable
from registry.references import References, escape
from registry.tool import JsonObject

SAME_PLACE_SCHEMAS = 10_000
SAME_PLACE_DEPTH = 100
DEFINITIONS = 5_000  # in one schema; the largest of the public documents that we measured needs a few hundred

# fmt: off
_AS_IS = frozenset((
    "type", "enum", "const", "default", "title", "description", "format", "multipleOf", "maximum", "minimum", "maxLength",
    "exclusiveMaximum", "exclusiveMinimum", "minLength", "pattern", "maxItems", "minItems", "uniqueItems", "maxContains",
    "minContains", "maxProperties", "minProperties", "required", "dependentRequired", "deprecated", "contentEncoding",
    "contentMediaType",
))
_CHILD = frozenset((
    "items", "additionalProperties", "contains", "propertyNames", "unevaluatedItems", "unevaluatedProperties",
))
# fmt: on
_SAME_PLACE = frozenset(("not", "if", "then", "else"))
_SAME_PLACE_LISTS = frozenset(("allOf", "anyOf", "oneOf"))
_NAMED = frozenset(("properties", "patternProperties", "dependentSchemas"))
_T = TypeVar("_T")
_COMPONENT = re.compile(r"/(?:components/schemas|definitions)/([A-Za-z0-9._-]+)")


class Direction(StrEnum):
    """Which way a value travels. It decides which properties are left out."""

    INPUT = "input"
    OUTPUT = "output"

    @property
    def hidden_by(self) -> str:
        return "readOnly" if self is Direction.INPUT else "writeOnly"


@dataclass(frozen=True, slots=True)
class Translated:
    """A schema whose `$ref`s are `#/$defs/…`, and what they stand for.

    `needs` are the pointers of all of them; `same_place` those that apply to the very value that this schema applies to, each
    as often as it does: a cycle of these never ends, and doubling along them costs a validator exponential time.
    """

    schema: Any
    needs: frozenset[str]
    same_place: tuple[str, ...]


class Schemas:
    """Translates the schemas of one document for one direction. Remembers each definition: many operations share it.

    `xml`: keep the `xml` objects, by which a body is written.
    """

    def __init__(self, references: References, *, dialect_30: bool, direction: Direction, xml: bool = False) -> None:
        self._references = references
        self._dialect_30 = dialect_30
        self._direction = direction
        self._copied = _AS_IS | {"xml"} if xml else _AS_IS
        self._known: dict[str, Translated] = {}
        self._weights: dict[str, int] = {}

    def translate(self, schema: Any, pointer: str) -> Translated:
        """The schema alone; `definitions` gives what it refers to. Raises OperationUnusable."""
        run = _Translation(self._references, self._dialect_30, self._direction.hidden_by, self._copied)
        return Translated(run.schema(schema, pointer, same_place=True), frozenset(run.needs), tuple(run.same_place))

    def definitions(self, needs: frozenset[str]) -> JsonObject:
        """`$defs` for all that `needs` leads to, recursion kept as references. Raises OperationUnusable."""
        waiting, done = list(needs), set(needs)
        definitions: JsonObject = {}
        while waiting:
            pointer = waiting.pop()
            found = self._definition(pointer)
            definitions[_definition_name(pointer)] = found.schema
            waiting += found.needs - done
            done |= found.needs
            if len(done) > DEFINITIONS:
                raise OperationUnusable(f"a schema leads to more than {DEFINITIONS:,} others", pointer=pointer)
        for pointer in done:
            self._weigh(pointer, ())
        return dict(sorted(definitions.items()))

    def _definition(self, pointer: str) -> Translated:
        if pointer not in self._known:
            self._known[pointer] = self.translate(self._references.at(pointer, place=pointer), pointer)
        return self._known[pointer]

    def _weigh(self, pointer: str, path: tuple[str, ...]) -> int:
        """How many schemas a validator may apply to one value because of this definition."""
        if pointer in path:
            raise OperationUnusable("a reference leads only to itself", pointer=pointer)
        if len(path) > SAME_PLACE_DEPTH:
            raise OperationUnusable(f"more than {SAME_PLACE_DEPTH} references follow each other", pointer=pointer)
        if pointer not in self._weights:
            weight = 1 + sum(self._weigh(target, (*path, pointer)) for target in self._definition(pointer).same_place)
            if weight > SAME_PLACE_SCHEMAS:
                raise OperationUnusable(f"a schema applies more than {SAME_PLACE_SCHEMAS:,} others at once", pointer=pointer)
            self._weights[pointer] = weight
        return self._weights[pointer]


def is_recursive(schema: JsonObject) -> bool:
    """Whether a self-contained schema leads back to itself, so that an instance may be nested without end."""
    definitions = schema.get("$defs", {})
    leads_to = {f"#/$defs/{quote(escape(name))}": _references_in(definition) for name, definition in definitions.items()}
    # Take away what leads nowhere, until nothing changes: what remains are cycles and what leads to them.
    while ends := {name for name, targets in leads_to.items() if not targets & leads_to.keys()}:
        leads_to = {name: targets for name, targets in leads_to.items() if name not in ends}
    return bool(leads_to)


def _references_in(schema: Any) -> set[str]:
    found: set[str] = set()
    waiting = [schema]
    while waiting:
        current = waiting.pop()
        if isinstance(current, dict):
            found |= {current["$ref"]} if isinstance(current.get("$ref"), str) else set()
            waiting += current.values()
        elif isinstance(current, list):
            waiting += current
    return found


class _Translation:
    """One walk through one schema, as far as its references. As deep as the document, which `bounds` has limited."""

    def __init__(self, references: References, dialect_30: bool, hidden_by: str, copied: frozenset[str]) -> None:
        self._references = references
        self._dialect_30 = dialect_30
        self._hidden_by = hidden_by
        self._copied = copied
        self.needs: set[str] = set()
        self.same_place: list[str] = []

    def schema(self, schema: Any, pointer: str, *, same_place: bool = False) -> Any:
        if isinstance(schema, bool):
            return schema
        if not isinstance(schema, dict):
            raise OperationUnusable("a schema is expected here", pointer=pointer)
        translated: JsonObject = {}
        if "$ref" in schema:
            translated["$ref"] = self._reference(schema["$ref"], pointer, same_place)
            if self._dialect_30:  # OpenAPI 3.0.3, Reference Object: siblings are ignored
                return translated
        for keyword, value in schema.items():
            self._keyword(translated, keyword, value, f"{pointer}/{escape(keyword)}", same_place)
        self._hide_properties(translated, schema, pointer)
        _correct(translated)
        return _nullable(translated) if self._dialect_30 and schema.get("nullable") is True else translated

    def _keyword(self, translated: JsonObject, keyword: str, value: Any, pointer: str, same_place: bool) -> None:
        if keyword in self._copied:
            translated[keyword] = value
        elif keyword in _CHILD:
            translated[keyword] = self.schema(value, pointer)
        elif keyword in _SAME_PLACE:
            translated[keyword] = self.schema(value, pointer, same_place=same_place)
        elif keyword in _SAME_PLACE_LISTS or keyword == "prefixItems":
            here = same_place and keyword != "prefixItems"
            listed = enumerate(_require(list, value, pointer))
            translated[keyword] = [self.schema(member, f"{pointer}/{index}", same_place=here) for index, member in listed]
        elif keyword in _NAMED:
            here = same_place and keyword == "dependentSchemas"
            named = _require(dict, value, pointer).items()
            translated[keyword] = {
                name: self.schema(member, f"{pointer}/{escape(name)}", same_place=here) for name, member in named
            }

    def _reference(self, reference: Any, pointer: str, same_place: bool) -> str:
        _, target = self._references.lookup(reference, place=pointer)
        self.needs.add(target)
        if same_place:
            self.same_place.append(target)
        return "#/$defs/" + quote(escape(_definition_name(target)))

    def _hide_properties(self, translated: JsonObject, schema: JsonObject, pointer: str) -> None:
        properties = translated.get("properties")
        if not properties:
            return
        place = f"{pointer}/properties"
        hidden = {name for name in properties if self._is_hidden(schema["properties"][name], f"{place}/{escape(name)}")}
        if hidden:
            translated["properties"] = {name: value for name, value in properties.items() if name not in hidden}
            if isinstance(required := translated.get("required"), list):
                translated["required"] = [name for name in required if not (isinstance(name, str) and name in hidden)]

    def _is_hidden(self, schema: Any, pointer: str) -> bool:
        if isinstance(schema, dict) and schema.get(self._hidden_by) is True:
            return True
        if isinstance(schema, dict) and "$ref" in schema:
            target, _ = self._references.lookup(schema["$ref"], place=pointer)
            return isinstance(target, dict) and target.get(self._hidden_by) is True
        return False


def _correct(translated: JsonObject) -> None:
    """Rewrite boolean bounds, which 3.0 has and documents of 3.1 have all the same; repair `required`."""
    for bound, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if translated.get(exclusive) is True and bound in translated:
            translated[exclusive] = translated.pop(bound)
        elif isinstance(translated.get(exclusive), bool):
            del translated[exclusive]
    required = translated.get("required")
    if isinstance(required, list) and all(isinstance(name, str) for name in required):
        translated["required"] = list(dict.fromkeys(required))
    elif isinstance(required, bool):  # a parameter's keyword, misplaced in a schema
        del translated["required"]


def _nullable(translated: JsonObject) -> JsonObject:
    if isinstance(kind := translated.get("type"), str):
        return translated | {"type": [kind, "null"]}
    # By the letter `nullable` needs a `type` beside it; documents often write it beside `allOf`, and mean it.
    if any(keyword in translated for keyword in _SAME_PLACE_LISTS):
        return {"anyOf": [translated, {"type": "null"}]}
    return translated


def _definition_name(pointer: str) -> str:
    """The name of a definition depends on its pointer alone, so a schema reads the same whatever stands beside it."""
    component = _COMPONENT.fullmatch(pointer)
    # The colon keeps these apart from components, whose names cannot have one.
    return component[1] if component else f"schema:{hashlib.sha256(pointer.encode()).hexdigest()[:12]}"


def _require(kind: type[_T], value: Any, pointer: str) -> _T:
    if not isinstance(value, kind):
        raise OperationUnusable(f"{'a list' if kind is list else 'an object'} is expected here", pointer=pointer)
    return value
