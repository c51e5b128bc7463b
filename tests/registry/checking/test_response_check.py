"""An answer is compared with what the document promises for its status."""

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from registry.checking.argument_checker import ArgumentChecker
from registry.checking.response_check import matches_schema
from registry.model.tool import JsonObject, ToolVersion
from registry.model.versions import decode, encode
from tests.registry.conftest import CompileTool

Matches = Callable[[ToolVersion, int, str | None, bytes], Awaitable[bool | None]]


@pytest.fixture
async def matches() -> AsyncIterator[Matches]:
    checker = ArgumentChecker()

    async def ask(version: ToolVersion, status: int, content_type: str | None, body: bytes) -> bool | None:
        return await matches_schema(checker, "acme", version, status=status, content_type=content_type, body=body)

    yield ask
    await checker.close()


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ((200, "application/json", b'{"id": 1}'), True),
        ((201, "application/hal+json; charset=utf-8", b'{"id": 1}'), True),
        ((200, "application/json", b'{"id": "x"}'), False),
        ((200, "application/json", b"<html>"), False),
        ((200, "application/json", b""), False),
        ((200, "text/html", b"<html>"), None),
        ((204, None, b""), None),
        ((404, "application/json", b'{"id": "x"}'), None),
    ],
)
async def test_answer_is_compared_with_the_output_schema_where_it_can_be(
    matches: Matches, tool: CompileTool, answer: tuple[int, str | None, bytes], expected: bool | None
) -> None:
    schema = {"type": "object", "properties": {"id": {"type": "integer"}}}
    version = tool("/a", "get", {"responses": {"2XX": {"content": {"application/json": {"schema": schema}}}}})
    assert await matches(version, *answer) is expected
    promising_nothing = tool("/a", "get", {"responses": {}})
    assert await matches(promising_nothing, *answer) is None


def _answering(kind: str) -> JsonObject:
    return {"content": {"application/problem+json": {"schema": {"type": kind}}}}


@pytest.mark.parametrize(
    ("status", "fits"),
    [(200, "1"), (201, '"created"'), (299, "[]"), (404, "{}"), (409, "true"), (500, "null"), (302, "null")],
)
async def test_answer_is_compared_with_the_schema_of_its_status_then_of_its_range_then_of_the_default(
    matches: Matches, tool: CompileTool, status: int, fits: str
) -> None:
    kinds = {"200": "integer", "201": "string", "2XX": "array", "404": "object", "4xx": "boolean", "default": "null"}
    version = tool("/a", "get", {"responses": {key: _answering(kind) for key, kind in kinds.items()}})
    assert (version.draft.output_schema, version.draft.output_status) == ({"type": "integer"}, "200")
    assert decode(encode(version)) == version
    for body in ("1", '"created"', "[]", "{}", "true", "null"):
        expected = body == fits
        assert await matches(version, status, "application/json", body.encode()) is expected


async def test_status_that_is_not_declared_promises_nothing(matches: Matches, tool: CompileTool) -> None:
    version = tool("/a", "get", {"responses": {"200": _answering("integer"), "404": {"description": ""}}})
    for status in (201, 404, 500):
        assert await matches(version, status, "application/json", b"{}") is None


async def test_default_is_the_success_where_no_other_is_declared(matches: Matches, tool: CompileTool) -> None:
    version = tool("/a", "get", {"responses": {"default": _answering("integer"), "404": _answering("object")}})
    assert version.draft.output_schema == {"type": "integer"}
    assert await matches(version, 200, "application/json", b"1") is True
    assert await matches(version, 404, "application/json", b"1") is False


async def test_failure_whose_schema_is_large_is_declared_without_it(matches: Matches, tool: CompileTool) -> None:
    large = {"content": {"application/json": {"schema": {"description": "x" * 10_000}}}}
    version = tool("/a", "get", {"responses": {"200": large, "500": large, "503": {"$ref": "#/nowhere"}}})
    assert version.draft.output_schema is not None
    assert [(one.status, one.media_types, one.schema) for one in version.draft.responses] == [
        ("200", ("application/json",), None),
        ("500", ("application/json",), None),
    ]
