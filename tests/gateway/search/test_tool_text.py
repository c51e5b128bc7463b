"""What of a tool is read, and how much: schemas come from strangers."""

from typing import Any

import pytest

from gateway.search.tool_text import text_of
from gateway.search.weights import FIELDS, MOST_WORDS, weights_of
from tests.gateway.search.made import draft

ADDRESS = {"type": "object", "properties": {"street": {"type": "string", "description": "With its number."}}}


def test_a_tool_tells_its_name_words_path_arguments_and_values() -> None:
    schema = {
        "properties": {
            "state": {"enum": ["open", "closed", 7], "description": "Which of them."},
            "to": {"$ref": "#/$defs/Address"},
            "items": {"type": "array", "items": {"properties": {"sku": {"title": "Code"}}}},
            "by": {"anyOf": [{"properties": {"email": {}}}, {"type": "null"}]},
        },
        "$defs": {"Address": ADDRESS},
    }
    told = text_of(
        draft("ship", "Ship it. To anywhere.\n\nSoon.", schema=schema, method="DELETE", path="/boxes/{id}"), ("Post", "Sea")
    )
    assert (told.name, told.summary, told.rest) == ("ship", "Ship it", ". To anywhere.\n\nSoon.")
    assert (told.path, told.verbs, told.tags, told.toolset) == ("/boxes/{id}", "delete remove", "Post Sea", "things")
    assert told.arguments == ["state", "to", "items", "by", "street", "sku", "email"]
    assert told.descriptions == ["Which of them.", "With its number.", "Code"]
    assert told.values == ["open", "closed"]


def test_a_schema_that_refers_to_itself_is_read_once() -> None:
    node: dict[str, Any] = {"properties": {"next": {"$ref": "#/$defs/Node"}, "name": {}}}
    told = text_of(draft("grow", schema={"properties": {"root": {"$ref": "#/$defs/Node"}}, "$defs": {"Node": node}}))
    assert told.arguments == ["root", "next", "name"]


@pytest.mark.parametrize(
    "schema",
    [
        {"properties": []},
        {"properties": {"a": True, "b": 7, "c": None}},
        {"properties": {"a": {"enum": 7, "description": [], "title": {}, "items": [], "anyOf": {}, "$ref": 7}}},
        {"properties": {"a": {"$ref": "#/$defs/None"}}, "$defs": []},
    ],
)
def test_a_schema_that_is_none_is_no_reason_to_fail(schema: dict[str, Any]) -> None:
    assert weights_of(text_of(draft("odd", schema=schema)))


def test_a_large_schema_is_read_within_bounds() -> None:
    wide: dict[str, Any] = {"properties": {f"argument{n}word{n}": {"description": f"d{n} " * 500} for n in range(5_000)}}
    told = text_of(draft("wide", schema=wide))
    assert (len(told.arguments), max(map(len, told.descriptions))) == (200, 300)
    assert len(weights_of(told)) <= MOST_WORDS
    deep: dict[str, Any] = {}
    for number in range(1_000):
        deep = {"properties": {f"level{number}": deep}}
    assert len(text_of(draft("deep", schema=deep)).arguments) < 10
    composed: dict[str, Any] = {"properties": {"x": {}}}
    for _ in range(500):
        composed = {"allOf": [composed, composed]}
    assert len(text_of(draft("composed", schema=composed)).arguments) <= 200


def test_each_field_has_a_weight_and_a_words_weight_is_below_one() -> None:
    told = text_of(draft("order " * 50, "Order. " * 100, path="/orders/orders"))
    assert set(FIELDS) == {name for name in dir(told) if not name.startswith("_")}
    weights = weights_of(told)
    assert 0 < min(weights.values()) <= max(weights.values()) < 1


def test_the_name_counts_more_than_a_word_in_a_description() -> None:
    named = weights_of(text_of(draft("refund")))
    told = weights_of(text_of(draft("pay", schema={"properties": {"x": {"description": "Not a refund."}}})))
    assert named["refund"] > told["refund"]


def test_a_tool_is_found_by_its_host_whatever_its_toolset_is_called() -> None:
    told = text_of(draft("refuel", toolset="my-things", server="https://api.space-traders.io:8443/v2"))
    assert told.toolset == "my things space traders"
    assert text_of(draft("refuel", server="http://127.0.0.1")).toolset == "things"
    assert text_of(draft("things", server="container:")).toolset == "things"
