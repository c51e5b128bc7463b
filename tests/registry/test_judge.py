"""openapi-core judges our requests, behind a fence."""

import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from registry.compiling import Compiled
from registry.judge import judge
from registry.request import HttpRequest, build
from registry.sampling import sample
from registry.tool import JsonObject, ToolVersion
from registry.verifying import verify
from registry.versions import succeed

Make = Callable[..., Any]
_SECRET = '{"type": "object"}'


@pytest.fixture(scope="session")
def observed() -> Callable[[], Any]:
    """Records every file opened and every connection tried inside it, by the interpreter's own audit events."""
    recording: list[list[str]] = []

    def hear(event: str, args: tuple[Any, ...]) -> None:
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
    version = succeed(compiled.drafts[0], None)
    verdict = judge(document, build(version, arguments), version)
    return verdict.accepted, verdict.reason


def _paths(schema: JsonObject) -> JsonObject:
    operation = {
        "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
        "responses": {"200": {"description": ""}},
    }
    return {"/a": {"post": operation}}


def test_judge_accepts_what_the_document_allows_and_refuses_what_not(document: Make, compiled: Make) -> None:
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


def test_judge_refuses_a_request_to_another_path_or_method(document: Make, tool: Callable[..., ToolVersion]) -> None:
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
    assert judge(given, request, version).accepted
    wrong: list[HttpRequest] = [
        replace(request, url=request.url.replace("/7", "/x")),
        replace(request, url=request.url + "/b"),
        replace(request, method="PUT"),
        replace(request, url="https://elsewhere.example/v1/a/7"),
    ]
    assert not any(judge(given, request, version).accepted for request in wrong)


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        yield server


def test_judge_opens_no_file_and_no_connection_whatever_the_document_refers_to(
    document: Make, tool: Callable[..., ToolVersion], observed: Make, listener: socket.socket, tmp_path: Path
) -> None:
    port = listener.getsockname()[1]
    (tmp_path / "s.json").write_text(_SECRET)
    version = tool("/a", "post", _paths({"type": "object"})["/a"]["post"])
    request = build(version, {"body": {"x": 1}})
    judge(document(_paths({"type": "object"})), request, version)  # whatever is loaded lazily, is loaded now
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
            verdict = judge(given, request, version)
        assert events == []
        assert not verdict.accepted, schema
    with pytest.raises(BlockingIOError):
        listener.accept()


def test_audit_hook_of_the_fence_test_would_see_a_leak(observed: Make, tmp_path: Path) -> None:
    (tmp_path / "s.json").write_text(_SECRET)
    with observed() as events:
        (tmp_path / "s.json").read_text()
    assert len(events) == 1


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "integer", "minimum": 5},
        {"type": "integer", "exclusiveMaximum": -3},
        {"type": "number", "multipleOf": 0.5},
        {"type": "string", "minLength": 30},
        {"type": "string", "pattern": "^[0-9]{8}$"},
        {"type": "string", "format": "uuid"},
        {"enum": ["x", "y"]},
        {"const": {"a": 1}},
        {"type": ["null", "string"]},
        {"type": "array", "minItems": 2, "items": {"type": "boolean"}},
        {"allOf": [{"required": ["a"]}, {"properties": {"a": {"type": "integer"}}}]},
        {"oneOf": [{"type": "object"}, {"type": "string"}]},
        {"anyOf": [False, {"type": "string", "default": "d"}]},
    ],
)  # fmt: skip
def test_sample_fits_its_schema(schema: JsonObject) -> None:
    assert sample({"type": "object", "properties": {"p": schema}, "required": ["p"]}) is not None


@pytest.mark.parametrize(
    "schema",
    [
        False,
        {"type": "string", "pattern": "^zebra[0-9]{3}$"},
        {"$ref": "#/$defs/Loop"},
        {"type": "array", "minItems": 10_000_000},
    ],
)
def test_sample_gives_up_where_it_finds_nothing(schema: Any) -> None:
    loop = {"type": "object", "properties": {"next": {"$ref": "#/$defs/Loop"}}, "required": ["next"]}
    assert sample({"type": "object", "properties": {"p": schema}, "required": ["p"], "$defs": {"Loop": loop}}) is None


def test_verification_counts_what_was_judged_and_says_why_it_was_not_accepted(document: Make, compiled: Make) -> None:
    good = _paths({"type": "integer"})
    result = compiled(
        good
        | {
            "/b": {
                "get": {
                    "operationId": "b",
                    "parameters": [{"name": "p", "in": "query", "required": True, "schema": {"pattern": "^zebra$"}}],
                }
            }
        }
    )
    verification = verify(document(good), result)
    assert (verification.operations, verification.sampled, verification.accepted) == (2, 1, 1)
    assert verification.refusals == ()
    strict = verify(document(_paths({"type": "string"})), compiled(good))
    assert (strict.accepted, strict.refusals[0].tool) == (0, "post_a")
    assert "string" in strict.refusals[0].reason
