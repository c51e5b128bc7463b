"""Nulls and digits, taken for what they mean by a schema."""

from typing import Any

import pytest

from registry.model.tool import JsonObject
from registry.schema.applying import TooManyLooks
from registry.schema.meant import as_meant, without_absent
from registry.schema.provider_variants import Variant, variant
from registry.schema.validators import compile_validator
from tests.processor_time import at_most

PET: JsonObject = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
    "required": ["name"],
}
NULLABLE = {"type": ["string", "null"]}


def with_more(**properties: Any) -> JsonObject:
    return PET | {"properties": PET["properties"] | properties}


def body(schema: Any, **definitions: Any) -> JsonObject:
    return {"type": "object", "properties": {"body": schema}, "required": ["body"], "$defs": definitions}


@pytest.mark.parametrize(
    ("schema", "given", "meant"),
    [
        (PET, {"name": "x", "age": None}, {"name": "x"}),
        (PET, {"name": None, "age": 1}, {"name": None, "age": 1}),
        (with_more(nick=NULLABLE), {"name": "x", "nick": None}, {"name": "x", "nick": None}),
        (with_more(any={}), {"name": "x", "any": None}, {"name": "x", "any": None}),
        (with_more(age={"enum": [1, 2]}), {"name": "x", "age": None}, {"name": "x"}),
        (with_more(age={"enum": [1, None]}), {"age": None}, {"age": None}),
        (with_more(age={"const": 1}), {"age": None}, {}),
        (with_more(age={"anyOf": [{"type": "integer"}, {"type": "null"}]}), {"age": None}, {"age": None}),
        (with_more(age={"allOf": [{"type": "integer"}, {}]}), {"age": None}, {}),
        ({"anyOf": [PET, {"type": "integer"}]}, {"name": "x", "age": None}, {"name": "x"}),
        (
            {"allOf": [PET, {"properties": {"more": {"type": "string"}}}]},
            {"name": "x", "age": None, "more": None},
            {"name": "x"},
        ),
        ({"items": PET}, [{"name": "y", "age": None}, {"name": "z", "age": 2}], [{"name": "y"}, {"name": "z", "age": 2}]),
        ({"prefixItems": [PET], "items": NULLABLE}, [{"name": "y", "age": None}, None], [{"name": "y"}, None]),
        ({"additionalProperties": PET}, {"one": {"name": "y", "age": None}}, {"one": {"name": "y"}}),
        ({"type": "object"}, {"free": None}, {"free": None}),
    ],
)
def test_a_null_of_what_may_be_absent_and_not_null_is_absent(schema: Any, given: Any, meant: Any) -> None:
    assert without_absent({"body": given}, body(schema)) == {"body": meant}


def test_references_are_followed_also_where_they_lead_back() -> None:
    node = {"type": "object", "properties": {"next": {"$ref": "#/$defs/Node"}, "age": {"type": "integer"}}}
    given = {"body": {"age": None, "next": {"age": 1, "next": {"age": None, "next": None}}}}
    schema = body({"$ref": "#/$defs/Node"}, Node=node, Loop={"$ref": "#/$defs/Loop"})
    assert without_absent(given, schema) == {"body": {"next": {"age": 1, "next": {}}}}
    assert without_absent({"body": {"age": None}}, body({"$ref": "#/$defs/Loop"}, Loop={"$ref": "#/$defs/Loop"})) == {
        "body": {"age": None}
    }


def test_what_a_model_says_by_the_strict_form_fits_the_tools_own_schema_afterwards() -> None:
    schema = body(PET) | {"additionalProperties": False}
    schema["properties"]["body"] = PET | {"additionalProperties": False}
    said = {"body": {"name": "x", "age": None}}
    assert compile_validator(variant(schema, Variant.STRICT)).is_valid(said)
    assert not compile_validator(schema).is_valid(said)
    assert compile_validator(schema).is_valid(without_absent(said, schema))


def test_the_arguments_that_were_given_stay_as_they_are() -> None:
    given = {"body": {"name": "x", "age": None}}
    without_absent(given, body(PET))
    assert given == {"body": {"name": "x", "age": None}}


@pytest.mark.parametrize(
    ("schema", "given", "meant"),
    [
        ({"allOf": [with_more(), {"properties": {"age": {}}}]}, {"name": "x", "age": None}, {"name": "x"}),
        ({"$ref": "#/$defs/Pet", "properties": {"age": {"description": "of it"}}}, {"age": None}, {}),
        ({"allOf": [PET, {"required": ["age"]}]}, {"name": "x", "age": None}, {"name": "x", "age": None}),
        ({"anyOf": [PET, {"properties": {"age": {"type": "null"}}}]}, {"age": None}, {"age": None}),
        ({"anyOf": [PET, PET | {"required": ["name", "age"]}]}, {"name": "x", "age": None}, {"name": "x"}),
    ],
)
def test_what_applies_together_must_all_allow_a_null_and_of_alternatives_one(schema: Any, given: Any, meant: Any) -> None:
    assert without_absent({"body": given}, body(schema, Pet=PET)) == {"body": meant}


def test_a_schema_of_alternatives_without_end_is_looked_at_for_a_moment_only() -> None:
    deep: Any = PET
    for _ in range(40):
        deep = {"anyOf": [deep, deep]}
    with pytest.raises(TooManyLooks):
        without_absent({"body": {"name": "x", "age": None}}, body(deep))


def test_so_are_many_arguments_to_which_much_applies() -> None:
    wide = {"anyOf": [{"properties": {f"p{number}": {"type": "string"}}} for number in range(5_000)]}
    with at_most(2), pytest.raises(TooManyLooks):
        without_absent({"body": {f"a{number}": None for number in range(50_000)}}, body(wide))


INTEGER, TEXT, BOTH = {"type": "integer"}, {"type": "string"}, {"type": ["string", "integer"]}


@pytest.mark.parametrize(
    ("schema", "given", "meant"),
    [
        (INTEGER, "9007199254740993", 9007199254740993),
        (INTEGER, "-9223372036854775808", -(2**63)),
        (INTEGER, "18446744073709551615", 2**64 - 1),
        (INTEGER, "18446744073709551616", "18446744073709551616"),
        (INTEGER, "0", 0),
        (INTEGER, "007", "007"),
        (INTEGER, "-0", "-0"),
        (INTEGER, "+1", "+1"),
        (INTEGER, " 1", " 1"),
        (INTEGER, "1\n", "1\n"),
        (INTEGER, "1.0", "1.0"),
        (INTEGER, "\N{ARABIC-INDIC DIGIT ONE}", "\N{ARABIC-INDIC DIGIT ONE}"),
        (INTEGER, "9" * 100_000, "9" * 100_000),
        (TEXT, "1", "1"),
        (BOTH, "1", "1"),
        ({}, "1", "1"),
        ({"type": "number"}, "1", "1"),
        ({"type": ["integer", "null"]}, "1", 1),
        ({"enum": [1, 2]}, "1", 1),
        ({"enum": [1, "1"]}, "1", "1"),
        ({"enum": [1, 2]}, "3", "3"),
        ({"anyOf": [INTEGER, {"type": "boolean"}]}, "1", 1),
        ({"anyOf": [INTEGER, TEXT]}, "1", "1"),
        ({"allOf": [INTEGER, {"minimum": 0}]}, "1", 1),
        ({"items": INTEGER}, ["1", 2, "x"], [1, 2, "x"]),
        ({"properties": {"n": {"properties": {"id": INTEGER}}}}, {"n": {"id": "1", "x": "1"}}, {"n": {"id": 1, "x": "1"}}),
        (PET, {"name": "1", "age": "2"}, {"name": "1", "age": 2}),
    ],
)  # fmt: skip
def test_a_text_of_digits_where_an_integer_is_right_and_no_text_is_that_integer(schema: Any, given: Any, meant: Any) -> None:
    found = as_meant({"body": given}, body(schema))["body"]
    assert (found, type(found)) == (meant, type(meant))


def test_nulls_and_digits_are_both_taken_for_what_they_mean() -> None:
    given = {"body": {"name": None, "age": "7", "more": None}}
    assert as_meant(given, body(with_more(more=TEXT))) == {"body": {"name": None, "age": 7}}


def test_an_argument_in_which_null_means_something_keeps_its_nulls() -> None:
    schema = {"type": "object", "properties": {"patch": PET, "other": PET}}
    given = {"patch": {"age": None}, "other": {"age": None}, "absent": None}
    assert as_meant(given, schema, nulls_count=("patch",)) == {"patch": {"age": None}, "other": {}, "absent": None}
    assert as_meant({"patch": {"age": "1"}}, schema, nulls_count=("patch",)) == {"patch": {"age": 1}}
    assert as_meant({"patch": None}, schema, nulls_count=("patch",)) == {}


def test_what_it_may_look_at_is_bounded() -> None:
    given = {"body": {f"a{number}": "1" for number in range(100)}}
    with pytest.raises(TooManyLooks):
        as_meant(given, body(PET), looks=50)
    assert as_meant(given, body(PET), looks=5_000) == given
