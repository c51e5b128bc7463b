"""A schema of some thousand values took the gateway seconds to compile: it looked at a definition once for each way there."""

from collections.abc import Callable

import pytest

from registry.checking.quick_schemas import is_quick
from registry.model.tool import JsonObject
from registry.schema.told_apart import told_apart
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
