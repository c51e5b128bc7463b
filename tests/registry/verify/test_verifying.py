"""Sampled requests before the judge, and whose mistake a refusal is."""

from typing import Any

import pytest

from registry.calling.request import build
from registry.model.tool import JsonObject
from registry.model.versions import first
from registry.schema.regex_samples import matching
from registry.schema.sampling import example, sample, samples
from registry.schema.validators import compile_validator
from registry.verify.known_judge_limits import Whose, whose
from registry.verify.openapi_core_judge import Judge
from registry.verify.verifying import verify
from tests.registry.checking.here import check
from tests.registry.conftest import Compile, CompileTool, MakeDocument


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "integer", "minimum": 5},
        {"type": "integer", "exclusiveMaximum": -3},
        {"type": "number", "multipleOf": 0.5},
        {"type": "string", "minLength": 30},
        {"type": "string", "pattern": "^[0-9]{8}$"},
        {"type": "string", "format": "uuid"},
        {"enum": ["x", "y"]},
        {"const": {"a": 1}},
        {"type": ["null", "string"]},
        {"type": "array", "minItems": 2, "items": {"type": "boolean"}},
        {"allOf": [{"required": ["a"]}, {"properties": {"a": {"type": "integer"}}}]},
        {"oneOf": [{"type": "object"}, {"type": "string"}]},
        {"anyOf": [False, {"type": "string", "default": "d"}]},
    ],
)  # fmt: skip
def test_sample_fits_its_schema(schema: JsonObject) -> None:
    assert sample({"type": "object", "properties": {"p": schema}, "required": ["p"]}) is not None


@pytest.mark.parametrize(
    "schema",
    [
        False,
        {"type": "string", "pattern": "^(?=zebra)[0-9]{3}$"},
        {"$ref": "#/$defs/Loop"},
        {"type": "array", "minItems": 10_000_000},
    ],
)
def test_sample_gives_up_where_it_finds_nothing(schema: Any) -> None:
    loop = {"type": "object", "properties": {"next": {"$ref": "#/$defs/Loop"}}, "required": ["next"]}
    assert sample({"type": "object", "properties": {"p": schema}, "required": ["p"], "$defs": {"Loop": loop}}) is None


def test_samples_are_three_the_least_all_and_others(tool: CompileTool) -> None:
    properties = {
        "a": {"enum": ["x", "y"]},
        "b": {"type": "integer"},
        "c": {"type": "array", "items": {"type": "string"}},
        "d": {},
    }
    schema: JsonObject = {"type": "object", "properties": properties, "required": ["a"]}
    least, full, varied = samples(schema)
    assert least == {"a": "x"}
    assert set(full) == set(properties)
    assert varied["a"] == "y"
    assert set(varied) < set(properties)
    assert all(compile_validator(schema).is_valid(one) for one in (least, full, varied))
    assert samples(schema) == (least, full, varied)


def test_samples_of_a_schema_without_properties_are_the_same_three_times() -> None:
    assert samples({"type": "object", "properties": {}, "additionalProperties": False}) == ({}, {}, {})


@pytest.mark.parametrize(
    "pattern",
    [
        "^[a-z]{3}-[0-9]+$", "^(foo|bar)?baz$", r"^\d{4}-\d{2}$", "^[^a-z]+$", r"^\w+@\w+\.com$", "^(?:a|b){2,}$", "x{500}", "",
        r"^\/[A-Z]\u0041$", "^.{8,}$", "^[.a]{1,}$", "^(ab){3}[^0-9A-Za-z]$", r"^[\s\d]{2}$", r"^\S+$",
    ],
)  # fmt: skip
def test_pattern_is_answered_by_strings_that_match_it(pattern: str) -> None:
    validator = compile_validator({"type": "string", "pattern": pattern})
    assert any(validator.is_valid(candidate) for candidate in matching(pattern))


@pytest.mark.parametrize(
    "pattern", ["(", "[", "[z-a]", "x{100000}", "((a{1000}){1000}){1000}", "(" * 5_000 + ")" * 5_000, r"(a)\1"]
)
def test_pattern_that_is_none_or_makes_giants_has_no_strings_and_takes_no_time(pattern: str) -> None:
    assert list(matching(pattern)) == []


def test_example_is_a_value_that_fits() -> None:
    assert example({"$ref": "#/$defs/A"}, {"A": {"enum": ["x"]}}) == "x"
    with pytest.raises(LookupError):
        example(False, {})


def _operation(schema: JsonObject) -> JsonObject:
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}, "responses": {}}


def test_verification_counts_what_was_judged_and_says_why_it_was_not_accepted(
    document: MakeDocument, compiled: Compile
) -> None:
    good: JsonObject = {"/a": {"post": _operation({"type": "integer"})}}
    hopeless = {"operationId": "b", "parameters": [{"name": "p", "in": "query", "required": True, "schema": False}]}
    result = compiled(good | {"/b": {"get": hopeless}})
    verification = verify(document(good), result)
    assert (verification.operations, verification.samples, verification.accepted) == (2, 3, 3)
    assert (verification.refusals, verification.unsampled) == ((), ("b",))
    strict = verify(document({"/a": {"post": _operation({"type": "string"})}}), compiled(good))
    assert (strict.samples, strict.accepted) == (3, 0)
    refusal = strict.refusals[0]
    assert (refusal.tool, refusal.sample, refusal.whose) == ("post_a", "minimal", Whose.OURS)
    assert "string" in refusal.reason
    assert verify(document(good), result, at_most=1).operations == 1


# fmt: off
TEXT = {"type": "string"}
LIMITS = [
    # what the judge cannot do: an operation, arguments that fit, and a word of the reason
    ("/a/{p}", [{"in": "path", "required": True, "style": "label", "schema": TEXT}], {}, {"p": "x"}, "label"),
    ("/a/{p}", [{"in": "path", "required": True, "schema": TEXT | {"pattern": "^a/b$"}}], {}, {"p": "a/b"}, "escape"),
    ("/a?p={p}", [{"in": "path", "required": True, "schema": TEXT}], {}, {"p": "x"}, "template"),
    ("/a", [{"in": "query", "schema": TEXT}], {}, {"p": ""}, "name="),
    ("/a", [{"in": "query", "schema": {"type": "integer", "default": "x"}}], {}, {}, "default"),
    ("/a", [{"in": "query", "style": "deepObject", "schema": {"type": "object", "properties": {"a": {"type": "object"}}}}], {},
     {"p": {"a": {"b": 1}}}, "simplest"),
    ("/a", [], {"application/xml": {"schema": {"type": "object"}}}, {"body": {"a": 1}}, "XML"),
    ("/a", [], {"multipart/form-data": {"schema": {"type": "object", "properties": {"n": {"type": "integer"}}}}},
     {"body": {"n": 1}}, "multipart"),
    ("/a", [], {"application/x-www-form-urlencoded": {"schema": {"type": "object", "properties": {"o": {"type": "object"}}}}},
     {"body": {"o": {"a": 1}}}, "form"),
    ("/a", [{"in": "query", "schema": {"type": "array", "items": {"type": "array", "items": TEXT}}}], {}, {"p": [["x"], ["y"]]},
     "inside a list"),
    ("/a", [{"in": "header", "schema": {"type": "array", "items": {"type": "object"}}}], {}, {"p": [{"a": "x"}]},
     "inside a list"),
    ("/a", [{"in": "query", "schema": {"enum": [True]}}], {}, {"p": True}, "no type"),
    ("/a", [], {"application/json": {"schema": {"oneOf": [{"type": "object"}], "discriminator": {"propertyName": "kind"}}}},
     {"body": {}}, "discriminator"),
]
# fmt: on


@pytest.mark.parametrize("case", LIMITS, ids=lambda case: case[-1])
def test_known_limit_of_the_judge_is_its_own_mistake(document: MakeDocument, compiled: Compile, case: Any) -> None:
    path, parameters, content, arguments, why = case
    operation: JsonObject = {"parameters": [one | {"name": "p"} for one in parameters], "responses": {}}
    operation |= {"requestBody": {"required": True, "content": content}} if content else {}
    paths = {path: {"post": operation}}
    version = first(compiled(paths).drafts[0])
    check(version, arguments)
    request = build(version, arguments)
    verdict = Judge(document(paths), version).judge(request)
    assert not verdict.accepted, "the judge has learnt it: take the limit away"
    mistake, reason = whose(version.draft, request, verdict.reason)
    assert mistake is Whose.JUDGE, verdict.reason
    assert why in reason


@pytest.mark.parametrize("types", [{"anyOf": [{"type": "null"}, {"type": "integer"}]}, {"type": ["string", "null"]}])
def test_type_that_its_openapi_does_not_have_is_the_documents_mistake(
    document: MakeDocument, compiled: Compile, types: JsonObject
) -> None:
    schema = {"type": "object", "required": ["a"], "properties": {"a": types}}
    paths: JsonObject = {"/a": {"post": _operation(schema)}}
    verification = verify(document(paths, openapi="3.0.3"), compiled(paths, openapi="3.0.3"))
    assert verification.samples == 3
    assert {refusal.whose for refusal in verification.refusals} == {Whose.JUDGE}
    assert "does not have" in verification.refusals[0].reason
