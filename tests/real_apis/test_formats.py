"""Formats that real APIs bend, and values that YAML reads as numbers."""

from typing import Any

import pytest

from callgate.errors import ArgumentsInvalid
from tests.e2e.house import House

from .conftest import Json, Situate, Situation
from .recipes import Recipes, answer

#: What APIs say of themselves, and what they and their callers write.
BENT = {
    "a moment without an offset": ("date-time", "2026-01-31T10:00:00"),
    "a moment with a space": ("date-time", "2026-01-31 10:00:00Z"),
    "a time without seconds": ("time", "10:00"),
    "a duration in words": ("duration", "30s"),
    "a path for a URL": ("uri", "/orders/7"),
    "a host with an underscore": ("hostname", "my_host.example"),
}


def _asking(kind: str) -> Json:
    schema = {"type": "string", "format": kind}
    return {"/ask": {"get": {"operationId": "ask", "parameters": [{"name": "x", "in": "query", "schema": schema}]}}}


def _asked(situation: Situation, recipes: Recipes, value: str) -> str:
    recipes.tell("GET", "/ask", answer(200))
    situation.call("ask", {"x": value}).raise_for_outcome()
    return recipes.received("GET", "/ask")[-1].path


@pytest.mark.parametrize(("kind", "value"), BENT.values(), ids=BENT.keys())
def test_a_format_that_apis_bend_is_a_word_for_the_model(situation: Situate, recipes: Recipes, kind: str, value: str) -> None:
    made = situation(_asking(kind))
    assert _asked(made, recipes, value).startswith("/ask?x=")
    assert _format_of(made) == kind


def _format_of(made: Situation) -> Any:
    return made.house.client.tools.get(made.name("ask")).input_schema["properties"]["x"]["format"]


@pytest.mark.parametrize(("kind", "value"), BENT.values(), ids=BENT.keys())
def test_it_is_a_bound_where_the_manifest_says_strict(situation: Situate, recipes: Recipes, kind: str, value: str) -> None:
    made = situation(_asking(kind), manifest={"defaults": {"formats": "strict"}})
    with pytest.raises(ArgumentsInvalid):
        made.call("ask", {"x": value})
    assert recipes.requests == []


@pytest.mark.parametrize(("kind", "value"), [("uuid", "7"), ("date", "31.1.2026"), ("ipv4", "localhost")])
def test_a_format_that_apis_keep_is_a_bound(situation: Situate, recipes: Recipes, kind: str, value: str) -> None:
    with pytest.raises(ArgumentsInvalid):
        situation(_asking(kind)).call("ask", {"x": value})


YAML = """
openapi: 3.1.0
info: {{title: Zips, version: 1.10}}
paths:
  /zips:
    get:
      operationId: {name}
      parameters:
      - {{name: zip, in: query, schema: {{enum: [010, 1.10, 0x1F, true], type: string}}}}
      - {{name: release, in: query, required: true, schema: {{type: string, default: 1.10}}}}
      - {{name: count, in: query, schema: {{type: integer, enum: [010, 2]}}}}
      responses: {{"200": {{description: Ok.}}}}
"""


@pytest.mark.parametrize(
    ("arguments", "query"),
    [
        ({"zip": "010"}, "zip=010&release=1.10"),
        ({"zip": "1.10"}, "zip=1.10&release=1.10"),
        ({"zip": "0x1F"}, "zip=0x1F&release=1.10"),
        ({"zip": "true"}, "zip=true&release=1.10"),
        ({"count": 10}, "release=1.10&count=10"),
    ],
)
def test_what_yaml_reads_as_a_number_is_sent_as_it_was_written_where_the_schema_says_text(
    house: House, recipes: Recipes, arguments: Json, query: str
) -> None:
    recipes.tell("GET", "/zips", answer(200))
    report = house.client.toolsets.import_openapi(YAML.format(name="zips").encode(), "zips", server=recipes.url)
    house.promote(report)
    house.client.call("zips", arguments).raise_for_outcome()
    (request,) = recipes.received("GET", "/zips")
    assert request.path == f"/zips?{query}"
