"""tools/call, by the official client: which call it is, and what its client reads of the end."""

import asyncio
from base64 import b64decode
from typing import Any

import pytest
from mcp.shared.exceptions import MCPError
from mcp_types import AudioContent, CallToolResult, ImageContent, TextContent

from callgate.errors import ConnectionBroken, KeyReused, NotPermitted, RunKilled
from callgate.fault_code import FaultCode
from callgate.keys import run_key
from callgate.outcomes import Result, ToolFailed, Unknown
from callgate.testing import FakeGateway

from .conftest import door_of


def text(result: CallToolResult) -> str:
    (part,) = result.content
    assert isinstance(part, TextContent)
    return part.text


def own(result: CallToolResult, name: str) -> Any:
    return (result.meta or {}).get(f"callgate.dev/{name}")


async def test_an_answer_is_there_as_text_and_for_programs(fake: FakeGateway, mode: str) -> None:
    async with door_of(fake, mode) as mcp:
        result = await mcp.call_tool("get_order", {"order": 3})
    assert text(result) == '{"order": 3, "item": "hinge"}'
    assert result.structured_content == {"order": 3, "item": "hinge"}
    assert not result.is_error
    assert own(result, "invocation") == fake.calls[0].id
    assert own(result, "standing") == "SUCCEEDED"


async def test_run_and_step_make_the_key_that_the_sdk_makes_of_them(fake: FakeGateway, mode: str) -> None:
    meta: Any = {"callgate.dev/run": "task-1", "callgate.dev/step": 4, "callgate.dev/occurrence": 1}
    async with door_of(fake, mode) as mcp, fake.async_client() as client:
        result = await mcp.call_tool("create_order", {"item": "tea"}, meta=meta)
        same = await client.run("task-1").call("create_order", {"item": "tea"}, step=4, occurrence=1)
    assert same.from_record
    assert own(result, "invocation") == same.id
    (call,) = fake.calls
    assert call.idempotency_key == run_key("task-1", "create_order", {"item": "tea"}, step=4, occurrence=1)
    assert (call.run_id, call.step, call.occurrence, call.executions) == ("task-1", "4", 1, 1)


async def test_a_key_of_the_clients_own_is_one_call_from_any_connection(fake: FakeGateway, mode: str) -> None:
    meta: Any = {"callgate.dev/idempotency-key": "the order of the 14th", "callgate.dev/run": "task-1"}
    for session in ("one", "two", None):
        async with door_of(fake, mode, session=session) as mcp:
            result = await mcp.call_tool("create_order", {"item": "tea"}, meta=meta)
            assert own(result, "idempotency-key") == "the order of the 14th"
    (call,) = fake.calls
    assert (call.executions, call.requests, call.run_id) == (1, 3, "task-1")


async def test_without_a_key_each_request_is_a_call_of_its_own(fake: FakeGateway, mode: str) -> None:
    async with door_of(fake, mode) as mcp:
        await mcp.call_tool("create_order", {"item": "tea"})
        await mcp.call_tool("create_order", {"item": "tea"})
    async with door_of(fake, mode, session="another") as mcp:
        await mcp.call_tool("create_order", {"item": "tea"})
    assert [call.executions for call in fake.calls] == [1, 1, 1]


async def test_where_there_is_no_session_an_id_that_comes_again_is_another_call(fake: FakeGateway, mode: str) -> None:
    for _ in range(2):
        async with door_of(fake, mode, session=None) as mcp:
            await mcp.call_tool("create_order", {"item": "tea"})
    assert len(fake.calls) == 2


async def test_the_same_request_on_the_same_session_is_the_same_call(fake: FakeGateway, mode: str) -> None:
    for _ in range(2):  # a client that begins its ids anew, as one that attaches to its session again may
        async with door_of(fake, mode) as mcp:
            await mcp.call_tool("create_order", {"item": "tea"})
    (call,) = fake.calls
    assert call.idempotency_key.startswith("mcp1-")
    assert (call.executions, call.requests) == (1, 2)


@pytest.mark.parametrize(
    "meta",
    [
        {"callgate.dev/step": 1},
        {"callgate.dev/run": ""},
        {"callgate.dev/run": ["a"]},
        {"callgate.dev/run": "r", "callgate.dev/step": 1.5},
        {"callgate.dev/run": "r", "callgate.dev/step": 1, "callgate.dev/occurrence": -1},
        {"callgate.dev/idempotency-key": ""},
        {"callgate.dev/idempotency-key": 7},
    ],
)
async def test_a_senseless_key_or_place_is_a_wrong_parameter(fake: FakeGateway, mode: str, meta: Any) -> None:
    async with door_of(fake, mode) as mcp:
        with pytest.raises(MCPError) as raised:
            await mcp.call_tool("create_order", {"item": "tea"}, meta=meta)
    assert raised.value.code == -32602
    assert not fake.calls


@pytest.mark.parametrize("name", ["nope", "", "a b", "../x", "x" * 500])
async def test_a_tool_that_there_is_not_is_a_wrong_parameter(fake: FakeGateway, mode: str, name: str) -> None:
    async with door_of(fake, mode) as mcp:
        with pytest.raises(MCPError) as raised:
            await mcp.call_tool(name, {})
    assert raised.value.code == -32602


async def test_arguments_that_do_not_fit_are_told_to_the_model(fake: FakeGateway, mode: str) -> None:
    async with door_of(fake, mode) as mcp:
        result = await mcp.call_tool("create_order", {"item": 3})
    assert result.is_error
    assert text(result).startswith("Nothing was done, because the arguments do not fit.")
    assert "/item: a value of type string" in text(result)
    assert own(result, "may-repeat") is True


async def test_an_end_that_may_have_acted_says_never_to_call_again(fake: FakeGateway, mode: str) -> None:
    fake.tool(name="pay")(lambda: Unknown("the answer was lost"))
    async with door_of(fake, mode) as mcp:
        result = await mcp.call_tool("pay", {})
    assert result.is_error
    assert "Do not call this tool again for it" in text(result)
    assert own(result, "standing") == "UNKNOWN"
    assert own(result, "may-repeat") is False


async def test_the_answer_of_a_failure_is_told(fake: FakeGateway, mode: str) -> None:
    answer = Result(422, "application/json", b'{"error": "no such item"}')
    fake.tool(name="order")(lambda: ToolFailed(answer, FaultCode.HTTP_STATUS, "the upstream said 422", effect_possible=False))
    async with door_of(fake, mode) as mcp:
        result = await mcp.call_tool("order", {})
    assert result.is_error
    assert "no such item" in text(result)
    assert result.structured_content == {"error": "no such item"}


@pytest.mark.parametrize(
    ("refusal", "said"),
    [
        (NotPermitted("agent may not call create_order"), "the call was refused. agent may not call create_order"),
        (KeyReused("the key belongs to another call"), "another call was made before"),
        (RunKilled("the run was killed"), "Stop now: make no further calls"),
    ],
)
async def test_a_refusal_is_told_to_the_model(fake: FakeGateway, mode: str, refusal: Any, said: str) -> None:
    async with door_of(fake, mode) as mcp:
        fake.refuse(refusal)
        result = await mcp.call_tool("create_order", {"item": "tea"})
    assert result.is_error
    assert said in text(result)


async def test_where_no_answer_comes_it_is_told_that_the_call_may_have_acted(fake: FakeGateway, mode: str) -> None:
    async with door_of(fake, mode) as mcp:
        fake.refuse(ConnectionBroken("the connection broke"), times=10_000)
        result = await mcp.call_tool("create_order", {"item": "tea"})
    assert result.is_error
    assert "it may have been carried out" in text(result)
    assert "Do not call this tool again for it" in text(result)
    assert own(result, "idempotency-key")


async def test_a_picture_and_a_sound_are_what_they_are(fake: FakeGateway, mode: str) -> None:
    fake.tool(name="draw")(lambda: Result(200, "image/png", b"\x89PNG\xff"))
    fake.tool(name="speak")(lambda: Result(200, "audio/wav; rate=8", b"RIFF\x00"))
    async with door_of(fake, mode) as mcp:
        (picture,) = (await mcp.call_tool("draw", {})).content
        (sound,) = (await mcp.call_tool("speak", {})).content
    assert isinstance(picture, ImageContent)
    assert (picture.mime_type, b64decode(picture.data)) == ("image/png", b"\x89PNG\xff")
    assert isinstance(sound, AudioContent)
    assert (sound.mime_type, b64decode(sound.data)) == ("audio/wav", b"RIFF\x00")


async def test_a_list_is_structured_content_since_2026_07_28_alone(fake: FakeGateway, mode: str) -> None:
    fake.tool(name="numbers")(lambda: [1, 2])
    async with door_of(fake, mode) as mcp:
        result = await mcp.call_tool("numbers", {})
    assert text(result) == "[1, 2]"
    assert result.structured_content == (None if mode == "legacy" else [1, 2])


async def test_calls_side_by_side_do_not_wait_for_each_other(fake: FakeGateway, mode: str) -> None:
    async with door_of(fake, mode) as mcp:
        results = await asyncio.gather(*(mcp.call_tool("get_order", {"order": number}) for number in range(50)))
    assert [one.structured_content["order"] for one in results] == list(range(50))
