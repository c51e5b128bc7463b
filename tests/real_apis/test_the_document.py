"""Documents as their authors write them: by reference, closed, in HTML, without words. Each becomes a call that arrives."""

import json
from typing import Any

import pytest

from callgate import SchemaForm
from callgate.errors import ArgumentsInvalid
from tests.e2e.conftest import collector, house, new_house, open_house
from tests.e2e.house import House

from .conftest import recipes
from .documents import OK, Json, Offer, body_of, sent
from .recipes import Recipes

__all__ = ["collector", "house", "new_house", "open_house", "recipes"]

CLOSED: Json = {"type": "object", "additionalProperties": False}
URL = CLOSED | {"required": ["url"], "properties": {"url": {"type": "string"}}}
LANG = CLOSED | {"properties": {"lang": {"type": "string"}}}
OVERLAP = {"type": "object", "properties": {"a": {"type": "string"}, "id": {"readOnly": True}}}


@pytest.fixture
def offer(house: House, recipes: Recipes) -> Offer:
    return Offer(house, recipes)


@pytest.mark.parametrize("place", ["#/components/x-ops/make", "#/x-bundled/resources~1create.yml", "#/paths/~1other/put"])
def test_an_operation_by_reference_sends_its_body(offer: Offer, place: str) -> None:
    name = offer.name("make")
    operation = OK | body_of({"type": "object"}) | {"operationId": name}
    document: Json = {"paths": {"/things": {"post": {"$ref": place}}}, "components": {}}
    if "components" in place:
        document["components"]["x-ops"] = {"make": operation}
    elif "bundled" in place:
        document["x-bundled"] = {"resources/create.yml": operation}
    else:
        document["paths"]["/other"] = {"put": operation}
    imported = offer(document)
    offer.answers("POST", "/things")
    tool = next(tool.name for tool in imported.report.tools if tool.method == "POST")
    assert imported.call(tool, body={"a": 1}).json() == {"ok": True}
    (request,) = offer.upstream.received("POST", "/things")
    assert sent(request) == {"a": 1}


@pytest.mark.parametrize(
    ("paths", "named"),
    [
        ({"/droplets": {"post": {"$ref": "resources/create.yml"}}}, "POST /droplets"),
        ({"/things": {"$ref": "paths/things.yml"}}, "* /things"),
        ({"/a": {"POST": OK}}, "POST /a"),
        ({"/a": {"post": OK | body_of({"$ref": "#/components/schemas/Loop"})}}, "POST /a"),
    ],
)
def test_an_operation_that_is_lost_is_named_and_the_others_are_called(offer: Offer, paths: Json, named: str) -> None:
    kept = offer.name("kept")
    loop = {"schemas": {"Loop": {"allOf": [{"$ref": "#/components/schemas/Loop"}]}}}
    imported = offer({"paths": paths | {"/kept": {"get": OK | {"operationId": kept}}}, "components": loop})
    assert imported.lost == {named}
    assert all(fault.cure for fault in imported.report.faults)
    offer.answers("GET", "/kept")
    assert imported.call(kept).json() == {"ok": True}


@pytest.mark.parametrize(
    ("schema", "fits", "refused"),
    [
        ({"allOf": [URL, LANG]}, {"url": "u", "lang": "de"}, {"url": "u", "x": 1}),
        (LANG | {"required": ["language"]}, {"lang": "de"}, {"x": 1}),
        ({"type": "array", "items": {"type": "string"}, "enum": ["a", "b"]}, ["b"], ["c"]),
        ({"oneOf": [OVERLAP, OVERLAP | {"title": "the same"}]}, {"a": "x"}, {"a": 1}),
    ],
)
def test_a_schema_that_allows_nothing_is_called_as_it_is_meant(offer: Offer, schema: Json, fits: Any, refused: Any) -> None:
    name = offer.name("closed")
    imported = offer({"paths": {"/c": {"post": OK | body_of(schema) | {"operationId": name}}}})
    assert imported.report.faults
    offer.answers("POST", "/c")
    assert imported.call(name, body=fits).json() == {"ok": True}
    assert sent(offer.upstream.received("POST", "/c")[0]) == fits
    with pytest.raises(ArgumentsInvalid):
        imported.call(name, body=refused)


def test_a_tool_that_accepts_nothing_is_told_at_its_import(offer: Offer) -> None:
    operation = OK | body_of({"type": "string", "minLength": 2, "maxLength": 1})
    imported = offer({"paths": {"/n": {"post": operation | {"operationId": offer.name("nothing")}}}})
    assert [fault.operations for fault in imported.report.faults] == [("POST /n",)]
    assert "accepts nothing" in imported.report.faults[0].message


def test_examples_deprecation_and_words_reach_the_planner(offer: Offer) -> None:
    name = offer.name("words")
    parameter = {"name": "q", "in": "query", "deprecated": True, "schema": {"type": "string"}, "example": "red shoes"}
    operation = OK | {
        "operationId": name,
        "deprecated": True,
        "description": "<p>Finds &amp; lists.</p>",
        "parameters": [parameter],
    }
    offer({"paths": {"/w": {"get": operation}}})
    tool = offer.house.client.tools.get(name)
    assert tool.deprecated
    assert tool.description.endswith("Finds & lists.")
    assert tool.input_schema["properties"]["q"] == {"type": "string", "deprecated": True, "examples": ["red shoes"]}


def test_an_operation_without_words_is_described_and_called(offer: Offer) -> None:
    name = offer.name("silent")
    path = f"/users/{{user_id}}/{name}"
    imported = offer({"paths": {path: {"get": OK | {"operationId": name, "tags": ["Orders"]}}}})
    assert offer.house.client.tools.get(name).description.startswith("Reads silent doc")
    offer.answers("GET", f"/users/7/{name}")
    assert imported.call(name, user_id="7").json() == {"ok": True}


@pytest.mark.parametrize("servers", [None, [{"url": ""}], [{"url": "/"}]])
def test_without_a_server_calls_go_where_the_document_came_from(offer: Offer, servers: list[Json] | None) -> None:
    name = offer.name("home")
    document: Json = {"paths": {"/h": {"get": OK | {"operationId": name}}}}
    imported = offer(
        document | ({} if servers is None else {"servers": servers}), server="", origin=f"{offer.upstream.url}/v1/openapi.json"
    )
    offer.answers("GET", "/h")
    assert imported.call(name).json() == {"ok": True}


def test_a_tool_over_the_budget_is_told_and_has_a_reduced_form_that_is_called(offer: Offer) -> None:
    name = offer.name("large")
    properties: Json = {
        f"p{number}": {"type": "string", "description": "Words. " * 40, "example": "x"} for number in range(300)
    }
    schema = {"type": "object", "properties": properties | {"needed": {"type": "string"}}, "required": ["needed"]}
    imported = offer({"paths": {"/l": {"post": OK | body_of(schema) | {"operationId": name}}}})
    assert [fault.operations for fault in imported.report.faults] == [("POST /l",)]
    small = offer.house.client.tools.get(name, schema_form=SchemaForm.REDUCED, token_budget=2_000)
    (listed,) = offer.house.client.tools.list(name=name, schema_form=SchemaForm.REDUCED)
    assert len(json.dumps(small.input_schema, separators=(",", ":"))) <= 2_000 * 4 < len(json.dumps(listed.input_schema))
    assert small.schema_left_out
    assert listed.schema_left_out
    offer.answers("POST", "/l")
    assert imported.call(name, body={"needed": "x"}).json() == {"ok": True}
