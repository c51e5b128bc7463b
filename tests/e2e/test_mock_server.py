"""Sampled calls, through real boxes and over real HTTP, to a mock server that answers only what fits the document."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from callgate import State
from registry.model.tool import JsonObject
from registry.schema.sampling import samples
from tests.conftest import FreePort

from .house import House
from .mock_server import MockServer

TOOLSET = "mocked"
_INTEGER: JsonObject = {"type": "integer", "minimum": 1}
_WORDS: JsonObject = {"type": "array", "minItems": 2, "items": {"type": "string", "pattern": "^[a-z]+$"}}
_POINT: JsonObject = {"type": "object", "required": ["x"], "properties": {"x": _INTEGER, "y": _INTEGER}}
_THING: JsonObject = {
    "type": "object",
    "required": ["id", "name"],
    "properties": {
        "id": _INTEGER,
        "name": {"type": "string", "minLength": 2},
        "kind": {"type": "string", "enum": ["a", "b"]},
        "at": {"type": "string", "format": "date-time"},
        "tags": _WORDS,
        "inner": _POINT,
    },
}
_FORM: JsonObject = {"type": "object", "required": ["id"], "properties": {"id": _INTEGER, "name": {"type": "string"}}}

# fmt: off
PARAMETERS = {
    # name: place, style, explode, schema. What Prism fails on, with any client, cannot be shown: lists and objects in a path,
    # the styles label, matrix and spaceDelimited, and a list in a form.
    "path_number": ("path", "simple", False, _INTEGER),
    "path_text": ("path", "simple", False, {"type": "string", "pattern": "^[a-z]/[a-z]$"}),
    "query_number": ("query", "form", True, _INTEGER),
    "query_list": ("query", "form", True, _WORDS),
    "query_joined": ("query", "form", False, _WORDS),
    "query_piped": ("query", "pipeDelimited", False, _WORDS),
    "query_deep": ("query", "deepObject", True, _POINT),
    "header_number": ("header", "simple", False, _INTEGER),
    "header_list": ("header", "simple", False, _WORDS),
    "cookie_number": ("cookie", "form", True, _INTEGER),
}
BODIES = {
    "body_json": ("application/json", _THING),
    "body_patch": ("application/merge-patch+json", _THING),
    "body_form": ("application/x-www-form-urlencoded", _FORM),
    "body_parts": ("multipart/form-data", _FORM),
    "body_text": ("text/plain", {"type": "string"}),
}
# fmt: on


def _answers() -> JsonObject:
    schema = {"type": "object", "required": ["ok"], "properties": {"ok": {"type": "boolean"}}}
    return {"200": {"description": "", "content": {"application/json": {"schema": schema, "example": {"ok": True}}}}}


def _document() -> JsonObject:
    paths: JsonObject = {}
    for name, (place, style, explode, schema) in PARAMETERS.items():
        parameter = {"name": "value", "in": place, "style": style, "explode": explode, "required": True, "schema": schema}
        path = f"/{name}/{{value}}" if place == "path" else f"/{name}"
        paths[path] = {"get": {"operationId": name, "parameters": [parameter], "responses": _answers()}}
    for name, (media_type, schema) in BODIES.items():
        body = {"required": True, "content": {media_type: {"schema": schema}}}
        paths[f"/{name}"] = {"post": {"operationId": name, "requestBody": body, "responses": _answers()}}
    return {"openapi": "3.0.3", "info": {"title": "mocked", "version": "1"}, "paths": paths}


@pytest.fixture(scope="module")
def mock_server(tmp_path_factory: pytest.TempPathFactory, free_port: FreePort) -> Iterator[MockServer]:
    with MockServer(_document(), tmp_path_factory.mktemp("prism"), free_port()) as server:
        yield server


@pytest.fixture(scope="module")
def schemas(house: House, mock_server: MockServer) -> dict[str, Any]:
    """The input schema of each tool, once they are offered in the shared house."""
    house.offer(json.dumps(_document()).encode(), TOOLSET, mock_server.url)
    return {tool.name: tool.input_schema for tool in house.client.tools.list(TOOLSET)}


def test_mock_server_refuses_what_does_not_fit(mock_server: MockServer) -> None:
    assert mock_server.get("/query_number?value=1") == 200
    assert mock_server.get("/query_number?value=x") == 422
    assert mock_server.get("/query_number") == 422
    assert mock_server.get("/query_piped?value=a") == 422


@pytest.mark.parametrize("name", [*PARAMETERS, *BODIES])
def test_every_sampled_call_is_one_that_the_mock_server_accepts(house: House, schemas: dict[str, Any], name: str) -> None:
    for arguments in samples(schemas[name]):
        invocation = house.client.call(name, arguments)
        assert invocation.state is State.SUCCEEDED, (arguments, invocation.outcome)
        assert invocation.json() == {"ok": True}
        assert invocation.raise_for_outcome().result.matches_schema is True
