"""What the door answers to requests, before and after it knows whose they are."""

import json
from typing import Any

import pytest

from callgate.nouns.tools import AsyncTools
from callgate.testing import FakeGateway
from tests.gateway.edge.mcp.http.conftest import INITIALIZE, Door, OpenDoor

META = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientInfo": {"name": "test", "version": "1"},
    "io.modelcontextprotocol/clientCapabilities": {},
}
LIST = {"jsonrpc": "2.0", "id": 2, "method": "tools/list", "params": {}}


async def test_a_session_is_begun_and_its_tools_are_listed_and_called(door: Door) -> None:
    id = await door.session()
    listed = await door.ask(body=LIST, mcp_session_id=id)
    assert [tool["name"] for tool in listed.events[-1]["result"]["tools"]] == ["create_order", "get_order"]
    call = {"jsonrpc": "2.0", "id": 3, "method": "tools/call", "params": {"name": "get_order", "arguments": {"order": 7}}}
    called = await door.ask(body=call, mcp_session_id=id)
    assert called.events[-1]["result"]["structuredContent"] == {"order": 7, "item": "hinge"}


@pytest.mark.parametrize("authorization", [None, "Basic YTpi", "Bearer", "Bearer wrong", "Bearer \xe4", "Bearer a b"])
async def test_who_has_no_token_is_told_where_tokens_are_accepted(door: Door, authorization: str | None) -> None:
    refused = await door.ask(body=INITIALIZE, authorization=authorization)
    given = authorization not in (None, "Basic YTpi", "Bearer")
    assert refused.status == 401
    assert ('error="invalid_token"' in refused.headers["www-authenticate"]) is given
    metadata = f'resource_metadata="http://127.0.0.1:{door.port}/.well-known/oauth-protected-resource/mcp"'
    assert metadata in refused.headers["www-authenticate"]
    assert "callgate principal add" in refused.json["error"]["data"]["cure"]


async def test_the_metadata_is_told_to_every_client(door: Door) -> None:
    for path in ("/.well-known/oauth-protected-resource", "/.well-known/oauth-protected-resource/mcp"):
        told = await door.ask("GET", path, authorization=None)
        assert told.status == 200
        assert told.json == {"resource": door.url, "resource_name": "Callgate", "bearer_methods_supported": ["header"]}


async def test_the_body_of_a_stranger_is_not_read(door: Door) -> None:
    """It is announced, and never comes: the answer does."""
    client = await door.raw()
    await client.send(door.head(authorization="Bearer wrong", content_length="50000"))
    assert (await client.answer()).status == 401
    assert await client.ended()


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "127.0.0.1.evil.example", "", "localhost@evil.example"]
)
async def test_a_request_for_another_host_is_refused(door: Door, host: str) -> None:
    assert (await door.ask(body=INITIALIZE, host=host.format(port=door.port))).status == 403


@pytest.mark.parametrize("host", ["localhost:{port}", "LOCALHOST", "127.0.0.1:1", "[::1]:{port}"])
async def test_this_machine_may_be_called_by_each_of_its_names(door: Door, host: str) -> None:
    assert (await door.ask(body=INITIALIZE, host=host.format(port=door.port))).status == 200


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "https://127.0.0.1.evil.example", "file://", "http://[", "x"]
)
async def test_a_page_of_another_host_is_refused(door: Door, origin: str) -> None:
    refused = await door.ask(body=INITIALIZE, origin=origin)
    assert refused.status == 403
    assert "access-control-allow-origin" not in refused.headers


async def test_a_page_that_the_operator_has_named_may_ask_and_sees_the_answer(open_door: OpenDoor) -> None:
    door = await open_door(origins=("https://app.example",))
    asked = await door.ask("OPTIONS", authorization=None, origin="https://app.example", access_control_request_method="POST")
    assert asked.status == 204
    allowed = set(asked.headers["access-control-allow-headers"].lower().split(", "))
    # What a browser sends to the transport by either revision: a stream that was cut goes on after the last event.
    assert {"authorization", "last-event-id", "mcp-session-id", "mcp-protocol-version", "mcp-method", "mcp-name"} <= allowed
    answered = await door.ask(body=INITIALIZE, origin="https://app.example")
    assert answered.headers["access-control-allow-origin"] == "https://app.example"
    assert "Mcp-Session-Id" in answered.headers["access-control-expose-headers"]
    refused = await door.ask(body=INITIALIZE, origin="https://app.example", authorization=None)
    assert refused.headers["access-control-allow-origin"] == "https://app.example"


@pytest.mark.parametrize(("method", "path", "status"), [("POST", "/", 404), ("GET", "/mcp2", 404), ("PUT", "/mcp", 405)])
async def test_what_is_not_there_is_refused(door: Door, method: str, path: str, status: int) -> None:
    assert (await door.ask(method, path)).status == status


async def test_another_callers_session_is_not_found(door: Door, fake: FakeGateway) -> None:
    id = await door.session()
    known, fake.token = fake.token, "another-token"
    refused = await door.ask(body=LIST, mcp_session_id=id, authorization="Bearer another-token")
    never = await door.ask(body=LIST, mcp_session_id="0" * 32, authorization="Bearer another-token")
    assert (refused.status, refused.body) == (never.status, never.body)
    assert refused.status == 404
    fake.token = known
    assert (await door.ask(body=LIST, mcp_session_id=id)).status == 200


async def test_a_session_that_was_ended_is_not_found(door: Door) -> None:
    id = await door.session()
    assert (await door.ask("DELETE", mcp_session_id=id)).status == 200
    assert (await door.ask(body=LIST, mcp_session_id=id)).status == 404


async def test_a_caller_that_begins_many_sessions_loses_its_oldest(door: Door) -> None:
    door.app.sessions.of_caller = 2
    first, second, third = [await door.session() for _ in range(3)]
    statuses = [(await door.ask(body=LIST, mcp_session_id=id)).status for id in (first, second, third)]
    assert statuses == [404, 200, 200]


async def test_a_gateway_that_does_not_answer_is_no_reason_to_take_a_token_for_wrong(open_door: OpenDoor) -> None:
    door = await open_door("127.0.0.1:1")
    refused = await door.ask(body=INITIALIZE)
    assert refused.status == 503
    assert refused.headers["retry-after"] == "1"


async def test_a_revision_without_sessions_is_answered_without_one(door: Door) -> None:
    asked = {**LIST, "params": {"_meta": META}}
    answered = await door.ask(body=asked, mcp_protocol_version="2026-07-28", mcp_method="tools/list")
    assert answered.status == 200
    assert "mcp-session-id" not in answered.headers
    assert len(answered.json["result"]["tools"]) == 2
    mismatched = await door.ask(body=asked, mcp_protocol_version="2026-07-28", mcp_method="tools/call")
    assert mismatched.status == 400


async def test_a_call_by_2026_07_28_lists_no_tools_before(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK's own way would ask for every page of them, with each call."""
    asked, page = list[str](), AsyncTools.page

    async def counted(tools: AsyncTools, *given: Any, **said: Any) -> Any:
        asked.append("page")
        return await page(tools, *given, **said)

    monkeypatch.setattr(AsyncTools, "page", counted)
    call = {"method": "tools/call", "params": {"name": "get_order", "arguments": {"order": 7}, "_meta": META}}
    named = {"mcp_protocol_version": "2026-07-28", "mcp_method": "tools/call", "mcp_name": "get_order"}
    called = await door.ask(body={**LIST, **call}, **named)
    assert called.json["result"]["structuredContent"] == {"order": 7, "item": "hinge"}
    assert asked == []


@pytest.mark.parametrize("content", [b"{", b"[]", b"[" * 50_000, b"null", b'{"jsonrpc": "2.0"}', b"\xff\xfe", b""])
@pytest.mark.parametrize("version", ["2025-11-25", "2026-07-28"])
async def test_a_body_that_is_no_request_is_refused(door: Door, content: bytes, version: str) -> None:
    client = await door.raw()
    await client.send(door.head(content_length=str(len(content)), mcp_protocol_version=version) + content)
    assert (await client.answer()).status == 400


async def test_a_client_whose_stream_was_cut_goes_on_after_the_last_event(door: Door) -> None:
    id = await door.session()
    listed = await door.ask(body=LIST, mcp_session_id=id, mcp_protocol_version="2025-11-25")
    ids = [line.removeprefix("id: ") for line in listed.body.decode().splitlines() if line.startswith("id: ")]
    assert len(ids) == 2, "a place to go on from, and the answer"
    client = await door.raw()
    await client.send(door.head("GET", mcp_session_id=id, last_event_id=ids[0], content_type=None))
    status, _ = await client.head()
    assert status == 200
    seen = b""
    while b"hinge" not in seen and b'"result"' not in seen:
        seen += await client.reader.read(65536)
    assert json.dumps("get_order").encode() in seen
