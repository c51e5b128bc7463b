"""A schema within a budget of tokens: never over it, honest about what is left out, and no narrower than the tool's own."""

from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registry.model.tool import JsonObject
from registry.schema.reduced import reduced
from registry.schema.sampling import samples
from registry.schema.token_budget import BYTES, tokens_of
from registry.schema.validators import compile_validator

WORDS = "This is the first sentence. And here are many more words that nobody needs to read. " * 5


def _tool(body: JsonObject, **definitions: JsonObject) -> JsonObject:
    whole: JsonObject = {"type": "object", "properties": {"body": body}, "required": ["body"], "additionalProperties": False}
    return whole | ({"$defs": definitions} if definitions else {})


def _wide(count: int, **more: Any) -> JsonObject:
    return {"type": "object", "properties": {f"property{number}": {"type": "string", **more} for number in range(count)}}


def _chain(length: int) -> JsonObject:
    links = {
        f"S{i}": _wide(20) | {"properties": {"next": {"$ref": f"#/$defs/S{i + 1}"}, **_wide(20)["properties"]}}
        for i in range(length)
    }
    return _tool({"$ref": "#/$defs/S0"}, **links, **{f"S{length}": _wide(5)})


CASES: dict[str, JsonObject] = {
    "examples": _tool({"type": "string", "examples": ["x" * 4_000]}),
    "long descriptions": _tool(_wide(20, description=WORDS)),
    "definitions far away": _chain(30),
    "wide and flat": _tool(_wide(400, description="A word.")),
    "deep": _tool({"type": "object", "properties": {"a": {"type": "object", "properties": {"b": _wide(300)}}}}),
    "long lists of values": _tool({"type": "string", "enum": [f"value-number-{number}" for number in range(2_000)]}),
    "alternatives": _tool({"oneOf": [_wide(60) | {"required": [f"property{number}"]} for number in range(20)]}),
    "many arguments": {
        "type": "object", "properties": {f"argument{n}": {"type": "string"} for n in range(1_000)}, "required": ["argument7"],
    },
    "recursion": _tool({"$ref": "#/$defs/A"}, A=_wide(100) | {"additionalProperties": {"$ref": "#/$defs/A"}}),
    "nothing helps": {"type": "object", "properties": {"x" * 9_000: {}}, "required": ["x" * 9_000]},
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("budget", [300, 900])
def test_it_is_within_the_budget_and_says_what_is_left_out(name: str, budget: int) -> None:
    found = reduced(CASES[name], budget)
    assert len(orjson.dumps(found.schema)) <= budget * BYTES
    assert bool(found.left_out) == (found.schema != CASES[name])
    compile_validator(found.schema)


@pytest.mark.parametrize("name", [name for name in CASES if name not in ("many arguments", "nothing helps")])
def test_what_the_tool_accepts_the_reduced_schema_accepts(name: str) -> None:
    validator = compile_validator(reduced(CASES[name], 300).schema)
    for arguments in samples(CASES[name]):
        assert validator.is_valid(arguments)


def test_what_fits_is_the_tools_own() -> None:
    schema = _tool(_wide(3))
    found = reduced(schema, 8_000)
    assert found.schema is schema
    assert found.left_out == ()


def test_the_least_needed_goes_first() -> None:
    schema = _tool(_wide(5, description=WORDS, examples=["a", "b"]))
    size = tokens_of("", "", schema)
    without_examples = reduced(schema, size - 10)
    assert without_examples.left_out == ("examples",)
    assert without_examples.schema["properties"]["body"]["properties"]["property0"]["description"] == WORDS
    shorter = reduced(schema, 250)
    assert "descriptions behind their first sentences" in shorter.left_out
    assert shorter.schema["properties"]["body"]["properties"]["property0"]["description"] == "This is the first sentence."


def test_definitions_that_are_near_are_kept_and_those_left_out_are_named() -> None:
    found = reduced(_chain(30), 900)
    assert "S0" in found.schema["$defs"]
    assert any(line.startswith("definitions: ") for line in found.left_out)


def test_a_required_argument_is_never_left_out_before_its_schema() -> None:
    found = reduced(CASES["many arguments"], 900)
    assert "argument7" in found.schema["properties"]
    assert any(line.startswith("optional arguments: ") for line in found.left_out)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2_000), st.sampled_from(sorted(CASES)))
def test_no_budget_is_exceeded_but_by_a_schema_that_says_nothing(budget: int, name: str) -> None:
    found = reduced(CASES[name], budget)
    assert len(orjson.dumps(found.schema)) <= budget * BYTES or found.schema == {"type": "object"}
