"""`callgate mcp` as a host starts it: a program with pipes. By the official client, and line by line as no client would."""

import asyncio
import json
import os
import signal
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from mcp.client import Client as McpClient
from mcp.client.stdio import StdioServerParameters, stdio_client

from callgate.testing import FakeGateway
from tests.conftest import Until

COMMAND = [sys.executable, "-c", "from gateway.cli import main; main()", "mcp"]
INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 0,
    "method": "initialize",
    "params": {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}},
}
#: Seconds for the program to start and say a line, or to end, on a machine that is busy with other things.
SOON = 60.0


class Host:
    """Writes lines to the program, and reads those that it writes."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    async def write(self, *lines: bytes | dict[str, Any]) -> None:
        assert self.process.stdin is not None
        for line in lines:
            self.process.stdin.write((line if isinstance(line, bytes) else json.dumps(line).encode()) + b"\n")
        await self.process.stdin.drain()

    async def read(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = await asyncio.wait_for(self.process.stdout.readline(), SOON)
        assert line, "the program has ended"
        found: dict[str, Any] = json.loads(line)
        assert found["jsonrpc"] == "2.0"
        return found

    async def ask(self, method: str, id: Any = 1, **params: Any) -> dict[str, Any]:
        await self.write({"jsonrpc": "2.0", "id": id, "method": method, "params": params})
        answer = await self.read()
        assert answer["id"] == id
        return answer

    async def end(self) -> tuple[int, bytes, bytes]:
        """Close its input. Its exit code, and what it has still written, to both."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        out, err = await asyncio.wait_for(self.process.communicate(), SOON)
        return self.process.returncode or 0, out, err


@asynccontextmanager
async def host_of(gateway: FakeGateway, *words: str, **environ: str) -> AsyncIterator[Host]:
    process = await asyncio.create_subprocess_exec(
        *COMMAND,
        *words,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, **gateway.environment, **environ},
        limit=64 << 20,
    )
    try:
        yield Host(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@asynccontextmanager
async def begun(gateway: FakeGateway, *words: str) -> AsyncIterator[Host]:
    """After the handshake of 2025-11-25."""
    async with host_of(gateway, *words) as host:
        await host.write(INITIALIZE)
        told = await host.read()
        assert told["result"]["protocolVersion"] == "2025-11-25"
        await host.write({"jsonrpc": "2.0", "method": "notifications/initialized"})
        yield host


def parameters(gateway: FakeGateway, *words: str) -> StdioServerParameters:
    return StdioServerParameters(command=COMMAND[0], args=[*COMMAND[1:], *words], env={**os.environ, **gateway.environment})


async def test_the_official_client_lists_and_calls(fake: FakeGateway, mode: str) -> None:
    async with McpClient(stdio_client(parameters(fake)), mode=mode) as mcp:
        assert mcp.protocol_version == ("2025-11-25" if mode == "legacy" else mode)
        assert [one.name for one in (await mcp.list_tools()).tools] == ["create_order", "get_order"]
        assert (await mcp.call_tool("create_order", {"item": "tea"})).structured_content == {"id": 7, "item": "tea"}


async def test_it_ends_when_its_input_does_and_has_said_nothing_else(fake: FakeGateway) -> None:
    async with begun(fake) as host:
        assert (await host.ask("tools/list"))["result"]["tools"]
        assert await host.end() == (0, b"", b"")


async def test_without_a_word_of_its_host_it_ends_likewise(fake: FakeGateway) -> None:
    async with host_of(fake) as host:
        assert await host.end() == (0, b"", b"")


async def test_without_a_token_it_says_why_on_stderr_alone(fake: FakeGateway) -> None:
    async with host_of(fake, CALLGATE_TOKEN="", CALLGATE_TOKEN_FILE="/there/is/none") as host:
        code, out, err = await host.end()
    assert code == 2
    assert out == b""
    assert b"/there/is/none" in err


async def test_a_wrong_token_is_a_refusal_of_each_request(fake: FakeGateway) -> None:
    fake.token = "another" * 6
    async with begun(fake) as host:
        fake.token = "one that it does not have" * 2
        told = await host.ask("tools/list")
    assert told["error"]["code"] == -32603
    assert told["error"]["data"]["reason"] == "UNAUTHENTICATED"
    assert "another" not in json.dumps(told)


HOSTILE = {
    "no JSON": (b"hello", -32700),
    "half a message": (b'{"jsonrpc": "2.0", "id": 5, "meth', -32700),
    "no UTF-8": (b'{"jsonrpc": "2.0", "id": 5, "method": "\xff\xfe"}', -32700),
    "a lone surrogate": (b'{"jsonrpc": "2.0", "id": 5, "method": "\\ud800"}', -32700),
    "nested too deep": (
        b'{"jsonrpc":"2.0","id":5,"method":"ping","params":' + b'{"a":' * 100_000 + b"1" + b"}" * 100_001,
        -32700,
    ),
    "a batch": (b'[{"jsonrpc": "2.0", "id": 5, "method": "ping"}]', -32600),
    "an empty batch": (b"[]", -32600),
    "a text": (b'"ping"', -32600),
    "a number": (b"1e999", -32600),
    "null": (b"null", -32600),
    "no version": (b'{"id": 5, "method": "ping"}', -32600),
    "another version": (b'{"jsonrpc": "1.0", "id": 5, "method": "ping"}', -32600),
    "no method": (b'{"jsonrpc": "2.0", "id": 5}', -32600),
    "a method that is no text": (b'{"jsonrpc": "2.0", "id": 5, "method": 7}', -32600),
    "a list of parameters": (b'{"jsonrpc": "2.0", "id": 5, "method": "ping", "params": [1]}', -32600),
    "an id that is no id": (b'{"jsonrpc": "2.0", "id": {"a": 1}, "method": "ping"}', -32600),
    "an id that is a fraction": (b'{"jsonrpc": "2.0", "id": 1.5, "method": "ping"}', -32600),
    "an id that is true": (b'{"jsonrpc": "2.0", "id": true, "method": "ping"}', -32600),
    "too long": (b'{"jsonrpc": "2.0", "id": 5, "method": "' + b"x" * (9 << 20) + b'"}', -32600),
}


@pytest.mark.parametrize("after", ["the handshake", "nothing"])
async def test_what_is_no_message_is_answered_and_the_door_goes_on(fake: FakeGateway, after: str) -> None:
    async with begun(fake) if after == "the handshake" else host_of(fake) as host:
        for name, (line, code) in HOSTILE.items():
            await host.write(line)
            told = await host.read()
            assert told["error"]["code"] == code, name
            assert told["id"] in (None, 5), name
            assert len(told["error"]["message"]) < 200, name
        if after == "nothing":
            await host.write(INITIALIZE)
            await host.read()
        assert (await host.ask("ping"))["result"] == {}
        code, out, err = await host.end()
    assert (code, out) == (0, b"")
    assert fake.token.encode() not in err


WRONG: list[tuple[str, dict[str, Any], int]] = [
    ("no/such/method", {}, -32601),
    ("", {}, -32601),
    ("resources/list", {}, -32601),
    ("tools/call", {}, -32602),
    ("tools/call", {"name": 7}, -32602),
    ("tools/call", {"name": "create_order", "arguments": [1]}, -32602),
    ("tools/call", {"name": "create_order", "arguments": {"item": "tea"}, "_meta": 7}, -32602),
    ("tools/call", {"name": "create_order", "arguments": {"item": "tea"}, "_meta": {"callgate.dev/step": {}}}, -32602),
    ("tools/list", {"cursor": 7}, -32602),
    ("tools/list", {"cursor": "\u0000" * 100}, -32602),
    ("tasks/get", {}, -32602),
    ("tasks/get", {"taskId": ["a"]}, -32602),
    ("initialize", {"protocolVersion": 7}, -32602),
]


async def test_what_is_asked_wrongly_is_answered_and_the_door_goes_on(fake: FakeGateway) -> None:
    async with begun(fake) as host:
        for number, (method, params, code) in enumerate(WRONG):
            told = await host.ask(method, id=f"wrong {number}", **params)
            assert told["error"]["code"] == code, (method, params)
        assert (await host.ask("ping", id="last"))["result"] == {}
    assert not fake.calls


async def test_arguments_that_no_json_has_are_told_to_the_model(fake: FakeGateway) -> None:
    fake.tool(name="any")(lambda **given: sorted(given))
    deep: Any = 1
    for _ in range(100):
        deep = [deep]
    async with begun(fake) as host:
        for number, value in enumerate([float("nan"), float("inf"), deep, 10**400]):
            told = await host.ask("tools/call", id=number, name="any", arguments={"a": value})
            assert told["result"]["isError"] is True, value
            assert "Nothing was done" in told["result"]["content"][0]["text"]
        told = await host.ask("tools/call", id="huge", name="any", arguments={"a": "x" * (2 << 20)})
        assert "1,048,576 bytes" in told["result"]["content"][0]["text"]
        assert (await host.ask("ping", id="last"))["result"] == {}
    assert not fake.calls


async def test_answers_to_what_was_never_asked_are_passed_over(fake: FakeGateway) -> None:
    async with begun(fake) as host:
        await host.write(
            {"jsonrpc": "2.0", "id": 999, "result": {}},
            {"jsonrpc": "2.0", "id": "never", "error": {"code": -1, "message": "no"}},
            {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": "never"}},
            {"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": [1]}},
            {"jsonrpc": "2.0", "method": "notifications/no-such"},
            {"jsonrpc": "2.0", "method": "notifications/progress", "params": {"progressToken": 1, "progress": "much"}},
            b"",
            b"   ",
        )
        assert (await host.ask("ping"))["result"] == {}


async def test_a_request_before_the_handshake_is_refused_and_the_handshake_follows(fake: FakeGateway) -> None:
    async with host_of(fake) as host:
        assert "error" in await host.ask("tools/list")
        await host.write(INITIALIZE)
        assert (await host.read())["result"]["serverInfo"]["name"] == "callgate"
        assert "result" in await host.ask("tools/list", id=2)


async def test_many_requests_at_once_are_each_answered(fake: FakeGateway) -> None:
    async with begun(fake) as host:
        asked = [
            {
                "jsonrpc": "2.0",
                "id": number,
                "method": "tools/call",
                "params": {"name": "get_order", "arguments": {"order": number}},
            }
            for number in range(300)
        ]
        await host.write(*asked)
        answers = [await host.read() for _ in asked]
    assert {one["id"]: one["result"]["structuredContent"]["order"] for one in answers} == {n: n for n in range(300)}


async def test_a_host_that_does_not_read_keeps_nothing_alive(fake: FakeGateway) -> None:
    fake.tool(name="long")(lambda: "x" * 100_000)
    async with begun(fake) as host:
        for number in range(100):
            await host.write(
                {"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": {"name": "long", "arguments": {}}}
            )
        assert host.process.stdin is not None
        host.process.stdin.close()
        assert await asyncio.wait_for(host.process.wait(), SOON) == 0


async def test_a_door_that_is_killed_between_effect_and_answer_makes_no_second_effect(fake: FakeGateway, until: Until) -> None:
    effects: list[str] = []
    answered = threading.Event()

    @fake.tool
    def pay(amount: int) -> dict[str, int]:
        effects.append(f"{amount} paid")
        answered.wait(20)
        return {"paid": amount}

    params = {"name": "pay", "arguments": {"amount": 5}, "_meta": {"callgate.dev/idempotency-key": "order-of-the-14th-step"}}
    async with begun(fake) as host:
        await host.write({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params})
        await until(lambda: effects)
        host.process.send_signal(signal.SIGKILL)
        await host.process.wait()
    answered.set()
    async with begun(fake) as host:
        told = await host.ask("tools/call", **params)
    assert told["result"]["structuredContent"] == {"paid": 5}
    assert effects == ["5 paid"]


async def test_the_input_may_be_a_file(fake: FakeGateway, tmp_path: Any) -> None:
    said = tmp_path / "said"
    said.write_text(json.dumps(INITIALIZE))
    with said.open("rb") as lines:
        process = await asyncio.create_subprocess_exec(
            *COMMAND, stdin=lines, stdout=asyncio.subprocess.PIPE, env={**os.environ, **fake.environment}
        )
        out, _ = await asyncio.wait_for(process.communicate(), SOON)
    assert process.returncode == 0
    assert json.loads(out)["id"] == 0
