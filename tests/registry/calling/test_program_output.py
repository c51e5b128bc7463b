"""A program's output: whether it is a result, as what, and why it is none. The causes themselves are situations of real boxes,
in `tests/real_apis/test_programs_outputs.py`."""

import json
import time
from dataclasses import replace
from typing import Any

import orjson
import pytest

from registry.calling.not_json import LOOKED_AT, SHOWN, why_not_json
from registry.calling.program_output import JSON, TEXT, objection, says_text, text_of, text_result
from registry.model.tool import Draft, Effect, JsonObject, Operation

STRING: JsonObject = {"type": "string"}


def draft(schema: JsonObject | None, accept: tuple[str, ...] = ("application/json",)) -> Draft:
    operation = Operation("POST", "container:", "/x", (), None, accept)
    return Draft("x", "t", "X.", {}, schema, operation, effect=Effect.PURE)


@pytest.mark.parametrize("output", [b"{}", b" [1]\n", b"null", b'"x"', b"1e5", b"[" * 64 + b"]" * 64])
def test_one_json_value_is_a_result(output: bytes) -> None:
    assert objection(output) is None


@pytest.mark.parametrize("output", [b"[" * 65 + b"]" * 65, b"[" * 10_000 + b"]" * 10_000, b"[" * 100_000])
def test_what_is_nested_too_deep_is_told_as_that(output: bytes) -> None:
    assert objection(output) == "is nested deeper than 64 levels"


@pytest.mark.parametrize(
    "schema",
    [
        STRING,
        {"type": ["string", "null"]},
        {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/b"}, "b": STRING}},
        {"type": "string", "enum": ["a"]},
    ],
)
def test_a_schema_says_text_by_its_type(schema: JsonObject) -> None:
    assert says_text(schema)


@pytest.mark.parametrize(
    "schema",
    [
        None,
        {},
        {"type": ["string", "integer"]},
        {"type": "null"},
        {"enum": ["a"]},
        {"$ref": "#/$defs/a", "$defs": {}},
        {"type": 7},
    ],
)
def test_any_other_schema_says_something_else(schema: Any) -> None:
    assert not says_text(schema)


def test_a_definition_that_leads_to_itself_says_nothing() -> None:
    assert not says_text({"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/a"}}})


@pytest.mark.parametrize(("output", "text"), [(b"a\n", "a"), (b"a\r\n", "a"), (b"a\n\n", "a\n"), (b" a", " a"), (b"", "")])
def test_the_last_lines_end_is_no_part_of_a_text(output: bytes, text: str) -> None:
    assert text_of(output) == text


@pytest.mark.parametrize("output", [b"\xff", b"a\0b", b""])
def test_bytes_are_no_text(output: bytes) -> None:
    assert text_of(output) == ""
    assert text_result(output, draft(STRING)) is None


def test_text_becomes_a_json_string_where_the_schema_is_of_json() -> None:
    found = text_result(b'say "a"\n', draft(STRING))
    assert found is not None
    assert (found.content_type, orjson.loads(found.body)) == (JSON, 'say "a"')


@pytest.mark.parametrize("output", [b'"a"', b"null", b' "a"\n'])
def test_a_json_string_stays_one(output: bytes) -> None:
    assert text_result(output, draft(STRING)) is None


def test_what_only_looks_like_a_json_string_is_text() -> None:
    found = text_result(b'"a" and "b"', draft(STRING))
    assert found is not None
    assert orjson.loads(found.body) == '"a" and "b"'


def test_text_stays_as_it_is_where_nothing_but_text_is_promised() -> None:
    found = text_result(b"a;b\n", draft(None, ("text/csv", "text/plain")))
    assert found is not None
    assert (found.content_type, found.body) == (TEXT, b"a;b\n")


@pytest.mark.parametrize("accept", [("*/*",), ("application/json",), ("text/plain", "image/png"), ("application/xml",)])
def test_text_is_no_result_where_something_else_may_be_promised(accept: tuple[str, ...]) -> None:
    assert text_result(b"a", draft(None, accept)) is None
    assert text_result(b"a", replace(draft({"type": "object"}), name="y")) is None


def test_of_the_output_a_few_characters_are_repeated_and_none_that_hides() -> None:
    told = why_not_json(b"\x1b[2J" + b"secret " * 1000)
    assert len(told) < 400
    assert told.isprintable()
    assert json.dumps("\x1b[2J")[1:-1] in told
    assert ("secret " * 10)[:SHOWN] not in told


HUGE = {
    "logs": b"INFO [a] {b}\n" * 400_000,
    "brackets": b"[{" * 2_000_000,
    "lines that begin like JSON": b"{\n[\n" * 1_000_000,
    "a cut character": b'"' + "ü".encode() * 2_000_000,
    "bytes": bytes(range(256)) * 20_000,
}


@pytest.mark.parametrize("output", HUGE.values(), ids=HUGE.keys())
def test_why_it_is_no_json_is_found_in_no_time_however_much_there_is(output: bytes) -> None:
    began = time.thread_time()
    assert why_not_json(output)
    assert time.thread_time() - began < 0.1


def test_a_character_that_the_look_cuts_in_two_is_no_fault_of_the_outputs() -> None:
    told = why_not_json(b"x" + "ü".encode() * LOOKED_AT)
    assert "UTF-8" not in told
    assert "plain text" in told
