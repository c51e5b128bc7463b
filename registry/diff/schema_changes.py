"""Two schemas → what changed, each change with the pointer to its place."""

from collections.abc import Container, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from registry.diff.keyword_changes import (
    Change,
    Move,
    changed_bounds,
    changed_default,
    changed_length,
    changed_size,
    changed_text,
    changed_type,
    changed_values,
    opaque,
)
from registry.diff.normal_form import NEVER, Schema, types_of, values_of
from registry.diff.steps import Steps, TooLargeToCompare
from registry.model.json_pointer import escape
from registry.model.tool import JsonObject

#: The most changes that one comparison finds: an operator reads no more.
MOST_CHANGES = 2_000
#: An equality of two listed values, against one value that is looked at.
_EQUALITIES = 8

_DEPTH = 40
_OPAQUE = (
    ("not", "not"),
    ("if", "if"),
    ("then", "then"),
    ("else", "else"),
    ("dependentSchemas", "dependent-schemas"),
    ("unevaluatedProperties", "unevaluated-properties"),
    ("unevaluatedItems", "unevaluated-items"),
    ("contains", "contains"),
    ("minContains", "min-contains"),
    ("maxContains", "max-contains"),
    ("propertyNames", "property-names"),
    ("patternProperties", "pattern-properties"),
    ("xml", "xml"),
)
_TOO_LARGE = Change("too-large-to-compare", Move.CHANGED)
_HARMLESS = frozenset((Move.NOTED, Move.EXTENDED))
# What a model reads beside a schema's meaning. Whatever ends in `description-changed` waits until a person has read it.
_WORDS = (
    ("description", "description-changed"),
    ("title", "title-description-changed"),
    ("examples", "examples-description-changed"),
)


@dataclass(frozen=True, slots=True)
class SchemaChange:
    """A change, and the JSON Pointer into the newer schema (the older, where it is gone) that leads to it."""

    pointer: str
    change: Change


def changes(old: JsonObject, new: JsonObject) -> tuple[SchemaChange, ...]:
    """Everything that changed between two self-contained schemas; and that it is more, where it is."""
    if old == new:
        return ()
    found: list[SchemaChange] = []
    try:
        found += islice(_Comparison(old, new, Steps()).compare(old, new, "", 0), MOST_CHANGES)
    except TooLargeToCompare:
        return (*found, SchemaChange("", _TOO_LARGE))
    return (*found, SchemaChange("", _TOO_LARGE)) if len(found) == MOST_CHANGES else tuple(found)


class _Comparison:
    def __init__(self, old: JsonObject, new: JsonObject, steps: Steps) -> None:
        self._old, self._new = Schema(old, steps), Schema(new, steps)
        self._open: set[tuple[str, str]] = set()
        self._known: dict[tuple[str, str], tuple[SchemaChange, ...]] = {}
        self._steps = steps

    def compare(self, old: Any, new: Any, pointer: str, depth: int) -> Iterator[SchemaChange]:
        if depth > _DEPTH or (_allows_all(old) and _allows_all(new)):
            return
        if (pair := _references(old, new)) is not None:
            yield from self._definitions(pair, old, new, pointer, depth)
            return
        if _allows_all(new):  # what was declared is as good as before, though no longer by name
            yield SchemaChange(pointer, Change("type-generalized", Move.WIDENED, None, "anything"))
            return
        yield from self._shapes(old, new, pointer, depth)

    def _definitions(self, pair: tuple[str, str], old: Any, new: Any, pointer: str, depth: int) -> Iterator[SchemaChange]:
        """All changes of a pair of definitions where it is met first; later, one of each kind stands for them."""
        if pair in self._open:  # recursion: the pair is compared where it began
            return
        if pair not in self._known:
            self._open.add(pair)
            found = tuple(self._shapes(old, new, "", depth))
            self._open.discard(pair)
            self._known[pair] = tuple({one.change.move: one for one in reversed(found)}.values())
        else:
            found = self._known[pair]
        yield from (replace(one, pointer=pointer + one.pointer) for one in found)

    def _shapes(self, old: Any, new: Any, pointer: str, depth: int) -> Iterator[SchemaChange]:
        before, after = self._old.shape(old), self._new.shape(new)
        if before.nullable != after.nullable and not (_is_any(before.alternatives) or _is_any(after.alternatives)):
            word, move = ("nullable", Move.WIDENED) if after.nullable else ("not-nullable", Move.NARROWED)
            yield SchemaChange(pointer, Change(f"became-{word}", move))
        if len(before.alternatives) == len(after.alternatives) == 1:
            yield from self._flat(before.alternatives[0], after.alternatives[0], pointer, depth)
        else:
            yield from self._alternatives(before.alternatives, after.alternatives, pointer, depth)

    def _alternatives(
        self, old: tuple[JsonObject, ...], new: tuple[JsonObject, ...], pointer: str, depth: int
    ) -> Iterator[SchemaChange]:
        if len(old) != len(new):
            old, new = _by_type(old), _by_type(new)
        fates = {}
        rest_old = [one for one in old if not any(self._same(one, other, depth) for other in new)]
        rest_new = [one for one in new if not any(self._same(other, one, depth) for other in old)]
        if len(rest_old) == len(rest_new) and all(map(_alike, rest_old, rest_new)):
            for index, (before, after) in enumerate(zip(rest_old, rest_new, strict=True)):
                yield from self._flat(before, after, f"{pointer}/anyOf/{index}", depth + 1)
            return
        fates["alternative-removed", Move.NARROWED] = [one for one in rest_old if not self._within_any(one, new, depth)]
        fates["alternative-added", Move.WIDENED] = [one for one in rest_new if not self._covers_any(old, one, depth)]
        for (word, move), found in fates.items():
            for one in found:
                yield SchemaChange(pointer, Change(word, move, None, one.get("title") or sorted(types_of(one))))

    def _same(self, old: JsonObject, new: JsonObject, depth: int) -> bool:
        return self._moves_only(_HARMLESS, old, new, depth)

    def _within_any(self, old: JsonObject, new: tuple[JsonObject, ...], depth: int) -> bool:
        return any(self._moves_only({*_HARMLESS, Move.WIDENED}, old, one, depth) for one in new)

    def _covers_any(self, old: tuple[JsonObject, ...], new: JsonObject, depth: int) -> bool:
        return any(self._moves_only({*_HARMLESS, Move.NARROWED}, one, new, depth) for one in old)

    def _moves_only(self, allowed: Container[Move], old: JsonObject, new: JsonObject, depth: int) -> bool:
        # Ends at the first change that is not allowed: most pairs of alternatives differ at once.
        return all(found.change.move in allowed for found in self._flat(old, new, "", depth + 1))

    def _flat(self, old: JsonObject, new: JsonObject, pointer: str, depth: int) -> Iterator[SchemaChange]:
        self._steps.take_all_of(old)
        self._steps.take_all_of(new)
        self._steps.take(len(values_of(old) or ()) * len(values_of(new) or ()) // _EQUALITIES)
        yield from (SchemaChange(pointer, change) for change in _words(old, new))
        found = (*changed_type(old, new), *changed_values(old, new))
        yield from (SchemaChange(pointer, change) for change in found)
        shared = types_of(old) & types_of(new) | _integers(old, new)
        if not shared:
            return
        yield from (SchemaChange(pointer, change) for change in _keywords(shared, old, new))
        if "object" in shared:
            yield from self._object(old, new, pointer, depth)
        if "array" in shared:
            yield from self._array(old, new, pointer, depth)

    def _object(self, old: JsonObject, new: JsonObject, pointer: str, depth: int) -> Iterator[SchemaChange]:
        before, after = old.get("properties", {}), new.get("properties", {})
        required = tuple(frozenset(one.get("required", ())) for one in (old, new))
        for name in dict.fromkeys((*before, *after, *required[0], *required[1])):
            place = f"{pointer}/properties/{escape(name)}"
            needed = tuple(name in one for one in required)
            if name in before and name in after:
                yield from self.compare(before[name], after[name], place, depth + 1)
            elif name in before:
                yield SchemaChange(place, Change("removed-required" if needed[0] else "removed-optional", Move.CHANGED))
            elif name in after:
                yield from self._added(old, after[name], place, needed[1], depth)
            if needed[0] != needed[1] and (name in before) == (name in after):
                word, move = ("required", Move.NARROWED) if needed[1] else ("optional", Move.WIDENED)
                yield SchemaChange(place, Change(f"became-{word}", move))
        yield from self._others(old, new, pointer, depth)

    def _added(self, old: JsonObject, schema: Any, place: str, needed: bool, depth: int) -> Iterator[SchemaChange]:
        yield SchemaChange(
            place, Change("added-required" if needed else "added-optional", Move.NARROWED if needed else Move.EXTENDED)
        )
        others = old.get("additionalProperties", True)
        if isinstance(others, dict) and others:  # callers could pass it before, with any value that these allow
            yield from (
                replace(found, change=replace(found.change, word=f"additional-{found.change.word}"))
                for found in self.compare(others, schema, place, depth + 1)
                if found.change.move in (Move.NARROWED, Move.CHANGED)
            )

    def _others(self, old: JsonObject, new: JsonObject, pointer: str, depth: int) -> Iterator[SchemaChange]:
        before, after = (_open(one.get("additionalProperties", True)) for one in (old, new))
        if (before is False) != (after is False):
            word, move = ("closed", Move.NARROWED) if after is False else ("opened", Move.WIDENED)
            yield SchemaChange(pointer, Change(f"additional-properties-{word}", move))
        elif before is not False:
            yield from self.compare(before, after, f"{pointer}/additionalProperties", depth + 1)
        for name, needs in new.get("dependentRequired", {}).items():
            if set(needs) - set(old.get("dependentRequired", {}).get(name, ())):
                yield SchemaChange(pointer, Change("dependent-required-added", Move.NARROWED, name, needs))
        for name, needs in old.get("dependentRequired", {}).items():
            if set(needs) - set(new.get("dependentRequired", {}).get(name, ())):
                yield SchemaChange(pointer, Change("dependent-required-removed", Move.WIDENED, name, needs))

    def _array(self, old: JsonObject, new: JsonObject, pointer: str, depth: int) -> Iterator[SchemaChange]:
        leading = [one.get("prefixItems", []) for one in (old, new)]
        items = [one.get("items", True) for one in (old, new)]
        for index in range(max(map(len, leading))):
            before, after = (lead[index] if index < len(lead) else rest for lead, rest in zip(leading, items, strict=True))
            yield from self.compare(before, after, f"{pointer}/prefixItems/{index}", depth + 1)
        yield from self.compare(items[0], items[1], f"{pointer}/items", depth + 1)


def _keywords(shared: frozenset[str], old: JsonObject, new: JsonObject) -> Iterator[Change]:
    if "number" in shared or "integer" in shared:
        yield from changed_bounds(old, new)
    if "string" in shared:
        yield from changed_text(old, new)
    if "array" in shared:
        yield from changed_length(old, new)
    if "object" in shared:
        yield from changed_size(old, new)
    for keyword, word in _OPAQUE:
        yield from opaque(keyword, word, old, new)


def _words(old: JsonObject, new: JsonObject) -> Iterator[Change]:
    for keyword, word in _WORDS:
        if old.get(keyword) != new.get(keyword):
            yield Change(word, Move.NOTED, old.get(keyword), new.get(keyword))
    yield from changed_default(old, new)
    if bool(old.get("deprecated")) != bool(new.get("deprecated")):
        yield Change("deprecated" if new.get("deprecated") else "reactivated", Move.NOTED)


def _references(old: Any, new: Any) -> tuple[str, str] | None:
    """The two references, where that is all that the schemas are."""
    if isinstance(old, dict) and isinstance(new, dict) and old.keys() - {"$defs"} == new.keys() - {"$defs"} == {"$ref"}:
        return old["$ref"], new["$ref"]
    return None


def _allows_all(schema: Any) -> bool:
    return schema is True or schema == {}


def _is_any(alternatives: tuple[JsonObject, ...]) -> bool:
    return len(alternatives) == 1 and not {"type", "enum", "const", "anyOf", "oneOf", "not"} & alternatives[0].keys()


def _integers(old: JsonObject, new: JsonObject) -> frozenset[str]:
    numbers = [bool({"integer", "number"} & types_of(one)) for one in (old, new)]
    return frozenset({"integer"}) if all(numbers) else frozenset()


def _open(others: Any) -> Any:
    return True if others == {} else False if others == NEVER else others


def _by_type(alternatives: tuple[JsonObject, ...]) -> tuple[JsonObject, ...]:
    """Each type of an alternative on its own, so that `type: [string, integer]` is the same as an `anyOf` of the two."""
    return tuple(
        one | {"type": kind} if isinstance(one.get("type"), list) else one
        for one in alternatives
        for kind in (one["type"] if isinstance(one.get("type"), list) else [""])
    )


def _alike(old: JsonObject, new: JsonObject) -> bool:
    """Whether one may have become the other, rather than have been replaced by it."""
    if types_of(old) != types_of(new):
        return False
    before, after = (frozenset(one.get("properties", ())) for one in (old, new))
    return old.get("title") == new.get("title") and (before == after or len(before & after) * 2 > max(len(before), len(after)))
