"""What an operator adds to each request: a name, headers, and arguments that no agent chooses."""

import json
from importlib.metadata import version
from typing import Any

import pytest

from callgate import Succeeded
from callgate.errors import ArgumentsInvalid, ManifestInvalid

from .conftest import Json, Situate, Situation
from .recipes import Recipes, answer

UA = f"callgate/{version('callgate-server')}"


def _parameter(name: str, place: str, schema: Json | None = None, **more: Any) -> Json:
    return {"name": name, "in": place, "schema": schema or {"type": "string"}, **more}


def _get(*parameters: Json, path: str = "/x") -> Json:
    return {path: {"get": {"operationId": "get", "parameters": list(parameters)}}}


def _sent(situation: Situation, recipes: Recipes, path: str, arguments: Json | None = None, method: str = "GET") -> Any:
    recipes.tell(method, path, answer(200))
    called = situation.call(method.lower(), arguments)
    assert isinstance(called.outcome, Succeeded), called
    return recipes.received(method, path)[-1]


@pytest.mark.parametrize(
    ("parameters", "defaults", "sent"),
    [
        ([], {}, UA),
        ([], {"headers": {"User-Agent": "acme-agents (ops@example.com)"}}, "acme-agents (ops@example.com)"),
        ([_parameter("user-agent", "header")], {}, UA),
        ([_parameter("User-Agent", "header")], {"headers": {"user-agent": "fixed"}}, "fixed"),
        ([_parameter("User-Agent", "header")], {"arguments": {"User-Agent": "fixed"}}, "fixed"),
    ],
)
def test_an_upstream_learns_who_asks(
    situation: Situate, recipes: Recipes, parameters: list[Json], defaults: Json, sent: str
) -> None:
    request = _sent(situation(_get(*parameters), manifest={"defaults": defaults}), recipes, "/x")
    assert request.headers["user-agent"] == sent
    assert request.raw.lower().count(b"user-agent:") == 1


def test_a_document_that_asks_the_caller_for_its_name_gets_that(situation: Situate, recipes: Recipes) -> None:
    made = situation(_get(_parameter("User-Agent", "header")))
    assert _sent(made, recipes, "/x", {"User-Agent": "mine/1"}).headers["user-agent"] == "mine/1"


@pytest.mark.parametrize(
    ("parameter", "fixed", "line"),
    [
        (_parameter("org", "path", required=True), "acme inc", b"GET /acme%20inc HTTP/1.1"),
        (_parameter("org", "path", required=True), {"principal": "tenant"}, b"GET /local HTTP/1.1"),
        (_parameter("api-version", "query", {"type": "string", "format": "date"}), "2024-01-01", b"?api-version=2024-01-01 "),
        (_parameter("size", "query", {"type": "integer"}), 7, b"?size=7 "),
        (_parameter("deep", "query", {"type": "boolean"}), True, b"?deep=true "),
        (_parameter("ids", "query", {"type": "array"}, style="pipeDelimited", explode=False), [1, "b"], b"?ids=1%7Cb "),
        (_parameter("f", "query", {"type": "object"}, style="deepObject"), {"a": {"b": 1}}, b"?f%5Ba%5D%5Bb%5D=1 "),
        (_parameter("who", "query"), {"principal": "subject"}, b"?who=operator "),
        (_parameter("X-Account", "header"), "42", b"\r\nX-Account: 42\r\n"),
        (_parameter("X-Agent", "header"), {"principal": "agent"}, b"\r\nX-Agent: operator\r\n"),
        (_parameter("shop", "cookie"), "a b", b"\r\nCookie: shop=a%20b\r\n"),
        ({"name": "q", "in": "query", "content": {"application/json": {"schema": {}}}}, {"value": {"value": 1}},
         b"?q=%7B%22value%22%3A1%7D "),
    ],
)  # fmt: skip
def test_an_argument_that_the_operator_gives_is_sent_as_the_document_writes_it(
    situation: Situate, recipes: Recipes, parameter: Json, fixed: Any, line: bytes
) -> None:
    named = parameter["name"]
    path = f"/{{{named}}}" if parameter["in"] == "path" else "/x"
    made = situation(_get(parameter, path=path), manifest={"defaults": {"arguments": {named: fixed}}})
    sent_path = line.split()[1].decode() if parameter["in"] == "path" else "/x"
    assert line in _sent(made, recipes, sent_path).raw
    assert made.house.client.tools.get(made.name("get")).input_schema["properties"] == {}


def test_a_caller_cannot_give_what_the_operator_has_given(situation: Situate, recipes: Recipes) -> None:
    parameters = [_parameter("org", "query"), _parameter("more", "query", {"type": "object", "additionalProperties": True})]
    made = situation(_get(*parameters), manifest={"defaults": {"arguments": {"org": "acme"}}})
    with pytest.raises(ArgumentsInvalid):
        made.call("get", {"org": "evil"})
    with pytest.raises(Exception, match="another parameter"):
        made.call("get", {"more": {"org": "evil"}})
    assert recipes.requests == []


def test_a_body_is_the_operators_too(situation: Situate, recipes: Recipes) -> None:
    body = {"content": {"application/json": {"schema": {"type": "object", "properties": {"a": {"type": "integer"}}}}}}
    paths = {"/x": {"post": {"operationId": "post", "requestBody": body}}}
    made = situation(paths, manifest={"defaults": {"arguments": {"body": {"a": 1}}}})
    assert _sent(made, recipes, "/x", method="POST").raw.endswith(b'\r\n\r\n{"a":1}')


def test_headers_stand_beside_a_secret_and_narrower_settings_win(situation: Situate, recipes: Recipes) -> None:
    paths = {f"/{name}": {"get": {"operationId": name, "tags": [name]}} for name in ("get", "other")}
    manifest = {
        "defaults": {
            "headers": {"X-Api-Version": "1", "X-Tenant": {"principal": "tenant"}, "Accept": "application/vnd.x+json"}
        },
        "groups": [{"match": ["tag:other"], "settings": {"headers": {"x-api-version": "2", "X-Tenant": None}}}],
    }
    made = situation(paths, manifest=manifest, secret="s3cret")
    first = _sent(made, recipes, "/get")
    recipes.tell("GET", "/other", answer(200))
    made.call("other")
    (second,) = recipes.received("GET", "/other")
    assert {name: first.headers[name] for name in ("x-api-version", "x-tenant", "accept", "authorization")} == {
        "x-api-version": "1", "x-tenant": "local", "accept": "application/vnd.x+json", "authorization": "Bearer s3cret",
    }  # fmt: skip
    assert second.headers["x-api-version"] == "2"
    assert "x-tenant" not in second.headers


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"arguments": {"orgg": "a"}}, "no operation that this is for has an argument 'orgg'"),
        ({"headers": {"Authorization": "Bearer x"}}, "credential"),
        ({"headers": {"Content-Length": "1"}}, "frames"),
        ({"headers": {"X-A": "a\r\nHost: b"}}, "/defaults/headers/X-A"),
        ({"headers": {"X-A": {"principal": "token"}}}, "principal"),
    ],
)
def test_a_mistake_of_the_operators_imports_nothing(situation: Situate, settings: Json, told: str) -> None:
    with pytest.raises(ManifestInvalid) as refused:
        situation(_get(_parameter("org", "query")), manifest={"defaults": settings})
    assert told in refused.value.message
    assert refused.value.cure


def test_a_value_that_does_not_fit_costs_its_own_operation_alone(situation: Situate, recipes: Recipes) -> None:
    paths = _get(_parameter("size", "query", {"type": "string"}))
    paths["/y"] = {"get": {"operationId": "other", "parameters": [_parameter("size", "query", {"type": "integer"})]}}
    made = situation(paths, manifest={"defaults": {"arguments": {"size": "many"}}}, faults=True)
    assert [tool.name for tool in made.report.tools] == [made.name("get")]
    assert "'size' does not fit its schema" in made.report.faults[0].message
    assert b"?size=many " in _sent(made, recipes, "/x").raw


def test_another_value_waits_for_a_person_and_callers_keep_the_old_one(situation: Situate, recipes: Recipes) -> None:
    paths = _get(_parameter("org", "query"))
    made = situation(paths, manifest={"defaults": {"arguments": {"org": "acme"}}})
    document = {"openapi": "3.1.0", "info": {"title": "Real", "version": "1"}, "paths": json.loads(json.dumps(paths))}
    document["paths"]["/x"]["get"] |= {"operationId": made.name("get"), "responses": {"200": {"description": "An answer."}}}
    manifest = {"toolset": made.toolset, "defaults": {"arguments": {"org": "globex"}}}
    report = made.house.client.toolsets.import_openapi(
        json.dumps(document).encode(), made.toolset, server=recipes.url, manifest=json.dumps(manifest).encode()
    )
    (change,) = report.changes
    assert (change.held, "tool-arguments-changed" in {one.id for one in change.findings}) == (True, True)
    assert b"?org=acme " in _sent(made, recipes, "/x").raw
    made.house.promote(report)
    assert b"?org=globex " in _sent(made, recipes, "/x").raw


@pytest.mark.parametrize(
    "name", ["X-Forwarded-For", "X-Forwarded-Host", "X-Original-URL", "Via", "Host", "X-HTTP-Method-Override"]
)
def test_a_parameter_that_no_request_carries_says_why(situation: Situate, recipes: Recipes, name: str) -> None:
    made = situation(_get(_parameter(name, "header", required=True)), faults=True)
    (fault,) = made.report.faults
    assert ("gateway" in fault.message) is (name == "Host")
    assert "its argument" not in fault.cure
    request = _sent(made, recipes, "/x")
    assert name == "Host" or name.lower() not in request.headers
