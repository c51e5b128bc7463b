"""Arguments are read strictly, written canonically and checked without repeating a value."""

import json
import struct
import time
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.calling.arguments import ArgumentChecker, canonical, parse
from registry.calling.response_check import matches_schema
from registry.model.canonical_json import number
from registry.model.errors import ArgumentsInvalid
from registry.model.tool import JsonObject
from registry.model.versions import decode, encode
from tests.registry.conftest import CompileTool


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"", "well-formed"),
        (b"{", "well-formed"),
        (b'{"a": 1,}', "well-formed"),
        (b"{'a': 1}", "well-formed"),
        (b"[]", "an object"),
        (b"null", "an object"),
        (b'"x"', "an object"),
        (b"\xff", "UTF-8"),
        ("{}".encode("utf-16"), "UTF-8"),
        (b'{"a": 1, "a": 2}', "twice"),
        (b'{"a": {"b": 1, "\\u0062": 2}}', "twice"),
        (b'{"a": NaN}', "NaN"),
        (b'{"a": -Infinity}', "NaN"),
        (b'{"a": 1e999}', "double"),
        (b'{"a": 9007199254740992}', "integers"),
        (b'{"a": -9007199254740992}', "integers"),
        (b'{"a": ' + b"9" * 100_000 + b"}", "integers"),
        (b'{"a": "\\ud800"}', "surrogates"),
        (b'{"\\udc00": 1}', "surrogates"),
        (b'{"a": ' + b"[" * 64 + b"]" * 64 + b"}", "levels"),
        (b"[" * 1_000_000, "levels"),
        (b"]" * 1_000_000, "well-formed"),
        (b'{"a": [' + b"1," * 60_000 + b"1]}", "values"),
        (b'{"a": [' + b"[]," * 60_000 + b"1]}", "values"),
        (b'"' * 1_000_001, "well-formed"),
        (b'{"a": "' + b"\\" * 1_000_001, "well-formed"),
        (b'{"a": "' + b"x" * (1 << 20) + b'"}', "bytes"),
    ],
)
def test_hostile_arguments_are_refused_at_once(raw: bytes, expected: str) -> None:
    began = time.monotonic()
    with pytest.raises(ArgumentsInvalid) as refused:
        parse(raw)
    assert time.monotonic() - began < 1
    assert expected in refused.value.violations[0].expected


def test_brackets_inside_strings_count_for_nothing() -> None:
    text = '[{,\\"' * 30_000
    assert parse(json.dumps({"a": text}).encode()) == {"a": text}


@pytest.mark.parametrize(
    ("bits", "expected"),
    [  # RFC 8785, appendix B
        ("0000000000000000", "0"),
        ("8000000000000000", "0"),
        ("0000000000000001", "5e-324"),
        ("8000000000000001", "-5e-324"),
        ("7fefffffffffffff", "1.7976931348623157e+308"),
        ("ffefffffffffffff", "-1.7976931348623157e+308"),
        ("4340000000000000", "9007199254740992"),
        ("c340000000000000", "-9007199254740992"),
        ("4430000000000000", "295147905179352830000"),
        ("44b52d02c7e14af5", "9.999999999999997e+22"),
        ("44b52d02c7e14af6", "1e+23"),
        ("44b52d02c7e14af7", "1.0000000000000001e+23"),
        ("444b1ae4d6e2ef4e", "999999999999999700000"),
        ("444b1ae4d6e2ef4f", "999999999999999900000"),
        ("444b1ae4d6e2ef50", "1e+21"),
        ("3eb0c6f7a0b5ed8c", "9.999999999999997e-7"),
        ("3eb0c6f7a0b5ed8d", "0.000001"),
        ("41b3de4355555553", "333333333.3333332"),
        ("41b3de4355555554", "333333333.33333325"),
        ("41b3de4355555555", "333333333.3333333"),
        ("41b3de4355555556", "333333333.3333334"),
        ("41b3de4355555557", "333333333.33333343"),
        ("becbf647612f3696", "-0.0000033333333333333333"),
        ("43143ff3c1cb0959", "1424953923781206.2"),
    ],
)
def test_number_is_written_as_rfc_8785_says(bits: str, expected: str) -> None:
    assert number(struct.unpack(">d", bytes.fromhex(bits))[0]) == expected


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_number_that_is_not_json_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="JSON"):
        canonical({"a": value})


def test_canonical_form_is_that_of_rfc_8785() -> None:
    value = {
        "numbers": [333333333.33333329, 1e30, 4.50, 2e-3, 0.000000000000000000000000001],
        "string": '\u20ac$\u000f\nA\'B"\\\\"/',
        "literals": [None, True, False],
    }
    assert canonical(value).decode() == (
        '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],'
        '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    )


def test_keys_are_ordered_by_their_utf_16_units() -> None:
    keys = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\u0080", "\u00f6"]
    ordered = list(json.loads(canonical(dict.fromkeys(keys, 0))))
    assert ordered == ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]


_integers = st.integers(-(2**53) + 1, 2**53 - 1)
_doubles = st.floats(allow_nan=False, allow_infinity=False)
_json = st.recursive(
    st.one_of(st.none(), st.booleans(), st.text(max_size=5), _integers, _doubles),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=3), children, max_size=3),
    max_leaves=10,
)  # fmt: skip


@pytest.mark.slow
@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.dictionaries(st.text(max_size=3), _json, max_size=4))
def test_canonical_form_reads_back_equal_and_is_its_own_canonical_form(arguments: JsonObject) -> None:
    once = canonical(arguments)
    # A double beyond 2**53 is written without a point, and Python would read it as an integer of other digits.
    again = json.loads(once, parse_int=float)
    assert again == arguments
    assert canonical(again) == once


def _with_body(schema: JsonObject) -> JsonObject:
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}, "responses": {}}


def test_violations_point_to_their_places_and_repeat_no_value(tool: CompileTool) -> None:
    properties = {
        "n": {"type": "integer"},
        "p": {"pattern": "^a$"},
        "e": {"enum": ["x"]},
        "f": {"type": "string", "format": "date"},
        "a/b": {"maxLength": 1},
    }
    version = tool("/a", "post", _with_body({"type": "object", "properties": properties, "additionalProperties": False}))
    body: Any = {"n": "hunter2", "p": "hunter2", "e": "hunter2", "f": "hunter2", "a/b": "hunter2", "hunter2": 1}
    with pytest.raises(ArgumentsInvalid) as refused:
        ArgumentChecker().check(version, {"body": body, "hunter2": 1})
    violations = refused.value.violations
    assert {violation.pointer for violation in violations} == {
        "",
        "/body",
        "/body/n",
        "/body/p",
        "/body/e",
        "/body/f",
        "/body/a~1b",
    }
    assert "hunter2" not in "".join(violation.expected for violation in violations) + str(refused.value)


def test_arguments_that_fit_pass(tool: CompileTool) -> None:
    version = tool("/a", "post", _with_body({"type": "integer"}))
    ArgumentChecker().check(version, {"body": 1})
    with pytest.raises(ArgumentsInvalid, match="body"):
        ArgumentChecker().check(version, {})


def test_pattern_that_backtracks_without_end_takes_bounded_time(tool: CompileTool) -> None:
    began = time.monotonic()
    for pattern in ("^(a+)+$", "(?=a)(a+)+$"):
        version = tool("/a", "post", _with_body({"type": "string", "pattern": pattern}))
        with pytest.raises(ArgumentsInvalid):
            ArgumentChecker().check(version, {"body": "a" * 50_000 + "!"})
    assert time.monotonic() - began < 2


def test_arguments_of_a_recursive_schema_may_not_be_deep_enough_to_hang_the_validator(tool: CompileTool) -> None:
    node = {"$ref": "#/components/schemas/Node"}
    schemas = {
        "Node": {"oneOf": [{"type": "object", "required": ["l"], "properties": {"l": node}}, {"properties": {"l": node}}]}
    }
    version = tool("/a", "post", _with_body(node), components={"schemas": schemas})
    nested: Any = {}
    for _ in range(40):
        nested = {"l": nested}
    began = time.monotonic()
    with pytest.raises(ArgumentsInvalid, match="nesting"):
        ArgumentChecker().check(version, {"body": nested})
    assert time.monotonic() - began < 1


def test_checker_keeps_to_its_capacity_and_still_checks(tool: CompileTool) -> None:
    checker = ArgumentChecker(capacity=1)
    versions = [tool("/a", "post", _with_body({"type": kind})) for kind in ("integer", "string")]
    for _ in range(2):
        checker.check(versions[0], {"body": 1})
        checker.check(versions[1], {"body": "x"})


@pytest.mark.parametrize(
    ("status", "content_type", "body", "expected"),
    [
        (200, "application/json", b'{"id": 1}', True),
        (201, "application/hal+json; charset=utf-8", b'{"id": 1}', True),
        (200, "application/json", b'{"id": "x"}', False),
        (200, "application/json", b"<html>", False),
        (200, "application/json", b"", False),
        (200, "text/html", b"<html>", None),
        (204, None, b"", None),
        (404, "application/json", b'{"id": "x"}', None),
    ],
)
def test_answer_is_compared_with_the_output_schema_where_it_can_be(
    tool: CompileTool, status: int, content_type: str | None, body: bytes, expected: bool | None
) -> None:
    schema = {"type": "object", "properties": {"id": {"type": "integer"}}}
    version = tool("/a", "get", {"responses": {"2XX": {"content": {"application/json": {"schema": schema}}}}})
    assert matches_schema(ArgumentChecker(), version, status, content_type, body) is expected
    promising_nothing = tool("/a", "get", {"responses": {}})
    assert matches_schema(ArgumentChecker(), promising_nothing, status, content_type, body) is None


def _answering(kind: str) -> JsonObject:
    return {"content": {"application/problem+json": {"schema": {"type": kind}}}}


@pytest.mark.parametrize(
    ("status", "fits"),
    [(200, "1"), (201, '"created"'), (299, "[]"), (404, "{}"), (409, "true"), (500, "null"), (302, "null")],
)
def test_answer_is_compared_with_the_schema_of_its_status_then_of_its_range_then_of_the_default(
    tool: CompileTool, status: int, fits: str
) -> None:
    kinds = {"200": "integer", "201": "string", "2XX": "array", "404": "object", "4xx": "boolean", "default": "null"}
    version = tool("/a", "get", {"responses": {key: _answering(kind) for key, kind in kinds.items()}})
    assert (version.draft.output_schema, version.draft.output_status) == ({"type": "integer"}, "200")
    assert decode(encode(version)) == version
    for body in ("1", '"created"', "[]", "{}", "true", "null"):
        expected = body == fits
        assert matches_schema(ArgumentChecker(), version, status, "application/json", body.encode()) is expected


def test_status_that_is_not_declared_promises_nothing(tool: CompileTool) -> None:
    version = tool("/a", "get", {"responses": {"200": _answering("integer"), "404": {"description": ""}}})
    for status in (201, 404, 500):
        assert matches_schema(ArgumentChecker(), version, status, "application/json", b"{}") is None


def test_default_is_the_success_where_no_other_is_declared(tool: CompileTool) -> None:
    version = tool("/a", "get", {"responses": {"default": _answering("integer"), "404": _answering("object")}})
    assert version.draft.output_schema == {"type": "integer"}
    assert matches_schema(ArgumentChecker(), version, 200, "application/json", b"1") is True
    assert matches_schema(ArgumentChecker(), version, 404, "application/json", b"1") is False


def test_failure_whose_schema_is_large_is_declared_without_it(tool: CompileTool) -> None:
    large = {"content": {"application/json": {"schema": {"description": "x" * 10_000}}}}
    version = tool("/a", "get", {"responses": {"200": large, "500": large, "503": {"$ref": "#/nowhere"}}})
    assert version.draft.output_schema is not None
    assert [(one.status, one.media_types, one.schema) for one in version.draft.responses] == [
        ("200", ("application/json",), None),
        ("500", ("application/json",), None),
    ]


@pytest.mark.parametrize(
    ("schema", "given", "pointer", "example"),
    [
        ({"type": "integer", "minimum": 5}, "x", "/body", "5"),
        ({"enum": ["red", "green"]}, "SECRET", "/body", '"red"'),
        ({"type": "object", "required": ["n"], "properties": {"n": {"format": "date"}}}, {}, "/body", '{"n": "2024-01-01"}'),
        ({"type": "array", "items": {"type": "boolean"}}, [True, "SECRET"], "/body/1", "true"),
        ({"$ref": "#/components/schemas/A"}, {"k/y": "SECRET"}, "/body/k~1y", "0"),
        ({"type": "object", "additionalProperties": False, "properties": {"a": {}}}, {"SECRET": 1}, "/body", "{}"),
        ({"type": "string", "pattern": "^[A-Z]{2}-[0-9]+$"}, "SECRET", "/body", '"AA-0"'),
    ],
)
def test_violation_shows_an_example_of_what_would_be_right_and_no_value(
    tool: CompileTool, schema: JsonObject, given: Any, pointer: str, example: str
) -> None:
    components = {"A": {"type": "object", "properties": {"k/y": {"type": "integer", "multipleOf": 7, "maximum": 3}}}}
    version = tool("/a", "post", _with_body(schema), components={"schemas": components})
    with pytest.raises(ArgumentsInvalid) as refusal:
        ArgumentChecker().check(version, {"body": given})
    violation = refusal.value.violations[0]
    assert violation.pointer == pointer
    assert violation.expected.endswith(f"; for example {example}")
    assert "SECRET" not in str(refusal.value.violations)


def test_example_that_would_be_long_or_is_not_found_is_left_out(tool: CompileTool) -> None:
    for schema in ({"type": "string", "minLength": 1_000}, {"type": "string", "pattern": "^(?=a)b$"}):
        with pytest.raises(ArgumentsInvalid) as refusal:
            ArgumentChecker().check(tool("/a", "post", _with_body(schema)), {"body": 1})
        assert "for example" not in refusal.value.violations[0].expected
