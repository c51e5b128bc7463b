"""Schemas that make a validator work, each with an instance that has one wrong leaf. The same seed gives the same ones.

Each form is one that has made a validator's work a power of the size: ways that join and part again, by each keyword that has
ways; schemas that lead back to themselves; alternatives that nothing tells apart; what looks around; patterns that backtrack;
lists held against lists.
"""

import random
from collections.abc import Callable
from typing import Any, NamedTuple

Json = dict[str, Any]

#: How many cases there are.
CASES = 240
SEED = 14


class Case(NamedTuple):
    """`schema` is one of OpenAPI 3.1 whose references lead into `components`."""

    schema: Json
    components: dict[str, Json]
    wrong: Any


def cases() -> list[Case]:
    return [_FORMS[number % len(_FORMS)](f"c{number}", random.Random(SEED + number)) for number in range(CASES)]


def _to(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def _chain(name: str, dice: random.Random) -> Case:
    """Each definition leads to the next one by two ways or more, at the same value."""
    length, keyword = dice.randint(12, 40), dice.choice(["anyOf", "oneOf", "allOf"])
    ways = dice.randint(2, 3)
    links = {f"{name}_{n}": {keyword: [_to(f"{name}_{n + 1}")] * ways} for n in range(length)}
    return Case(_to(f"{name}_0"), links | {f"{name}_{length}": {"type": "string"}}, 5)


def _conditions(name: str, dice: random.Random) -> Case:
    length = dice.randint(12, 40)
    links = {
        f"{name}_{n}": {"if": _to(f"{name}_{n + 1}"), "then": _to(f"{name}_{n + 1}"), "else": _to(f"{name}_{n + 1}")}
        for n in range(length)
    }
    return Case(_to(f"{name}_0"), links | {f"{name}_{length}": {"type": "string"}}, 5)


def _doubling(name: str, dice: random.Random) -> Case:
    """A tree whose members are looked at in two ways."""
    keyword = dice.choice(["anyOf", "oneOf", "allOf"])
    ways = [{"properties": {"a": _to(name)}}] * 2
    wrong: Any = 1
    for _ in range(dice.randint(16, 56)):
        wrong = {"a": wrong}
    return Case(_to(name), {name: {"type": "object", keyword: ways}}, wrong)


def _unevaluated(name: str, dice: random.Random) -> Case:
    """What looks around: at each level the validator must know what its neighbours have seen."""
    length, keyword = dice.randint(8, 24), dice.choice(["anyOf", "oneOf"])
    ways = [{"properties": {"a": _to(name)}}, {"properties": {"a": _to(name), "b": {"type": "string"}}}]
    wrong: Any = {"c": 5}
    for _ in range(length):
        wrong = {"a": wrong, "b": "x"}
    return Case(_to(name), {name: {"type": "object", keyword: ways, "unevaluatedProperties": False}}, wrong)


def _unevaluated_items(name: str, dice: random.Random) -> Case:
    keyword = dice.choice(["anyOf", "oneOf"])
    ways = [{"prefixItems": [_to(name)]}, {"prefixItems": [_to(name), {"type": "string"}]}]
    wrong: Any = [1, 2, 3]
    for _ in range(dice.randint(8, 40)):
        wrong = [wrong, "x"]
    return Case(_to(name), {name: {"type": ["array"], keyword: ways, "unevaluatedItems": False}}, wrong)


def _pattern(name: str, dice: random.Random) -> Case:
    pattern = dice.choice([r"^(?=(a+)+$)(a|aa)+$", r"^(a*)*\1b$", r"^(([a-z])+.)+[A-Z]([a-z])+$", r"(?<!b)(a+){20,}c"])
    texts = ["a" * dice.randint(200, 4_000) + "!"] * dice.randint(1, 40)
    return Case({"type": "array", "items": {"type": "string", "pattern": pattern}}, {name: {}}, texts)


def _patterned_names(name: str, dice: random.Random) -> Case:
    """Each name is held against each pattern."""
    patterns = {f"^(a|b{n})+(?=c)": {"type": "integer"} for n in range(dice.randint(20, 80))}
    wrong = {"a" * 40 + f"{n}": 1 for n in range(dice.randint(200, 1_500))} | {"ac": "x"}
    return Case({"type": "object", "patternProperties": patterns, "propertyNames": {"pattern": "^[ab]"}}, {name: {}}, wrong)


def _alike(name: str, dice: random.Random) -> Case:
    """Alternatives that nothing tells apart, nested."""
    width, keyword = dice.randint(4, 24), dice.choice(["anyOf", "oneOf"])
    one = [{"properties": {"in": {"items": _to(name)}, f"p{n}": {"type": "integer"}}, "required": ["in"]} for n in range(width)]
    leaf = {"type": "object", keyword: [*one, {"required": ["leaf"], "properties": {"leaf": {"type": "string"}}}]}
    return Case(_to(name), {name: leaf}, _nested(dice.randint(2, 5), dice.randint(2, 4), {"leaf": "x"}, {"leaf": 5}))


def _nested(depth: int, width: int, right: Any, wrong: Any) -> Any:
    if depth == 0:
        return wrong
    return {
        "in": [*[_nested(depth - 1, width, right, right) for _ in range(width - 1)], _nested(depth - 1, width, right, wrong)]
    }


def _told_apart(name: str, dice: random.Random) -> Case:
    """A page of blocks: kinds told apart by `const`, which have blocks in them."""
    kinds = [f"{name}_kind_{n}" for n in range(dice.randint(4, 16))]
    return Case({"type": "array", "items": _to(f"{name}_block")}, page_schemas(name, kinds), page(kinds, dice.randint(2, 7), 3))


def page_schemas(name: str, kinds: list[str]) -> dict[str, Json]:
    children = {"type": "array", "items": _to(f"{name}_block")}
    body = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string"}, "children": children}}
    blocks: dict[str, Json] = {
        kind: {"type": "object", "required": ["type", kind], "properties": {"type": {"const": kind}, kind: body}}
        for kind in kinds
    }
    return blocks | {f"{name}_block": {"anyOf": [_to(kind) for kind in kinds]}}


def page(kinds: list[str], width: int, depth: int, text: int = 40) -> list[Json]:
    """Blocks, `width` in each, nested `depth` deep, with texts of so many characters. The last leaf is the wrong one."""
    return [block(kinds, (width, depth, text), wrong=number == width - 1) for number in range(width)]


def block(kinds: list[str], shape: tuple[int, int, int], *, wrong: bool) -> Json:
    width, depth, text = shape
    kind = kinds[-1 - depth % len(kinds)]
    if depth == 0:
        return {"type": kind, kind: {"text": 5 if wrong else "x" * text}}
    inside = [block(kinds, (width, depth - 1, text), wrong=wrong and number == width - 1) for number in range(width)]
    return {"type": kind, kind: {"text": "x", "children": inside}}


def _listed(name: str, dice: random.Random) -> Case:
    """Each value is held against each that it may be."""
    values = [{"of": number, "and": "x" * 20} for number in range(dice.randint(200, 2_000))]
    return Case({"type": "array", "items": {"enum": values}}, {name: {}}, [values[-1]] * dice.randint(200, 8_000) + [5])


def _unique(name: str, dice: random.Random) -> Case:
    items = [{"n": [number, {"m": number}]} for number in range(dice.randint(1_000, 8_000))]
    return Case({"type": "array", "uniqueItems": True}, {name: {}}, [*items, items[-1]])


def _depending(name: str, dice: random.Random) -> Case:
    names = [f"n{number}" for number in range(dice.randint(10, 30))]
    schema = {"dependentSchemas": {one: {"properties": {"in": _to(name)}} for one in names}, "type": "object"}
    wrong: Any = 5
    for _ in range(dice.randint(3, 6)):
        wrong = {"in": wrong} | dict.fromkeys(names, 1)
    return Case(_to(name), {name: schema}, wrong)


def _containing(name: str, dice: random.Random) -> Case:
    schema = {"type": "array", "contains": _to(name), "items": {"anyOf": [{"type": "integer"}, _to(name)]}, "minContains": 2}
    wrong: Any = [1]
    for _ in range(dice.randint(4, 11)):
        wrong = [wrong, wrong, 1][: 1 + dice.randint(0, 2)]
    return Case(_to(name), {name: schema}, wrong)


_FORMS: tuple[Callable[[str, random.Random], Case], ...] = (
    _chain,
    _conditions,
    _doubling,
    _unevaluated,
    _unevaluated_items,
    _pattern,
    _patterned_names,
    _alike,
    _told_apart,
    _listed,
    _unique,
    _depending,
    _containing,
)
