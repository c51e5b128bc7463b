"""What does not fit is told where it is, with what would be right there, and without a value of the caller's."""

from typing import Any

import pytest

from registry.model.errors import ArgumentsInvalid
from registry.model.tool import JsonObject
from tests.processor_time import at_most
from tests.registry.conftest import CompileTool

from .here import check


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
        check(version, {"body": body, "hunter2": 1})
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
    check(version, {"body": 1})
    with pytest.raises(ArgumentsInvalid, match="body"):
        check(version, {})


def test_pattern_that_backtracks_without_end_takes_bounded_time(tool: CompileTool) -> None:
    with at_most(2):
        for pattern in ("^(a+)+$", "(?=a)(a+)+$"):
            version = tool("/a", "post", _with_body({"type": "string", "pattern": pattern}))
            with pytest.raises(ArgumentsInvalid):
                check(version, {"body": "a" * 50_000 + "!"})


def test_deep_arguments_of_a_schema_that_leads_back_to_itself_in_two_ways_are_little_work(tool: CompileTool) -> None:
    node = {"$ref": "#/components/schemas/Node"}
    schemas = {
        "Node": {"oneOf": [{"type": "object", "required": ["l"], "properties": {"l": node}}, {"properties": {"l": node}}]}
    }
    version = tool("/a", "post", _with_body(node), components={"schemas": schemas})
    nested: Any = {}
    for _ in range(40):
        nested = {"l": nested}
    with at_most(1):
        check(version, {"body": nested})


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
        check(version, {"body": given})
    violation = refusal.value.violations[0]
    assert violation.pointer == pointer
    assert violation.expected.endswith(f"; for example {example}")
    assert "SECRET" not in str(refusal.value.violations)


def test_example_that_would_be_long_or_is_not_found_is_left_out(tool: CompileTool) -> None:
    for schema in ({"type": "string", "minLength": 1_000}, {"type": "string", "pattern": "^(?=a)b$"}):
        with pytest.raises(ArgumentsInvalid) as refusal:
            check(tool("/a", "post", _with_body(schema)), {"body": 1})
        assert "for example" not in refusal.value.violations[0].expected
