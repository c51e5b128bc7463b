import pytest

from registry.document.loading import load, read
from registry.model.errors import DocumentInvalid

YAML = b"""\
openapi: 3.1.0
paths: {}
x:
  yes: no
  date: 2024-01-01
  200: [1, 0x1F, 0o17, 1.5, -2e3, .5, 017, 1_000, 12:30:00]
  null: [null, ~, Null, ]
  quoted: ["1", 'true', !!str 5]
  flags: [true, True, FALSE]
  big: 123456789012345678901234567890
  block: |
    a
    b
  twice: [&a {b: 1}, *a]
"""


def test_yaml_is_read_by_the_core_schema_of_1_2() -> None:
    assert load(YAML)["x"] == {
        "yes": "no",
        "date": "2024-01-01",
        "200": [1, 31, 15, 1.5, -2000.0, 0.5, 17, "1_000", "12:30:00"],
        "null": [None, None, None],
        "quoted": ["1", "true", "5"],
        "flags": [True, True, False],
        "big": 123456789012345678901234567890.0,
        "block": "a\nb\n",
        "twice": [{"b": 1}, {"b": 1}],
    }


def test_byte_order_mark_and_leading_space_are_tolerated() -> None:
    assert load(b'\xef\xbb\xbf \n{"openapi": "3.0.3", "paths": {}}')["openapi"] == "3.0.3"
    assert load(b"\xef\xbb\xbfopenapi: 3.0.3\npaths: {}")["openapi"] == "3.0.3"


def test_version_that_yaml_reads_as_a_number_is_a_version() -> None:
    assert load(b"openapi: 3.1\npaths: {}")["paths"] == {}


def test_merge_keys_of_yaml_are_merged_and_what_stands_beside_them_wins() -> None:
    merged = load(b"openapi: 3.1.0\npaths: {}\na: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nc: {<<: [*a, *b], x: 3}\nd: {<<: *b}")
    assert (merged["c"], merged["d"]) == ({"x": 3, "y": 1, "z": 2}, {"y": 2, "z": 2})


@pytest.mark.parametrize("text", [b'"a": 1, "a": 2', b'"a": {"b": 1, "b" : 2}', b'"a": [{"b": 1}, {"b": "x\\": y", "b":2}]'])
def test_key_that_comes_twice_in_json_is_named_and_the_last_one_counts(text: bytes) -> None:
    reading = read(b'{"openapi": "3.1.0", "paths": {}, ' + text + b"}")
    assert ["twice" in fault.message for fault in reading.faults] == [True]
    assert "2" in str(reading.document["a"])


def test_text_that_looks_like_a_key_is_none() -> None:
    assert read(rb'{"openapi": "3.1.0", "paths": {}, "a": "\"b\": 1", "b": ["x\": 1"]}').faults == ()


@pytest.mark.parametrize(
    "text", [b"<!DOCTYPE html>\n<html></html>", b"\xef\xbb\xbf\n <HTML lang='en'>", b"<!doctype  HTML PUBLIC ''>"]
)
def test_a_page_is_told_as_one_with_where_the_document_may_be(text: bytes) -> None:
    with pytest.raises(DocumentInvalid, match="an HTML page") as refused:
        load(text)
    assert "Raw" in refused.value.cure


def test_tabs_in_yaml_are_told_as_the_cause() -> None:
    with pytest.raises(DocumentInvalid, match="line 2") as refused:
        load(b"openapi: 3.1.0\n\tpaths: {}\n")
    assert "spaces" in refused.value.cure
    with pytest.raises(DocumentInvalid) as refused:
        load(b"openapi: 3.1.0\n  paths: {\n")
    assert "spaces" not in refused.value.cure


@pytest.mark.parametrize(
    ("text", "place"),
    [
        (b"swaggerVersion: '1.2'", "/swaggerVersion"),
        (b"swagger: '1.0'", "/swagger"),
        (b"openapi: 4.0.0", "/openapi"),
        (b"openapi: null", "/openapi"),
        (b"{}", "/openapi"),
    ],
)
def test_a_version_that_is_not_read_is_named_by_its_place(text: bytes, place: str) -> None:
    with pytest.raises(DocumentInvalid) as refused:
        load(text)
    assert refused.value.pointer == place


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{enum: [010, 1.10, 1e3, 0x1F, true, x, null], type: string}", ["010", "1.10", "1e3", "0x1F", "true", "x", None]),
        ("{type: [string, 'null'], enum: [010]}", ["010"]),
        ("{enum: [010, 1.10, true], type: number}", [10, 1.1, True]),
        ("{enum: [010], type: [string, integer]}", [10]),
        ("{enum: [010]}", [10]),
        ("{enum: [[010]], type: string}", [[10]]),
    ],
)
def test_a_number_is_as_it_was_written_where_the_schema_says_text(text: str, value: object) -> None:
    assert load(f"openapi: 3.1.0\npaths: {{}}\nx: {text}".encode())["x"]["enum"] == value


def test_only_values_of_a_schema_of_text_are_as_they_were_written() -> None:
    document = load(
        b"openapi: 3.1.0\npaths: {}\n"
        b"x: {type: string, default: 1.10, const: 007, maxLength: 010, x-order: 1.10}\n"
        b"y: {name: a, in: query, example: 007, schema: {type: string}}\n"
        b"z: {type: object, properties: {enum: {type: string, enum: &e [010]}}, more: *e}\n"
    )
    assert document["x"] == {"type": "string", "default": "1.10", "const": "007", "maxLength": 10, "x-order": 1.1}
    assert document["y"]["example"] == "007"
    assert document["z"]["properties"]["enum"]["enum"] == ["010"]
    assert document["z"]["more"] == [10]
