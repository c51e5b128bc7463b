"""A schema of some thousand values took the gateway seconds to compile: it looked at a definition once for each way there."""

from collections.abc import Callable
from random import Random
from time import thread_time
from typing import Any

import pytest

from registry.checking.argument_checker import AT_ONCE
from registry.checking.check import Check
from registry.checking.quick_schemas import is_quick
from registry.model.tool import JsonObject
from registry.schema.told_apart import told_apart
from registry.schema.work import measured
from tests.isolation.linear import require_linear


def chain(levels: int) -> JsonObject:
    """Each definition leads to the next one by three ways."""
    following = {f"d{level}": {"allOf": [{"$ref": f"#/$defs/d{level + 1}"} for _ in range(3)]} for level in range(levels)}
    return following | {f"d{levels}": {"type": "string"}}


def many_ways(properties: int) -> JsonObject:
    """As many ways to the end as the registry lets a definition have (`registry.schema.schemas`), from each property."""
    names = {f"p{number}": {"$ref": "#/$defs/d0"} for number in range(properties)}
    return {"anyOf": [{"type": "object", "properties": names}, {"type": "object"}], "$defs": chain(8)}


def many_tags(parts: int) -> JsonObject:
    """Unions in unions, and in the innermost one an object that is put together of many."""
    inner: JsonObject = {"allOf": [{"properties": {f"p{number}": {"const": "a"}}} for number in range(parts)]}
    for _ in range(25):
        inner = {"anyOf": [inner, {"type": "object", "required": ["a"]}]}
    return inner


def many_alternatives(number: int) -> JsonObject:
    return {"oneOf": [{"properties": {"kind": {"const": f"k{one}"}}, "required": ["kind"]} for one in range(number)]}


@pytest.mark.parametrize("form", [many_ways, many_tags, many_alternatives])
def test_twice_the_schema_is_not_three_times_the_work(form: Callable[[int], JsonObject]) -> None:
    require_linear(told_apart, form, sizes=(50, 200, 400))


def test_it_is_a_schema_that_the_gateway_compiles_itself() -> None:
    assert all(is_quick(form(400)) for form in (many_ways, many_tags, many_alternatives))


NUMBER = {"type": "number"}


def looking_around(keyword: str, applicator: str, levels: int) -> JsonObject:
    """Each definition asks what the next one has evaluated, which asks the one after it."""
    by: dict[str, Callable[[JsonObject], JsonObject]] = {
        "allOf": lambda one: {"allOf": [one]},
        "anyOf": lambda one: {"anyOf": [one]},
        "oneOf": lambda one: {"oneOf": [one]},
        "if": lambda one: {"if": one},
        "dependentSchemas": lambda one: {"dependentSchemas": {"a": one}},
        "$ref": lambda one: one,
    }
    links = {f"d{n}": by[applicator]({"$ref": f"#/$defs/d{n + 1}"}) | {keyword: NUMBER} for n in range(levels)}
    last: JsonObject = {"properties": {"a": NUMBER}, "prefixItems": [NUMBER]}
    return {"properties": {"v": {"$ref": "#/$defs/d0"}}, "$defs": links | {f"d{levels}": last}}


def many_states(pattern: str) -> JsonObject:
    return {"properties": {"v": {"pattern": pattern}}}


BITS = "".join(Random(1).choice("01") for _ in range(60_000))
AROUND = {"unevaluatedProperties": {"a": 1, "b": 2}, "unevaluatedItems": [1, 2]}
WAYS = ("allOf", "anyOf", "oneOf", "if", "dependentSchemas", "$ref")

#: What took seconds at once, because its work was not counted.
COSTLY: dict[str, tuple[JsonObject, Any]] = {
    **{f"{keyword} by {way}": (looking_around(keyword, way, 24), {"v": v}) for keyword, v in AROUND.items() for way in WAYS},
    "names by many ways": (
        {"properties": {"v": {"propertyNames": {"$ref": "#/$defs/d0"}}}, "$defs": chain(16)},
        {"v": dict.fromkeys("abc")},
    ),
    "a pattern of many states": (many_states("^[01]*1[01]{1000}$"), {"v": BITS}),
    "one of fewer": (many_states("^[01]*1[01]{200}$"), {"v": BITS}),
}


@pytest.mark.parametrize(("schema", "instance"), COSTLY.values(), ids=COSTLY.keys())
def test_what_takes_long_is_not_done_at_once(schema: JsonObject, instance: Any) -> None:
    check, size, began = Check(schema), measured(instance), thread_time()
    if check.is_bounded_quickly(size) and check.bound(size) <= AT_ONCE:
        check.is_valid(instance, size)
    assert thread_time() - began < 0.1


def test_a_pattern_as_it_is_usual_is_looked_at_at_once() -> None:
    usual = {f"p{number}": {"pattern": "^[A-Za-z0-9_-]{1,63}$"} for number in range(20)}
    instance = dict.fromkeys(usual, "a-name_63" * 7)
    assert Check({"properties": usual}).bound(measured(instance)) <= AT_ONCE


def looking_around_twice(levels: int) -> JsonObject:
    links = {f"d{n}": {"allOf": [{"$ref": f"#/$defs/d{n + 1}"}] * 2, "unevaluatedProperties": NUMBER} for n in range(levels)}
    return {"properties": {"v": {"$ref": "#/$defs/d0"}}, "$defs": links | {f"d{levels}": {}}}


def nested(levels: int) -> JsonObject:
    inner: JsonObject = {"type": "object"}
    for _ in range(levels):
        inner = {"anyOf": [inner, {"type": "null"}], "unevaluatedProperties": NUMBER}
    return inner


def unions_of_many_tags(number: int) -> JsonObject:
    """Each looks at all that may tell its alternatives apart."""
    names = [f"p{one}" for one in range(500)]
    one = {"type": "object", "required": names, "properties": {name: {"const": "a"} for name in names}}
    union = {"anyOf": [{"$ref": "#/$defs/one"}, {"$ref": "#/$defs/other"}]}
    return {"allOf": [union] * number, "$defs": {"one": one, "other": {"$ref": "#/$defs/one"}}}


SLOW = {"copies of copies": looking_around_twice(12), "nested ones": nested(30), "unions": unions_of_many_tags(400)}


@pytest.mark.parametrize("schema", SLOW.values(), ids=SLOW.keys())
def test_what_takes_long_to_compile_is_left_to_a_process(schema: JsonObject) -> None:
    began = thread_time()
    if is_quick(schema):
        Check(schema)
    assert thread_time() - began < 0.1


def test_what_looks_around_as_is_usual_is_compiled_at_once() -> None:
    base = {"type": "object", "properties": {f"p{n}": {"type": "string"} for n in range(30)}}
    kinds = [{"properties": {"kind": {"const": f"k{n}"}}, "required": ["kind"]} for n in range(20)]
    parts = {"base": base, "one": {"allOf": [{"$ref": "#/$defs/base"}], "oneOf": kinds, "unevaluatedProperties": False}}
    assert is_quick({"properties": {f"p{n}": {"$ref": "#/$defs/one"} for n in range(20)}, "$defs": parts})
