"""openapi-core judges our requests, behind a fence."""

import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from registry.calling.request import HttpRequest, build
from registry.compiler.compiler import Compiled
from registry.model.tool import JsonObject
from registry.model.versions import first
from registry.verify.openapi_core_judge import Judge, Judgement
from tests.registry.conftest import Compile, CompileTool, MakeDocument

Observe = Callable[[], AbstractContextManager[list[str]]]
_SECRET = '{"type": "object"}'


@pytest.fixture(scope="session")
def observed() -> Observe:
    """Records every file opened and every connection tried inside it, by the interpreter's own audit events."""
    recording: list[list[str]] = []

    def hear(event: str, args: tuple[object, ...]) -> None:
        if recording and event in ("open", "socket.connect", "socket.getaddrinfo", "urllib.Request"):
            recording[-1].append(f"{event} {args}")

    sys.addaudithook(hear)

    @contextmanager
    def observe() -> Iterator[list[str]]:
        recording.append([])
        try:
            yield recording[-1]
        finally:
            recording.clear()

    return observe


def _judge(document: JsonObject, compiled: Compiled, arguments: JsonObject) -> tuple[bool, str]:
    version = first(compiled.drafts[0])
    verdict = Judge(document, version).judge(build(version, arguments))
    return verdict.accepted, verdict.reason


def _paths(schema: JsonObject) -> JsonObject:
    operation = {
        "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
        "responses": {"200": {"description": ""}},
    }
    return {"/a": {"post": operation}}


def test_judge_accepts_what_the_document_allows_and_refuses_what_not(document: MakeDocument, compiled: Compile) -> None:
    paths = _paths({"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}})
    result = compiled(
        paths, security=[{"key": []}], components={"securitySchemes": {"key": {"type": "apiKey", "in": "query", "name": "k"}}}
    )
    given = document(
        paths, security=[{"key": []}], components={"securitySchemes": {"key": {"type": "apiKey", "in": "query", "name": "k"}}}
    )
    assert _judge(given, result, {"body": {"n": 1}}) == (True, "")
    accepted, reason = _judge(given, result, {"body": {"n": "x"}})
    assert not accepted
    assert "integer" in reason


def test_judge_refuses_a_request_to_another_path_or_method(document: MakeDocument, tool: CompileTool) -> None:
    given = document(
        {
            "/a/{id}": {
                "get": {
                    "parameters": [{"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}],
                    "responses": {},
                }
            }
        }
    )
    version = tool("/a/{id}", "get", given["paths"]["/a/{id}"]["get"])
    request = build(version, {"id": 7})
    assert Judge(given, version).judge(request).accepted
    wrong: list[HttpRequest] = [
        replace(request, url=request.url.replace("/7", "/x")),
        replace(request, url=request.url + "/b"),
        replace(request, method="PUT"),
        replace(request, url="https://elsewhere.example/v1/a/7"),
    ]
    assert not any(Judge(given, version).judge(request).accepted for request in wrong)


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield server


def test_judge_opens_no_file_and_no_connection_whatever_the_document_refers_to(
    document: MakeDocument, tool: CompileTool, observed: Observe, listener: socket.socket, tmp_path: Path
) -> None:
    port = listener.getsockname()[1]
    (tmp_path / "s.json").write_text(_SECRET)
    version = tool("/a", "post", _paths({"type": "object"})["/a"]["post"])
    request = build(version, {"body": {"x": 1}})
    Judge(document(_paths({"type": "object"})), version).judge(request)  # whatever is loaded lazily, is loaded now
    places = [
        f"http://127.0.0.1:{port}/s.json", f"https://127.0.0.1:{port}/s.json", (tmp_path / "s.json").as_uri(), "s.json", "ftp://127.0.0.1/s",
        f"gopher://127.0.0.1:{port}/", "//127.0.0.1/s", "data:application/json,{}", "urn:x",
    ]  # fmt: skip
    hostile: list[JsonObject] = [{"$ref": place} for place in places]
    hostile += [{"$dynamicRef": place} for place in places]
    hostile += [{"$id": place, "$ref": "t.json"} for place in places]
    hostile += [{"$id": place, "properties": {"x": {"$dynamicRef": "t.json#/a"}}} for place in places]
    hostile += [{"$schema": place, "allOf": [{"$dynamicRef": place}]} for place in places]
    for schema in hostile:
        given = document(_paths(schema), jsonSchemaDialect=places[0]) if "$schema" in schema else document(_paths(schema))
        with observed() as events:
            verdict = Judge(given, version).judge(request)
        assert events == []
        assert not verdict.accepted, schema
    with pytest.raises(BlockingIOError):
        listener.accept()


def test_audit_hook_of_the_fence_test_would_see_a_leak(observed: Observe, tmp_path: Path) -> None:
    (tmp_path / "s.json").write_text(_SECRET)
    with observed() as events:
        (tmp_path / "s.json").read_text()
    assert len(events) == 1


def test_judge_takes_read_only_for_what_is_said_of_properties(document: MakeDocument, compiled: Compile) -> None:
    shared = {"$ref": "#/components/schemas/Id"}
    thing = {"type": "object", "required": ["id", "n"], "properties": {"id": shared}}
    operation = {
        "parameters": [{"name": "p", "in": "query", "schema": shared}],
        "requestBody": {"content": {"application/json": {"schema": thing}}},
        "responses": {},
    }
    components = {"schemas": {"Id": {"type": "string", "readOnly": True}}}
    given = document({"/a": {"post": operation}}, openapi="3.0.3", components=components)
    version = first(compiled({"/a": {"post": operation}}, openapi="3.0.3", components=components).drafts[0])
    request = build(version, {"p": "x", "body": {"n": 1}})
    judge = Judge(given, version)
    assert judge.judge(request) == Judgement(True, "")
    assert "read-only" in judge.judge(replace(request, body=b'{"id":"x","n":1}')).reason
    assert "required" in judge.judge(replace(request, body=b"{}")).reason


BASE = {"type": "object", "properties": {"id": {"type": "string", "readOnly": True}, "name": {"type": "string"}}}


@pytest.mark.parametrize("openapi", ["3.0.3", "3.1.0"])
@pytest.mark.parametrize(
    "schema",
    [
        BASE | {"required": ["id", "name"]},
        {"required": ["id", "name"], "allOf": [BASE]},
        {"required": ["id", "name"], "oneOf": [{"allOf": [BASE]}]},
        {"allOf": [BASE, {"required": ["id", "name"]}]},
    ],
    ids=["beside it", "around its part", "around two parts", "in another part"],
)
def test_what_is_read_only_is_required_of_no_request_wherever_that_is_said(
    document: MakeDocument, compiled: Compile, openapi: str, schema: JsonObject
) -> None:
    given = document(_paths(schema)) | {"openapi": openapi}
    result = compiled(_paths(schema), openapi=openapi)
    assert _judge(given, result, {"body": {"name": "x"}}) == (True, "")
    version = first(result.drafts[0])
    nameless = replace(build(version, {"body": {"name": "x"}}), body=b"{}")
    refused = Judge(given, version).judge(nameless)
    assert "'name' is a required property" in refused.reason
    assert "'id'" not in refused.reason


def test_default_of_a_read_only_property_that_the_judge_inserts_itself_is_not_refused(
    document: MakeDocument, compiled: Compile
) -> None:
    properties = {"file": {"type": "string"}, "scale": {"type": "integer", "default": 3, "readOnly": True}}
    schema = {"type": "object", "required": ["file"], "properties": properties}
    body = {"required": True, "content": {"multipart/form-data": {"schema": schema}}}
    paths: JsonObject = {"/a": {"post": {"requestBody": body, "responses": {}}}}
    assert _judge(document(paths), compiled(paths), {"body": {"file": "x"}}) == (True, "")


def test_schema_that_another_media_type_of_the_body_holds_is_found(document: MakeDocument, compiled: Compile) -> None:
    there = {"$ref": "#/paths/~1a/post/requestBody/content/text~1plain/schema"}
    content = {"application/json": {"schema": there}, "text/plain": {"schema": {"type": "string", "maxLength": 3}}}
    paths: JsonObject = {"/a": {"post": {"requestBody": {"required": True, "content": content}, "responses": {}}}}
    assert _judge(document(paths), compiled(paths), {"body": "x"}) == (True, "")


def test_refusal_by_all_alternatives_says_why_each_refuses(document: MakeDocument, compiled: Compile) -> None:
    paths = _paths({"anyOf": [{"type": "integer"}, {"type": "array", "items": {"anyOf": [{"type": "boolean"}]}}]})
    version = first(compiled(paths).drafts[0])
    request = replace(build(version, {"body": 1}), body=b'["x"]')
    reason = Judge(document(paths), version).judge(request).reason
    assert "['x'] is not of type 'integer'" in reason
    assert "'x' is not of type 'boolean'" in reason
