"""A document that changes: what a plan of it says, and what waits for a person. One import through a real gateway each."""

import itertools
import json
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from callgate import ImportReport
from tests.e2e.house import House

from .conftest import Json

Edit = Callable[[Json], Any]
_numbers = itertools.count(1)
SERVER = "https://api.example"

LOGIN: Json = {"type": "oauth2", "flows": {"clientCredentials": {"tokenUrl": "https://login.example/token", "scopes": {}}}}
PROBLEM: Json = {"type": "object", "required": ["code"], "properties": {"code": {"type": "string"}}}
ORDERS: Json = {
    "parameters": [{"name": "limit", "in": "query", "schema": {"type": "integer", "default": 20}}],
    "security": [{"login": []}],
    "responses": {
        "200": {
            "description": "Orders.",
            "headers": {"Link": {"schema": {"type": "string"}}, "X-Total": {"required": True, "schema": {"type": "integer"}}},
            "content": {"application/json": {"schema": {"type": "array"}}},
        },
        "429": {
            "description": "Later.",
            "headers": {"Retry-After": {"schema": {"type": "integer"}}},
            "content": {"application/json": {"schema": PROBLEM}},
        },
    },
}


def _document(name: str) -> Json:
    paths = {"/orders": {"get": {"operationId": name, **deepcopy(ORDERS)}}}
    components = {"securitySchemes": {"login": deepcopy(LOGIN)}}
    return {"openapi": "3.1.0", "info": {"title": name, "version": "1"}, "paths": paths, "components": components}


def planned(house: House, edit: Edit) -> ImportReport:
    """What a plan of the edited document says, where callers have the tool of the original."""
    name = f"life{next(_numbers)}"
    document = _document(name)
    house.promote(house.client.toolsets.import_openapi(json.dumps(document).encode(), name, server=SERVER))
    edit(document)
    return house.client.toolsets.plan(json.dumps(document).encode(), name, server=SERVER)


def operation(document: Json) -> Any:
    return document["paths"]["/orders"]["get"]


def headers(document: Json, status: str = "200") -> Any:
    return operation(document)["responses"][status]["headers"]


def problem(document: Json) -> Any:
    return operation(document)["responses"]["429"]["content"]["application/json"]["schema"]


def flow(document: Json) -> Any:
    return document["components"]["securitySchemes"]["login"]["flows"]["clientCredentials"]


def default(document: Json) -> Any:
    return operation(document)["parameters"][0]["schema"]


BREAKING: dict[str, tuple[Edit, str]] = {
    "an optional header of the answer is gone": (lambda one: headers(one).pop("Link"), "optional-response-header-removed"),
    "a required header of the answer is gone": (lambda one: headers(one).pop("X-Total"), "required-response-header-removed"),
    "a header of the answer may be missing": (
        lambda one: headers(one)["X-Total"].update(required=False),
        "response-header-became-optional",
    ),
    "a header of an error is gone": (lambda one: headers(one, "429").clear(), "optional-response-header-removed"),
    "a default is another one": (lambda one: default(one).update(default=100), "request-parameter-default-value-changed"),
    "an error has another schema": (
        lambda one: problem(one)["properties"].update(code={"type": "integer"}),
        "response-property-type-changed",
    ),
    "an error's property is gone": (
        lambda one: (problem(one)["properties"].clear(), problem(one).update(required=[])),
        "response-required-property-removed",
    ),
    "tokens come from elsewhere": (
        lambda one: flow(one).update(tokenUrl="https://id.example/token"),
        "api-security-component-oauth-token-url-changed",
    ),
}


@pytest.mark.parametrize(("edit", "id"), BREAKING.values(), ids=BREAKING.keys())
def test_what_callers_rely_on_waits_for_a_person(house: House, edit: Edit, id: str) -> None:
    (change,) = planned(house, edit).changes
    assert (change.level, change.held) == ("MAJOR", True)
    assert id in {finding.id for finding in change.findings if finding.severity == "BREAKING"}
    assert all(finding.action for finding in change.findings if finding.severity == "BREAKING")


HARMLESS: dict[str, tuple[Edit, str]] = {
    "a header of the answer is added": (lambda one: headers(one).update(ETag={}), "response-header-added"),
    "a default is told where there was none": (
        lambda one: operation(one)["parameters"].append(
            {"name": "q", "in": "query", "schema": {"type": "string", "default": "a"}}
        ),
        "new-optional-request-parameter",
    ),
    "a default is no longer told": (lambda one: default(one).pop("default"), "request-parameter-default-value-removed"),
    "an error has one property more": (
        lambda one: problem(one)["properties"].update(hint={"type": "string"}),
        "response-optional-property-added",
    ),
    "another flow has a token URL of its own": (
        lambda one: one["components"]["securitySchemes"]["login"]["flows"].update(
            password={"tokenUrl": "https://login.example/password", "scopes": {}}
        ),
        "api-security-component-oauth-token-url-added",
    ),
}


@pytest.mark.parametrize(("edit", "id"), HARMLESS.values(), ids=HARMLESS.keys())
def test_what_breaks_no_caller_is_told_and_waits_for_none(house: House, edit: Edit, id: str) -> None:
    (change,) = planned(house, edit).changes
    assert (change.level == "MAJOR", change.held) == (False, False)
    assert id in {finding.id for finding in change.findings}


def test_the_same_document_plans_nothing(house: House) -> None:
    report = planned(house, lambda one: one["info"].update(title="Another title"))
    assert (report.changes, report.unchanged) == ((), 1)
