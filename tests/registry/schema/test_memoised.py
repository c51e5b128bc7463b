"""A validator that looks at each definition once for each value says what a plain one says."""

from typing import Any

import pytest
from hypothesis import assume, given, settings

from registry.model.errors import Violation
from registry.schema.memoised import Memoised, looks_around
from registry.schema.told_apart import told_apart
from registry.schema.validators import compile_validator
from tests.processor_time import at_most

from .schemas_at_random import instances, schemas
from .test_work import chain


@settings(max_examples=400, deadline=None, derandomize=True)
@given(schema=schemas, instance=instances)
def test_the_verdict_is_that_of_a_plain_validator(schema: Any, instance: Any) -> None:
    assume(not looks_around(schema))
    memoised = Memoised(schema)
    fits = compile_validator(schema).is_valid(instance)
    assert memoised.is_valid(instance) == fits
    assert (memoised.violations(instance) == ()) == fits


@pytest.mark.parametrize("length", [17, 40, 90])
@pytest.mark.parametrize("keyword", ["anyOf", "oneOf", "allOf"])
def test_a_chain_of_any_length_is_little_work(length: int, keyword: str) -> None:
    memoised = Memoised(chain(length, keyword))
    with at_most(0.5):
        assert memoised.is_valid("text") == (keyword != "oneOf")
        assert not memoised.is_valid(5)
        assert memoised.violations(5)


def test_a_violation_within_a_definition_is_told_where_it_is() -> None:
    item = {"type": "object", "properties": {"size": {"type": "integer"}}}
    schema = {"type": "array", "items": {"$ref": "#/$defs/item"}, "$defs": {"item": item}}
    found = Memoised(schema).violations([{}, {"size": "big"}, {"size": "small"}])
    assert found == tuple(Violation(f"/{place}/size", 'the value is not of type "integer"') for place in (1, 2))


def test_the_meant_alternative_is_followed_through_definitions() -> None:
    kinds = {
        kind: {"type": "object", "required": ["is"], "properties": {"is": {"const": kind}, "of": {"$ref": "#/$defs/any"}}}
        for kind in "abc"
    }
    schema = told_apart(
        {"$ref": "#/$defs/any", "$defs": kinds | {"any": {"anyOf": [{"$ref": f"#/$defs/{kind}"} for kind in "abc"]}}}
    )
    (found,) = Memoised(schema).violations({"is": "a", "of": {"is": "b", "of": {"is": "c", "of": {"is": "d"}}}})
    assert found.pointer == "/of/of/of/is"
