"""One schema of OpenAPI → JSON Schema 2020-12, as far as its references.

OpenAPI 3.0 has a dialect of its own (`nullable`, boolean `exclusiveMinimum`, a `$ref` that hides its siblings); 3.1 is 2020-12
with more annotations. Keywords are copied by an allow-list, so an unknown one cannot change a schema's meaning by accident:
`$id` and `$dynamicRef`, which would move the base of references, are left out.

A malformed keyword is left out as well, and a fault says so: the schema then accepts more than its author meant, and the
upstream decides. Only a reference that leaves the document, which the operator can mend, costs the operation.
"""

import hashlib
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from registry.model.import_fault import ImportFault, LeadsNowhere
from registry.model.json_pointer import definition_reference, escape
from registry.model.references import References
from registry.model.tool import JsonObject
from registry.schema.closed_parts import WORDS, Union, closed_union
from registry.schema.discriminator import discriminated
from registry.schema.examples import declared, with_examples
from registry.schema.hidden_in_parts import hidden_in_parts, without_required
from registry.schema.keywords import COPIED, corrected, fits
from registry.schema.validators import is_pattern

_CHILD = frozenset(("items", "additionalProperties", "contains", "propertyNames", "unevaluatedItems", "unevaluatedProperties"))
_SAME_PLACE = frozenset(("not", "if", "then", "else"))
_COMBINATORS = frozenset(("allOf", "anyOf", "oneOf"))
_LISTS = _COMBINATORS | {"prefixItems"}
_NAMED = frozenset(("properties", "patternProperties", "dependentSchemas"))
_CURE = "Correct the document and import it again; until then the API itself decides."
_ILLEGAL = re.compile(r"[^A-Za-z0-9._-]")
_COMPONENT = re.compile(r"/components/schemas/([A-Za-z0-9._-]+)")


class Direction(StrEnum):
    """Which way a value travels. It decides which properties are left out."""

    INPUT = "input"
    OUTPUT = "output"

    @property
    def hidden_by(self) -> str:
        return "readOnly" if self is Direction.INPUT else "writeOnly"


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a document's schemas are to be read: 3.0's rules or 2020-12's, for which direction, and with `xml` objects or not."""

    is_30: bool
    direction: Direction
    xml: bool = False


@dataclass(frozen=True, slots=True)
class Translated:
    """A schema whose `$ref`s are `#/$defs/…`, and what they stand for.

    `needs` are the pointers of all of them; `same_place` those that apply to the very value that this schema applies to, each
    as often as it does: a cycle of these never ends, and doubling along them costs a validator exponential time.
    `has_choice`: whether there is a `oneOf` in it. `mended`: whether it allows what the document's own schema, by mistake, does
    not.
    """

    schema: Any
    needs: frozenset[str]
    same_place: tuple[str, ...]
    faults: tuple[ImportFault, ...]
    has_choice: bool
    mended: bool = False


def translate(schema: Any, pointer: str, references: References, dialect: Dialect) -> Translated:
    """Raises OperationUnusable for a reference that leaves the document."""
    translation = _Translation(references, dialect)
    translated = translation.schema(schema, pointer, same_place=True)
    return Translated(
        translated,
        frozenset(translation.needs),
        tuple(translation.same_place),
        tuple(translation.faults),
        translation.has_choice,
        translation.mended,
    )


def name_definition(pointer: str) -> str:
    """The name of a definition depends on its pointer alone, so a schema reads the same whatever stands beside it."""
    component = _COMPONENT.fullmatch(pointer)
    if component:
        return component[1]
    # The colon keeps these apart from components, whose names cannot have one.
    hint = _ILLEGAL.sub("_", pointer.rpartition("/")[2].rpartition("~1")[2])[:40] or "schema"
    return f"{hint}:{hashlib.sha256(pointer.encode()).hexdigest()[:12]}"


class _Translation:
    """One walk through a schema, as deep as the document, whose depth `json_limits` bounds."""

    def __init__(self, references: References, dialect: Dialect) -> None:
        self._references = references
        self._dialect = dialect
        self.needs: set[str] = set()
        self.same_place: list[str] = []
        self.faults: list[ImportFault] = []
        self.has_choice = False
        self.mended = False
        self._recursive_anchor = ""

    def schema(self, schema: Any, pointer: str, *, same_place: bool = False) -> Any:
        """Draft 2019-09's `$recursiveRef` leads to the schema around it that has a `$recursiveAnchor`."""
        outer = self._recursive_anchor
        if isinstance(schema, dict) and schema.get("$recursiveAnchor") is True:
            self._recursive_anchor = pointer
        try:
            return self._schema(schema, pointer, same_place=same_place)
        finally:
            self._recursive_anchor = outer

    def _schema(self, schema: Any, pointer: str, *, same_place: bool) -> Any:
        if isinstance(schema, bool):
            return schema
        if not isinstance(schema, dict):
            self._fault("a schema is expected here; the tool accepts any value there", pointer)
            return {}
        translated: JsonObject = {}
        if isinstance(schema.get("$ref"), str):
            self._reference(translated, schema["$ref"], pointer, same_place)
            if self._dialect.is_30:  # OpenAPI 3.0.3, Reference Object: siblings are ignored
                return translated
        elif schema.get("$recursiveRef") == "#" and self._recursive_anchor:
            self._refer(translated, self._recursive_anchor, same_place)
        meant = self._meant(_modern(schema), pointer)
        union = closed_union(meant, pointer, self._references, self._is_hidden)
        if union is not None:
            self._unite(translated, union, pointer, same_place)
            meant = {keyword: value for keyword, value in meant.items() if keyword in WORDS}
        for keyword, value in meant.items():
            self._keyword(translated, keyword, value, f"{pointer}/{escape(keyword)}", same_place)
        if union is None:
            self._hide_properties(translated, schema)
            without_required(translated, hidden_in_parts(schema, self._references, self._is_hidden))
        if "examples" in translated:
            translated = with_examples(translated, translated.pop("examples"))
        discriminated(translated, schema.get("discriminator"), lambda target: definition_reference(name_definition(target)))
        return _nullable(translated) if self._dialect.is_30 and schema.get("nullable") is True else translated

    def _meant(self, schema: JsonObject, pointer: str) -> JsonObject:
        """An `enum` of an array that lists no arrays is that of its items."""
        choices = schema.get("enum")
        if schema.get("type") != "array" or not isinstance(choices, list) or any(isinstance(one, list) for one in choices):
            return schema
        self._mend("the `enum` of an array lists items, so that nothing fits; the tool takes it for that of the items", pointer)
        items = schema.get("items", {})
        kept = {keyword: value for keyword, value in schema.items() if keyword != "enum"}
        limited = {"enum": [one for one in choices if one is not None]}
        if isinstance(items, dict) and "$ref" in items:
            items = {"allOf": [items]}
        return kept | {"items": items | limited if isinstance(items, dict) else limited}

    def _unite(self, translated: JsonObject, union: Union, pointer: str, same_place: bool) -> None:
        """The closed object that its author means, in place of parts of which each forbids what another one requires."""
        translated.pop("$ref", None)
        properties = {name: [self.schema(*one) for one in found] for name, found in union.properties.items()}
        whole = {name: found[0] if len(found) == 1 else {"allOf": found} for name, found in properties.items()}
        translated |= {"type": "object", "properties": whole | {name: {} for name in union.undeclared}}
        translated |= {"required": list(union.required)} if union.required else {}
        translated["additionalProperties"] = False
        if rest := [self.schema(*one, same_place=same_place) for one in union.rest]:
            translated["allOf"] = rest
        if union.several:
            message = "the closed parts of an `allOf` exclude each other, so that nothing fits; the tool takes their union"
            self._mend(message, pointer)
        for name in union.undeclared:
            message = f"the closed object requires {name[:60]!r}, which it does not declare, so that nothing fits; "
            self._mend(f"{message}the tool may send it", pointer)

    def _mend(self, message: str, pointer: str) -> None:
        self.mended = True
        self._fault(message, pointer)

    def _keyword(self, translated: JsonObject, keyword: str, value: Any, pointer: str, same_place: bool) -> None:
        if keyword in COPIED:
            self._copy(translated, keyword, corrected(keyword, value), pointer)
        elif keyword in ("example", "examples"):
            if self._dialect.direction is Direction.INPUT:
                translated["examples"] = [*translated.get("examples", ()), *declared(keyword, value)]
        elif keyword == "xml" and self._dialect.xml and isinstance(value, dict):
            translated[keyword] = value
        elif keyword in _CHILD:
            translated[keyword] = self.schema(value, pointer)
        elif keyword in _SAME_PLACE:
            translated[keyword] = self.schema(value, pointer, same_place=same_place)
        elif keyword in _LISTS and self._is_shaped(isinstance(value, list) and bool(value), keyword, pointer):
            here = same_place and keyword in _COMBINATORS
            self.has_choice |= keyword == "oneOf"
            translated[keyword] = [self.schema(one, f"{pointer}/{index}", same_place=here) for index, one in enumerate(value)]
        elif keyword in _NAMED and self._is_shaped(isinstance(value, dict), keyword, pointer):
            here = same_place and keyword == "dependentSchemas"
            named = {name: one for name, one in value.items() if keyword != "patternProperties" or is_pattern(name)}
            translated[keyword] = {
                name: self.schema(one, f"{pointer}/{escape(name)}", same_place=here) for name, one in named.items()
            }

    def _copy(self, translated: JsonObject, keyword: str, value: Any, pointer: str) -> None:
        if self._is_shaped(fits(keyword, value), keyword, pointer):
            translated[keyword] = value

    def _is_shaped(self, holds: bool, keyword: str, pointer: str) -> bool:
        if not holds:
            self._fault(f"`{keyword}` has a value that JSON Schema does not allow; the keyword is left out", pointer)
        return holds

    def _reference(self, translated: JsonObject, reference: str, pointer: str, same_place: bool) -> None:
        try:
            _, target = self._references.lookup(reference, place=pointer)
        except LeadsNowhere as nowhere:
            self._fault(f"{nowhere.fault.message}; the tool accepts any value there", pointer)
            return
        self._refer(translated, target, same_place)

    def _refer(self, translated: JsonObject, target: str, same_place: bool) -> None:
        self.needs.add(target)
        if same_place:
            self.same_place.append(target)
        translated["$ref"] = definition_reference(name_definition(target))

    def _hide_properties(self, translated: JsonObject, schema: JsonObject) -> None:
        properties = translated.get("properties")
        hidden = {name for name in properties if self._is_hidden(schema["properties"][name])} if properties else None
        if properties and hidden:
            translated["properties"] = {name: value for name, value in properties.items() if name not in hidden}
            if "required" in translated:
                translated["required"] = [name for name in translated["required"] if name not in hidden]

    def _is_hidden(self, schema: Any) -> bool:
        if not isinstance(schema, dict):
            return False
        hidden_by = self._dialect.direction.hidden_by
        if schema.get(hidden_by) is True:
            return True
        target = self._references.find(schema.get("$ref"))
        return isinstance(target, dict) and target.get(hidden_by) is True

    def _fault(self, message: str, pointer: str) -> None:
        self.faults.append(ImportFault(pointer, message, _CURE))


def _modern(schema: JsonObject) -> JsonObject:
    """The schema with keywords of older drafts, which documents of 3.1 have all the same, in the form of 2020-12."""
    kept = {keyword: value for keyword, value in schema.items() if not _is_misplaced(keyword, value)}
    for bound, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if schema.get(exclusive) is True and bound in kept:
            kept[exclusive] = kept.pop(bound)
    if isinstance(kept.get("items"), list):  # a tuple, up to draft 2019-09
        kept["prefixItems"] = kept.pop("items")
    return kept


def _is_misplaced(keyword: str, value: Any) -> bool:
    """A boolean bound, a parameter's `required` in its schema, or a key that a YAML author left without a value."""
    booleans = ("exclusiveMinimum", "exclusiveMaximum", "required")
    return (keyword in booleans and isinstance(value, bool)) or (value is None and keyword not in ("const", "default"))


def _nullable(translated: JsonObject) -> JsonObject:
    if isinstance(kind := translated.get("type"), str):
        return translated | {"type": [kind, "null"]} if kind != "null" else translated
    # OpenAPI demands a `type` beside `nullable`; documents often write it beside `allOf`, and mean it.
    if any(keyword in translated for keyword in _COMBINATORS):
        return {"anyOf": [translated, {"type": "null"}]}
    return translated
