"""What a client is told of a call while it is under way, where it wants to know."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from callgate.testing import FakeGateway
from gateway.edge.mcp import progress
from gateway.edge.mcp.progress import _or_silence

from .conftest import door_of


class Told:
    def __init__(self) -> None:
        self.all: list[tuple[float, str | None]] = []

    async def __call__(self, progress: float, total: float | None, message: str | None) -> None:
        self.all.append((progress, message))


async def test_a_client_that_asks_is_told_and_gets_the_answer(fake: FakeGateway, mode: str) -> None:
    told = Told()
    async with door_of(fake, mode) as mcp:
        result = await mcp.call_tool("create_order", {"item": "tea"}, progress_callback=told)
    assert result.structured_content == {"id": 7, "item": "tea"}
    numbers = [number for number, _ in told.all]
    assert numbers == sorted({*numbers}), "it only ever grows"
    (call,) = fake.calls
    assert call.executions == 1


async def test_a_call_that_waits_is_told_of_meanwhile(fake: FakeGateway, mode: str) -> None:
    goes_on = threading.Event()
    fake.tool(name="slow")(lambda: goes_on.wait(10))
    told = Told()
    async with door_of(fake, mode) as mcp:
        call = asyncio.create_task(mcp.call_tool("slow", {}, progress_callback=told))
        async with asyncio.timeout(10):
            while not told.all:
                await asyncio.sleep(0.01)
        assert not call.done()
        goes_on.set()
        await call
    assert "The request is let go." in [said for _, said in told.all]


async def test_a_streamed_answer_is_told_of_while_it_comes(
    fake: FakeGateway, mode: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "PACE", 0.0)
    first_told = threading.Event()

    @fake.tool
    def count() -> Iterator[int]:
        yield 1
        assert first_told.wait(10)
        yield 2

    class Hearing(Told):
        async def __call__(self, progress: float, total: float | None, message: str | None) -> None:
            await super().__call__(progress, total, message)
            if message and message.startswith("The answer comes"):
                first_told.set()

    told = Hearing()
    async with door_of(fake, mode) as mcp:
        await mcp.call_tool("count", {}, progress_callback=told)
    assert "The answer comes in events: 1 so far." in [said for _, said in told.all]


async def test_who_does_not_ask_is_told_nothing_and_one_request_is_made(fake: FakeGateway, mode: str) -> None:
    async with door_of(fake, mode) as mcp:
        await mcp.call_tool("create_order", {"item": "tea"})
    assert [call.requests for call in fake.calls] == [1]


async def test_silence_is_told_as_often_as_it_lasts() -> None:
    goes_on = asyncio.Event()

    async def events() -> AsyncIterator[str]:
        yield "first"
        await goes_on.wait()
        yield "last"

    heard: list[Any] = []
    async for one in _or_silence(events(), 0.01):
        heard.append(one)
        if len(heard) == 3:
            goes_on.set()
    assert heard[:3] == ["first", None, None]
    assert heard[-1] == "last"


async def test_what_is_listened_to_is_let_go_of() -> None:
    ended = asyncio.Event()

    async def events() -> AsyncIterator[str]:
        try:
            yield "first"
            await asyncio.Event().wait()
        finally:
            ended.set()

    listening = _or_silence(events(), 0.01)
    assert [await anext(listening), await anext(listening)] == ["first", None]
    await listening.aclose()
    assert ended.is_set()
