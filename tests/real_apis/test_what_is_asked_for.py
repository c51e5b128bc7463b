"""The media types that a request asks for: those of every success that the document declares."""

import pytest

from .conftest import Json, Situate
from .recipes import Recipes, answer

ACCEPTED: dict[str, tuple[Json, str]] = {
    "a file, or not ready": (
        {"200": {"application/pdf": {}}, "202": {"application/json": {"schema": {}}}},
        "application/pdf, application/json",
    ),
    "JSON or XML": ({"200": {"application/xml": {}, "application/json": {"schema": {}}}}, "application/json"),
    "JSON of two kinds": (
        {"200": {"application/json": {"schema": {}}}, "203": {"application/hal+json": {"schema": {}}}},
        "application/json, application/hal+json",
    ),
    "nothing declared": ({"200": {}}, "*/*"),
}


@pytest.mark.parametrize(("contents", "accept"), ACCEPTED.values(), ids=ACCEPTED.keys())
def test_every_success_is_asked_for(situation: Situate, recipes: Recipes, contents: Json, accept: str) -> None:
    recipes.tell("GET", "/x", answer(200))
    responses = {status: {"description": "d", "content": content} for status, content in contents.items()}
    situation({"/x": {"get": {"operationId": "x", "responses": responses}}}).call("x").raise_for_outcome()
    assert recipes.requests[0].headers["accept"] == accept
