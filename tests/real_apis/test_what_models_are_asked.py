"""A secret that a document has a model hand over, and a server that stands for another one."""

import json

import pytest

from callgate import CredentialSource
from tests.e2e.house import House

from .conftest import Json, Situate
from .recipes import Recipes, answer


def test_a_secret_like_parameter_is_an_argument_until_a_credential_fills_it(situation: Situate, recipes: Recipes) -> None:
    recipes.tell("GET", "/x", answer(200))
    operation = {"operationId": "x", "parameters": [{"name": "xi-api-key", "in": "header", "schema": {"type": "string"}}]}
    asking = situation({"/x": {"get": operation}}, faults=True)
    (fault,) = asking.report.faults
    assert "--credential 'header:xi-api-key=PATH#FIELD'" in fault.cure
    named = {"header:xi-api-key": {"path": "secret/data/xi", "field": "key"}}
    filling = situation({"/x": {"get": operation}}, manifest={"credentials": named}, faults=True)
    filling.house.store(filling.report, {"secret/data/xi": {"key": "xi-secret"}})
    assert filling.house.client.tools.get(filling.name("x")).input_schema["properties"] == {}
    filling.call("x").raise_for_outcome()
    assert recipes.requests[0].headers["xi-api-key"] == "xi-secret"


@pytest.mark.parametrize("server", ["https://your-domain.example", "https://{customer}.example.com"])
def test_no_credential_goes_to_a_placeholder(house: House, server: str) -> None:
    source = CredentialSource("k", "secret/data/xi", "key")
    report = house.client.toolsets.import_openapi(json.dumps(_document(server)).encode(), "placeheld", credentials=[source])
    assert ["placeholder" in fault.message for fault in report.faults] == [True]
    assert [tool.needs_credential for tool in report.tools] == [False]
    assert report.roles == ()


def _document(server: str) -> Json:
    operation = {"operationId": "placeheld", "security": [{"k": []}], "responses": {"200": {"description": "d"}}}
    return {
        "openapi": "3.0.3",
        "info": {"title": "t", "version": "1"},
        "servers": [{"url": server, "variables": {"customer": {"default": "customer"}}}],
        "components": {"securitySchemes": {"k": {"type": "apiKey", "in": "header", "name": "X-Key"}}},
        "paths": {"/x": {"get": operation}},
    }
