"""Unions are written so that a validator looks at the alternative that is meant, and mean what they meant."""

from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given, settings

from registry.model.errors import Violation
from registry.schema.told_apart import EXCLUSIVE, told_apart
from registry.schema.validators import compile_validator

from .schemas_at_random import instances, schemas


def block(kind: str, **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": ["type"], "properties": {"type": {"const": kind}, **properties}}


PARAGRAPH, IMAGE = block("paragraph", text={"type": "string"}), block("image", url={"type": "string"})


@settings(max_examples=600, deadline=None, derandomize=True)
@given(schema=schemas, instance=instances)
def test_the_instances_are_the_same(schema: Any, instance: Any) -> None:
    written = told_apart(schema)
    assert valid(written, instance) == valid(schema, instance), written


def valid(schema: Any, instance: Any) -> bool:
    return bool(jsonschema_rs.Draft202012Validator(schema, offline=True).is_valid(instance))


@pytest.mark.parametrize("keyword", ["anyOf", "oneOf"])
@pytest.mark.parametrize(
    "alternatives",
    [
        [PARAGRAPH, IMAGE],
        [{"$ref": "#/$defs/paragraph"}, {"allOf": [{"$ref": "#/$defs/image"}, {"minProperties": 1}]}],
        [PARAGRAPH, {"type": "null"}, IMAGE, {"type": "array", "items": {"type": "integer"}}],
        [{"anyOf": [PARAGRAPH, block("heading")]}, IMAGE],
    ],
)
def test_the_violation_is_that_of_the_alternative_that_is_meant(keyword: str, alternatives: list[Any]) -> None:
    schema = told_apart({keyword: alternatives, "$defs": {"paragraph": PARAGRAPH, "image": IMAGE}})
    found = compile_validator(schema).violations({"type": "image", "url": 7})
    assert found == (Violation("/url", 'the value is not of type "string"'),)


def test_a_text_that_no_alternative_has_is_told_with_those_that_there_are() -> None:
    (found,) = compile_validator(told_apart({"anyOf": [PARAGRAPH, IMAGE]})).violations({"type": "table"})
    assert found.pointer == "/type"
    assert found.expected.endswith('is not one of "paragraph", "image"')


def test_a_missing_text_is_told_once() -> None:
    (found,) = compile_validator(told_apart({"anyOf": [PARAGRAPH, IMAGE]})).violations({})
    assert found == Violation("", '"type" is a required property')


@pytest.mark.parametrize(
    "alternatives",
    [
        [PARAGRAPH, block("paragraph")],
        [PARAGRAPH, {"type": "object", "properties": {"type": {"const": "image"}}}],
        [{"required": ["type"], "properties": {"type": {"const": kind}}} for kind in ("a", "b")],
        [{"const": 1}, {"const": 2}],
        [{}, {"type": "string"}],
        [True, False],
        [PARAGRAPH],
    ],
    ids=["one text twice", "not required", "also of what is no object", "no texts", "any", "no schemas", "alone"],
)
def test_what_nothing_tells_apart_stays_as_it_is(alternatives: list[Any]) -> None:
    schema = {"anyOf": alternatives}
    assert told_apart(schema) == schema


def test_a_schema_that_leads_back_to_itself_is_told_apart_within_itself() -> None:
    tree = block("tree", children={"type": "array", "items": {"anyOf": [{"$ref": "#/$defs/tree"}, {"$ref": "#/$defs/leaf"}]}})
    schema = told_apart({"$ref": "#/$defs/tree", "$defs": {"tree": tree, "leaf": block("leaf", size={"type": "integer"})}})
    assert EXCLUSIVE in schema["$defs"]["tree"]["properties"]["children"]["items"]["allOf"][0]
    wrong = {"type": "tree", "children": [{"type": "tree", "children": [{"type": "leaf", "size": "big"}]}]}
    assert [one.pointer for one in compile_validator(schema).violations(wrong)] == ["/children/0/children/0/size"]
