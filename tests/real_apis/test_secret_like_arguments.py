"""A parameter that looks like a secret is told of as what becomes of it by the manifest."""

from typing import Any

import pytest

from .conftest import Json, Situate
from .recipes import Recipes, answer

SID = {"name": "sid", "in": "cookie", "schema": {"type": "string"}}
TOKEN = {"name": "X-Auth-Token", "in": "header", "schema": {"type": "string"}}
BY_PRINCIPAL = {"principal": "subject"}


@pytest.mark.parametrize(
    ("parameter", "defaults", "told"),
    [
        (SID, {}, "looks like a secret, and a model is asked for it"),
        (SID, {"arguments": {"sid": "abc"}}, "looks like a secret, and the manifest gives it"),
        (SID, {"arguments": {"sid": BY_PRINCIPAL}}, ""),
        (TOKEN, {}, "looks like a secret, and a model is asked for it"),
        (TOKEN, {"headers": {"x-auth-token": BY_PRINCIPAL}}, ""),
        (
            TOKEN,
            {"credential": {"path": "secret/data/x", "field": "k", "place": "header", "name": "x-auth-token"}},
            "filled by the credential",
        ),
    ],
    ids=["asked for", "written", "of the principal", "a header", "of the principal in a header", "of a credential"],
)
def test_it_is_told_who_has_it(situation: Situate, recipes: Recipes, parameter: Json, defaults: Json, told: str) -> None:
    paths: Any = {"/x": {"get": {"operationId": "x", "parameters": [parameter]}}}
    made = situation(paths, manifest={"defaults": defaults}, faults=True)
    assert [told in fault.message for fault in made.report.faults] == ([True] if told else []), made.report.faults
    if not defaults or "credential" in defaults:
        return
    recipes.tell("GET", "/x", answer(200))
    made.call("x").raise_for_outcome()
    assert {"sid=abc", "sid=operator", "operator"} & {
        recipes.requests[0].headers.get(name) for name in ("cookie", "x-auth-token")
    }
