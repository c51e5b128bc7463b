"""What tools/list promises of answers, held against by the official client, which takes what does not fit for a failure."""

from typing import Any

import pytest

from callgate.outcomes import Result
from callgate.testing import FakeGateway
from gateway.edge.mcp.answer_schemas import NOT_STRUCTURED, Promise, listed_schema, promise_of

from .conftest import door_of
from .test_calls import text

ORDER = {"type": "object", "properties": {"id": {"type": "integer"}}, "required": ["id"], "additionalProperties": False}
BY_NAME = {"$ref": "#/$defs/Order", "$defs": {"Order": ORDER, "Unused": {"$ref": "#/$defs/Order"}}}


def answers(
    fake: FakeGateway, schema: Any, body: bytes, *, matches: bool | None, content_type: str = "application/json"
) -> None:
    result = Result(200, content_type, body, matches_schema=matches)
    fake.tool(name="order", output_schema=schema)(lambda: result)


@pytest.mark.parametrize("schema", [ORDER, BY_NAME], ids=["inline", "by name"])
async def test_an_answer_that_fits_is_what_the_schema_promises(fake: FakeGateway, mode: str, schema: Any) -> None:
    answers(fake, schema, b'{"id": 7}', matches=True)
    async with door_of(fake, mode) as mcp:
        (listed,) = [one for one in (await mcp.list_tools()).tools if one.name == "order"]
        result = await mcp.call_tool("order", {})
    assert listed.output_schema is not None
    assert listed.output_schema["type"] == "object"
    assert result.structured_content == {"id": 7}


@pytest.mark.parametrize(
    ("body", "matches", "content_type"),
    [
        (b'{"no": "id"}', False, "application/json"),
        (b'{"id": 7}', None, "application/json"),
        (b"not JSON at all", None, "text/plain"),
        (b"", None, ""),
        (b"[1]", False, "application/json"),
    ],
)
async def test_an_answer_that_is_not_known_to_fit_is_no_failure(
    fake: FakeGateway, mode: str, body: bytes, matches: bool | None, content_type: str
) -> None:
    answers(fake, ORDER, body, matches=matches, content_type=content_type)
    async with door_of(fake, mode) as mcp:
        await mcp.list_tools()
        result = await mcp.call_tool("order", {})
    assert not result.is_error
    assert [*result.structured_content] == [NOT_STRUCTURED]
    assert text(result) == (body.decode() or "Done. The answer is empty.")


async def test_it_is_known_what_is_promised_of_a_tool_that_was_never_listed(fake: FakeGateway, mode: str) -> None:
    answers(fake, ORDER, b'{"no": "id"}', matches=False)
    async with door_of(fake, mode) as mcp:
        result = await mcp.session.call_tool("order", {})  # the client lists the tools only now, to look at the answer
    assert [*result.structured_content] == [NOT_STRUCTURED]


@pytest.mark.parametrize("schema", [None, ORDER], ids=["nothing promised", "promised"])
async def test_an_answer_that_is_too_large_is_there_as_a_text_that_is_cut(fake: FakeGateway, mode: str, schema: Any) -> None:
    answers(fake, schema, b'{"id": 7, "more": "' + b"x" * 300_000 + b'"}', matches=True)
    async with door_of(fake, mode) as mcp:
        await mcp.list_tools()
        result = await mcp.call_tool("order", {})
    assert not result.is_error
    assert len(text(result)) < 30_000
    assert "characters are left out here" in text(result)
    assert result.structured_content == (None if schema is None else {NOT_STRUCTURED: "the answer is too large"})


async def test_an_error_promises_nothing(fake: FakeGateway, mode: str) -> None:
    fake.tool(name="order", output_schema=ORDER)(lambda item: item)
    async with door_of(fake, mode) as mcp:
        await mcp.list_tools()
        result = await mcp.call_tool("order", {})
    assert result.is_error
    assert result.structured_content is None


async def test_a_list_is_promised_since_2026_07_28_alone(fake: FakeGateway, mode: str) -> None:
    answers(fake, {"type": "array", "items": {"type": "integer"}}, b"[1, 2]", matches=True)
    async with door_of(fake, mode) as mcp:
        (listed,) = [one for one in (await mcp.list_tools()).tools if one.name == "order"]
        result = await mcp.call_tool("order", {})
    assert (listed.output_schema is None) == (mode == "legacy")
    assert result.structured_content == (None if mode == "legacy" else [1, 2])


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "properties": {"next": {"$ref": "#"}}},
        {"type": "object", "properties": {"next": {"$ref": "#/properties/other"}}},
        {"$id": "https://example.com/order", "type": "object"},
        {"type": "object", "properties": {"a": {"$anchor": "here"}}},
        {"type": "object", "$defs": {"A": {"$dynamicAnchor": "a"}}},
    ],
)
def test_a_schema_that_would_mean_another_place_once_it_is_moved_is_not_listed(schema: Any) -> None:
    assert promise_of(schema) is Promise.NOTHING


@pytest.mark.parametrize(
    ("schema", "promise"),
    [
        (None, Promise.NOTHING),
        ({}, Promise.VALUE),
        ({"type": "object"}, Promise.OBJECT),
        ({"type": ["object", "null"]}, Promise.VALUE),
        (BY_NAME, Promise.OBJECT),
        ({"$ref": "#/$defs/A", "$defs": {"A": {"$ref": "#/$defs/A"}}}, Promise.VALUE),
        ({"$ref": "#/$defs/Gone"}, Promise.VALUE),
        ({"type": "object", "properties": {"$ref": {"type": "string"}, "$id": {"type": "string"}}}, Promise.OBJECT),
    ],
)
def test_what_a_schema_promises(schema: Any, promise: Promise) -> None:
    assert promise_of(schema) is promise


def test_a_schema_of_any_depth_is_read() -> None:
    deep: Any = {"type": "object"}
    for _ in range(10_000):
        deep = {"type": "object", "properties": {"a": deep}}
    assert promise_of(deep) is Promise.OBJECT


def test_a_listed_schema_keeps_its_definitions_and_its_dialect() -> None:
    listed = listed_schema({"$schema": "https://json-schema.org/draft/2020-12/schema", **BY_NAME}, Promise.OBJECT)
    assert listed["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert listed["$defs"] == BY_NAME["$defs"]
    assert listed["anyOf"][0] == {"$ref": "#/$defs/Order"}
