"""Forms of a schema for providers that take less."""

from typing import Any

import pytest

from registry.model.tool import JsonObject
from registry.schema.meant import without_absent
from registry.schema.provider_variants import Variant, VariantImpossible, inlined, shallow, strict, variant
from registry.schema.validators import compile_validator
from tests.processor_time import at_most

PET: JsonObject = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
    "required": ["name"],
}


def _tool(body: Any, **definitions: Any) -> JsonObject:
    schema = {"type": "object", "properties": {"body": body}, "required": ["body"], "additionalProperties": False}
    return schema | ({"$defs": definitions} if definitions else {})


NODE = _tool({"$ref": "#/$defs/Node"}, Node={"type": "object", "properties": {"next": {"$ref": "#/$defs/Node"}}})


def test_inlined_says_the_same_without_references() -> None:
    schema = _tool({"$ref": "#/$defs/a~1b%20c", "description": "it"}, **{"a/b c": PET, "unused": True})
    assert inlined(schema) == _tool(PET | {"description": "it"})


def test_sibling_of_a_reference_still_holds() -> None:
    schema = inlined(_tool({"$ref": "#/$defs/Pet", "required": ["age"]}, Pet=PET))
    assert not compile_validator(schema).is_valid({"body": {"name": "x"}})
    assert compile_validator(schema).is_valid({"body": {"name": "x", "age": 1}})


def test_property_may_be_called_like_a_keyword() -> None:
    schema = _tool({"properties": {"$ref": {"type": "string"}, "items": {"$ref": "#/$defs/Pet"}}}, Pet=PET)
    assert inlined(schema)["properties"]["body"]["properties"]["items"] == PET


def test_recursion_cannot_be_inlined_and_ends_at_a_depth() -> None:
    with pytest.raises(VariantImpossible, match="Node"):
        inlined(NODE)
    validator = compile_validator(shallow(NODE, depth=3))
    assert "$ref" not in str(shallow(NODE, depth=3))
    assert not validator.is_valid({"body": {"next": 1}})
    assert validator.is_valid({"body": {"next": {"next": {"next": 1}}}})


def test_schema_that_grows_when_written_out_is_refused() -> None:
    steps = {f"S{i}": {"allOf": [{"$ref": f"#/$defs/S{i + 1}"}] * 2} for i in range(30)}
    schema = _tool({"$ref": "#/$defs/S0"}, **steps, S30={"type": "string"})
    for form in Variant:
        with pytest.raises(VariantImpossible):
            variant(schema, form)


def test_strict_closes_objects_and_lets_optional_ones_be_null() -> None:
    assert strict(_tool({"$ref": "#/$defs/Pet"}, Pet=PET))["properties"]["body"] == {
        "type": "object",
        "properties": {"name": {"type": "string"}, "age": {"type": ["integer", "null"]}},
        "required": ["name", "age"],
        "additionalProperties": False,
    }


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"type": "string", "minLength": 1, "format": "binary", "default": "x"}, {"type": "string"}),
        ({"type": "string", "format": "uuid"}, {"type": "string", "format": "uuid"}),
        ({"enum": ["a"]}, {"enum": ["a"]}),
        ({"oneOf": [{"type": "string"}, {"type": "integer"}]}, {"anyOf": [{"type": "string"}, {"type": "integer"}]}),
        ({"allOf": [{"type": "integer"}, {"minimum": 1}]}, {"type": "integer", "minimum": 1}),
        ({"type": "array", "items": {"type": "string"}}, {"type": "array", "items": {"type": "string"}}),
    ],
)
def test_strict_keeps_what_the_mode_knows(given: JsonObject, expected: JsonObject) -> None:
    assert strict(_tool(given))["properties"]["body"] == expected


@pytest.mark.parametrize(
    "given",
    [{}, True, False, {"type": "object"}, {"type": "array"}, {"additionalProperties": {"type": "string"}, "type": "object"}],
)
def test_strict_refuses_what_the_mode_cannot_say(given: Any) -> None:
    with pytest.raises(VariantImpossible):
        strict(_tool(given))


def test_alternatives_keep_what_stands_beside_them() -> None:
    given = {
        "type": "object",
        "properties": {"a": {"type": "string"}},
        "required": ["a"],
        "anyOf": [{"properties": {"b": {"type": "null"}}}, {}],
    }
    made = strict(_tool(given))["properties"]["body"]["anyOf"]
    assert [list(one["properties"]) for one in made] == [["a", "b"], ["a"]]


def test_nulls_of_a_strict_call_are_taken_out_where_the_tool_does_not_take_them() -> None:
    nullable = {"type": ["string", "null"]}
    schema = _tool(PET | {"properties": PET["properties"] | {"nick": nullable, "more": {"type": "array", "items": PET}}})
    given = {"body": {"name": "x", "age": None, "nick": None, "more": [{"name": "y", "age": None}, {"name": "z", "age": 2}]}}
    wanted = {"body": {"name": "x", "nick": None, "more": [{"name": "y"}, {"name": "z", "age": 2}]}}
    assert without_absent(given, schema) == wanted
    assert given["body"]["age"] is None


def test_nulls_inside_alternatives_are_taken_out_all_together() -> None:
    schema = _tool({"anyOf": [PET, {"type": "integer"}]})
    assert without_absent({"body": {"name": "x", "age": None}}, schema) == {"body": {"name": "x"}}


def test_references_that_lead_too_deep_are_no_form() -> None:
    chain = {f"D{number}": {"items": {"$ref": f"#/$defs/D{number + 1}"}} for number in range(1_500)}
    with pytest.raises(VariantImpossible, match="too deep"):
        variant(_tool({"$ref": "#/$defs/D0"}, **chain, D1500={"type": "string"}), Variant.INLINED)


def test_alternatives_within_what_stands_beside_alternatives_are_no_form() -> None:
    """Each was made strict with all that stands beside it, twice as often in every level."""
    level: JsonObject = {"type": "string"}
    for _ in range(30):
        level = {"type": "object", "properties": {"x": level, "y": {"type": "string"}}, "anyOf": [{"required": ["x"]}] * 2}
    with at_most(5), pytest.raises(VariantImpossible, match="too large"):
        variant(_tool(level), Variant.STRICT)


def test_a_definition_of_many_bytes_is_not_written_out_again_and_again() -> None:
    many = {f"p{number}": {"$ref": "#/$defs/Long"} for number in range(1_000)}
    for long in ({"enum": ["x" * 10_000]}, {"type": "string", "description": "x" * 10_000}):
        for form in (Variant.INLINED, Variant.SHALLOW):
            with pytest.raises(VariantImpossible, match="too large"):
                variant(_tool({"type": "object", "properties": many}, Long=long), form)


def test_a_dependency_on_a_property_with_a_keywords_name_is_no_schema() -> None:
    schema = _tool({"type": "object", "properties": {"$ref": {"type": "string"}}, "dependentRequired": {"$ref": ["a"]}})
    assert inlined(schema) == schema


def test_an_optional_choice_that_may_be_null_can_be_left_out() -> None:
    found = strict(_tool({"type": "object", "properties": {"size": {"type": ["string", "null"], "enum": ["s", "l"]}}}))
    size = found["properties"]["body"]["properties"]["size"]
    assert compile_validator(size).is_valid(None)
    assert compile_validator(size).is_valid("s")
    assert not compile_validator(size).is_valid("m")


def test_choices_that_apply_together_are_those_that_both_allow() -> None:
    found = strict(_tool({"allOf": [{"type": "string", "enum": ["cat", "dog"]}, {"enum": ["cat"]}]}))
    assert found["properties"]["body"]["enum"] == ["cat"]


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "patternProperties": {"^x": {"type": "string"}}, "additionalProperties": False},
        {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a", "b"]},
        {"allOf": [{"type": "string", "enum": ["cat"]}, {"enum": ["dog"]}]},
    ],
)
def test_what_no_call_by_a_strict_form_would_fit_has_none(schema: JsonObject) -> None:
    with pytest.raises(VariantImpossible):
        variant(_tool(schema), Variant.STRICT)


def test_a_shallow_form_refuses_nothing_that_is_told_apart_below() -> None:
    def deep(value: JsonObject) -> JsonObject:
        for _ in range(7):
            value = {"type": "object", "properties": {"x": value}}
        return value

    schema = _tool({"oneOf": [deep({"const": "a"}), deep({"const": "b"})], "not": deep({"const": "c"})})
    given: object = "a"
    for _ in range(7):
        given = {"x": given}
    assert compile_validator(schema).is_valid({"body": given})
    assert compile_validator(shallow(schema)).is_valid({"body": given})
