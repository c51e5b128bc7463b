"""Schemas in the form that a provider takes, and arguments that were made by them, through a real gateway and box."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from callgate import SchemaForm
from callgate.adapters import Place, Toolbox
from callgate.adapters.forms import OPENAI, PLAIN
from callgate.openai import ChatTools
from tests.clients.scripted.provider import Provider
from tests.e2e.house import House

pytestmark = [pytest.mark.docker, pytest.mark.slow]

TEXT = {"type": "string"}
SCHEMAS: dict[str, dict[str, Any]] = {
    "note": {
        "type": "object",
        "properties": {"text": TEXT, "title": TEXT},
        "required": ["text"],
        "additionalProperties": False,
    },
    "anything": {"type": "object", "additionalProperties": True},
    "tree": {"$ref": "#/components/schemas/Tree"},
}
TREE = {
    "type": "object",
    "properties": {"text": TEXT, "below": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}}},
}


@pytest.fixture
def toolset(house: House) -> Iterator[str]:
    """An upstream that answers what it is sent. A schema has a strict form, one has none, and one leads to itself."""
    paths = {
        f"/{name}": {
            "post": {
                "operationId": name,
                "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
                "responses": {"200": {"description": "The same.", "content": {"application/json": {}}}},
            }
        }
        for name, schema in SCHEMAS.items()
    }
    document = {"openapi": "3.1.0", "info": {"title": "Echo", "version": "1"}, "paths": paths}
    text = json.dumps({**document, "components": {"schemas": {"Tree": TREE}}}).encode()
    with Provider(lambda sent: sent) as echo:
        house.offer(text, "echo", echo.url)
        yield "echo"


def test_each_schema_is_in_the_first_form_that_it_has(house: House, toolset: str) -> None:
    forms = {one.name: one.form for one in Toolbox(house.client, forms=OPENAI).offers(toolset)}
    assert forms == {"note": SchemaForm.STRICT, "anything": SchemaForm.INLINED, "tree": SchemaForm.SHALLOW}
    plain = Toolbox(house.client, forms=PLAIN).offers(toolset)
    assert {one.name: one.form for one in plain} == forms | {"note": SchemaForm.INLINED}
    assert "$ref" not in json.dumps([one.schema for one in plain])


def test_the_nulls_of_a_strict_schema_do_not_reach_the_upstream(house: House, toolset: str) -> None:
    tools = ChatTools.load(house.client, toolset)
    note = tools.schemas[list(tools.offers).index("note")]["function"]
    assert note["strict"] is True
    assert note["parameters"]["properties"]["body"]["required"] == ["text", "title"]
    asked = json.dumps({"body": {"text": "tea", "title": None}})
    call = {"id": "call_1", "type": "function", "function": {"name": "note", "arguments": asked}}
    (answer,) = tools.answers({"tool_calls": [call]}, run="strict", step=1)
    assert json.loads(answer["content"]) == {"text": "tea"}


def test_a_null_that_a_schema_takes_stays_one(house: House, toolset: str) -> None:
    toolbox = Toolbox(house.client, forms=OPENAI)
    (anything,) = toolbox.offers(toolset, name="anything")
    answer = toolbox.call(anything, {"body": {"text": "tea", "more": None}}, Place("nulls", 1))
    assert answer.structured == {"text": "tea", "more": None}
