"""How one keyword's change moves the set of values that a schema allows."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from registry.diff.normal_form import types_of, values_of
from registry.model.json_values import equal
from registry.model.tool import JsonObject


class Move(StrEnum):
    NARROWED = "narrowed"  # fewer values than before
    WIDENED = "widened"  # more
    CHANGED = "changed"  # other values, or values that cannot be compared
    EXTENDED = "extended"  # a new part that may be left out: neither callers nor readers need it
    NOTED = "noted"  # the same values: a hint or words changed


@dataclass(frozen=True, slots=True)
class Change:
    """`word` is what happened, in the words of the ids: `max-length-decreased`. `old` and `new` are for people."""

    word: str
    move: Move
    old: Any = None
    new: Any = None


DEFAULT_CHANGED = "default-value-changed"
_HINTS = frozenset(("password", "textarea", "markdown", "html", "hidden", "multiline", "color"))
_WIDER = {  # each format's values are values of the other, too
    "int32": "int64", "float": "double", "uri": "uri-reference", "iri": "iri-reference", "email": "idn-email",
    "hostname": "idn-hostname",
}  # fmt: skip
_ANYTHING = frozenset((".*", "^.*$", "", "^.*", ".*$", "^", "$", "[\\s\\S]*", "^[\\s\\S]*$"))


def changed_type(old: JsonObject, new: JsonObject) -> Iterator[Change]:
    before, after = types_of(old), types_of(new)
    lost = {one for one in before - after if not (one == "integer" and "number" in after)}
    gained = {one for one in after - before if not (one == "integer" and "number" in before)}
    if not lost and not gained:
        return
    move = Move.CHANGED if lost and gained else Move.NARROWED if lost else Move.WIDENED
    word = {Move.CHANGED: "type-changed", Move.NARROWED: "type-specialized", Move.WIDENED: "type-generalized"}[move]
    yield Change(word, move, sorted(before), sorted(after))


def changed_values(old: JsonObject, new: JsonObject) -> Iterator[Change]:
    before, after = values_of(old), values_of(new)
    if before is None and after is not None:
        if not (types_of(old) == {"boolean"} and _has(after, True) and _has(after, False)):
            yield Change("const-added" if "const" in new else "became-enum", Move.NARROWED, None, after)
    elif before is not None and after is None:
        yield Change("enum-removed", Move.WIDENED, before)
    elif before is not None and after is not None:
        lost = [one for one in before if not _has(after, one)]
        gained = [one for one in after if not _has(before, one)]
        if lost and "const" in old and "const" in new:
            yield Change("const-changed", Move.CHANGED, before, after)
            return
        if lost:
            yield Change("enum-value-removed", Move.NARROWED, lost, after)
        if gained:
            yield Change("enum-value-added", Move.WIDENED, before, gained)


def _has(values: list[Any], value: Any) -> bool:
    return any(equal(one, value) for one in values)


def changed_bounds(old: JsonObject, new: JsonObject) -> Iterator[Change]:
    integers = types_of(old) == types_of(new) == {"integer"}
    yield from _moved("min", _lower(old, integers), _lower(new, integers), up=True)
    yield from _moved("max", _upper(old, integers), _upper(new, integers), up=False)
    yield from _multiple(old.get("multipleOf"), new.get("multipleOf"), integers)
    yield from changed_format(old, new)


def changed_text(old: JsonObject, new: JsonObject) -> Iterator[Change]:
    yield from _moved("min-length", (old.get("minLength", 0), 0), (new.get("minLength", 0), 0), up=True, none=0)
    yield from _moved("max-length", *((one.get("maxLength", math.inf), 0) for one in (old, new)), up=False)
    yield from _pattern(old.get("pattern"), new.get("pattern"))
    yield from changed_format(old, new)
    for keyword, word in (("contentEncoding", "content-encoding"), ("contentMediaType", "content-media-type")):
        yield from opaque(keyword, word, old, new)


def changed_format(old: JsonObject, new: JsonObject) -> Iterator[Change]:
    before, after = (None if one.get("format") in _HINTS else one.get("format") for one in (old, new))
    if before == after:
        return
    if before is None or _WIDER.get(after or "") == before:
        yield Change("format-specialized", Move.NARROWED, before, after)
    elif after is None or _WIDER.get(before) == after:
        yield Change("format-generalized", Move.WIDENED, before, after)
    else:
        yield Change("format-changed", Move.CHANGED, before, after)


def changed_default(old: JsonObject, new: JsonObject) -> Iterator[Change]:
    """What the other side takes where the value is missing: the same values are allowed, and a call may mean another one."""
    if ("default" in old) != ("default" in new):
        word = "default-value-added" if "default" in new else "default-value-removed"
        yield Change(word, Move.NOTED, old.get("default"), new.get("default"))
    elif "default" in new and not equal(old["default"], new["default"]):
        yield Change(DEFAULT_CHANGED, Move.NOTED, old["default"], new["default"])


def changed_length(old: JsonObject, new: JsonObject) -> Iterator[Change]:
    yield from _moved("min-items", (old.get("minItems", 0), 0), (new.get("minItems", 0), 0), up=True, none=0)
    yield from _moved("max-items", *((one.get("maxItems", math.inf), 0) for one in (old, new)), up=False)
    if bool(old.get("uniqueItems")) != bool(new.get("uniqueItems")):
        narrowed = bool(new.get("uniqueItems"))
        yield Change(f"unique-items-{'set' if narrowed else 'unset'}", Move.NARROWED if narrowed else Move.WIDENED)


def changed_size(old: JsonObject, new: JsonObject) -> Iterator[Change]:
    yield from _moved("min-properties", (old.get("minProperties", 0), 0), (new.get("minProperties", 0), 0), up=True, none=0)
    yield from _moved("max-properties", *((one.get("maxProperties", math.inf), 0) for one in (old, new)), up=False)


def opaque(keyword: str, word: str, old: JsonObject, new: JsonObject) -> Iterator[Change]:
    """Changes of a keyword whose values are not compared, except for being the same."""
    if old.get(keyword) == new.get(keyword):
        return
    if keyword not in old:
        yield Change(f"{word}-added", Move.NARROWED, None, new[keyword])
    elif keyword not in new:
        yield Change(f"{word}-removed", Move.WIDENED, old[keyword], None)
    else:
        yield Change(f"{word}-changed", Move.CHANGED, old[keyword], new[keyword])


Bound = tuple[float, int]  # a number, and 1 where it is excluded itself


def _lower(schema: JsonObject, integers: bool) -> Bound:
    bound = max((schema.get("minimum", -math.inf), 0), (schema.get("exclusiveMinimum", -math.inf), 1))
    return _whole(bound, math.floor(bound[0]) + 1 if bound[1] else math.ceil(bound[0])) if integers and _real(bound) else bound


def _upper(schema: JsonObject, integers: bool) -> Bound:
    low = min((schema.get("maximum", math.inf), 0), (schema.get("exclusiveMaximum", math.inf), -1))
    bound = (low[0], abs(low[1]))
    return _whole(bound, math.ceil(bound[0]) - 1 if bound[1] else math.floor(bound[0])) if integers and _real(bound) else bound


def _whole(_: Bound, value: int) -> Bound:
    return value, 0


def _real(bound: Bound) -> bool:
    return math.isfinite(bound[0])


def _moved(word: str, before: Bound, after: Bound, *, up: bool, none: float | None = None) -> Iterator[Change]:
    """`up`: a higher bound allows less. An excluded bound allows less than the same one included."""
    if before == after or not (math.isfinite(before[0]) or math.isfinite(after[0])):
        return
    none = none if none is not None else (-math.inf if up else math.inf)
    higher = after > before if up else (after[0], -after[1]) > (before[0], -before[1])
    narrowed = higher if up else not higher
    if before[0] == none or after[0] == none:
        verb = "set" if before[0] == none else "unset"
    else:
        verb = "increased" if higher else "decreased"
    yield Change(f"{word}-{verb}", Move.NARROWED if narrowed else Move.WIDENED, _shown(before), _shown(after))


def _shown(bound: Bound) -> str | None:
    return None if not math.isfinite(bound[0]) else f"{bound[0]}{' (itself excluded)' if bound[1] else ''}"


def _multiple(before: Any, after: Any, integers: bool) -> Iterator[Change]:
    before, after = (None if integers and one == 1 else one for one in (before, after))
    if before == after:
        return
    if before is None or (after is not None and _divides(before, after)):
        yield Change("multiple-of-set" if before is None else "multiple-of-changed", Move.NARROWED, before, after)
    elif after is None or _divides(after, before):
        yield Change("multiple-of-unset" if after is None else "multiple-of-changed", Move.WIDENED, before, after)
    else:
        yield Change("multiple-of-changed", Move.CHANGED, before, after)


def _divides(part: float, whole: float) -> bool:
    return math.isclose(whole / part, round(whole / part))


def _pattern(before: Any, after: Any) -> Iterator[Change]:
    before, after = (None if one in _ANYTHING else one for one in (before, after))
    if before == after:
        return
    if before is None:
        yield Change("pattern-added", Move.NARROWED, None, after)
    elif after is None:
        yield Change("pattern-removed", Move.WIDENED, before, None)
    else:
        yield Change("pattern-changed", Move.CHANGED, before, after)
