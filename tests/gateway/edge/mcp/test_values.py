"""How many values JSON has: enough to know whether it is worth reading."""

import json

import pytest
from mcp_types import TextContent

from callgate.testing import FakeGateway
from gateway.edge.mcp.values import has_too_many
from tests.gateway.edge.mcp.conftest import door_of
from tests.processor_time import at_most

MOST = 100


@pytest.mark.parametrize("value", [1, "x", [], {}, {"a": 1}, None, "a,b:{["])
def test_many_values_are_too_many_and_few_are_not(value: object) -> None:
    assert has_too_many(json.dumps([value] * (2 * MOST)).encode(), MOST)
    assert not has_too_many(json.dumps([value] * (MOST // 4)).encode(), MOST)


@pytest.mark.parametrize("text", ["," * 1000, '"' * 1000 + ",", "\\" * 1000 + ":", '\\"' * 1000, "[" * 1000, "x"])
def test_one_long_text_is_one_value(text: str) -> None:
    assert not has_too_many(json.dumps({"text": text}).encode(), MOST)


@pytest.mark.parametrize("piece", [b'"', b"\\", b'\\"', b'",', b"[", b'"\\'])
def test_no_text_takes_long_to_count(piece: bytes) -> None:
    text = piece * (2_000_000 // len(piece))
    with at_most(2):
        has_too_many(text, MOST)


@pytest.mark.parametrize("mode", ["legacy", "2026-07-28"])
async def test_an_answer_of_very_many_values_is_told_by_its_beginning_alone(fake: FakeGateway, mode: str) -> None:
    @fake.tool
    def count_all() -> dict[str, list[int]]:
        """All numbers."""
        return {"numbers": list(range(60_000))}

    async with door_of(fake, mode) as client:
        counted = await client.call_tool("count_all", {})
    assert not counted.is_error
    assert counted.structured_content is None
    [said] = counted.content
    assert isinstance(said, TextContent)
    assert '"numbers"' in said.text
