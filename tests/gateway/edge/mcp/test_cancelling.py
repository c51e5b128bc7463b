"""A request that its client takes back cancels its call; a connection that ends cancels none."""

import asyncio
import threading
from collections.abc import Iterator

import pytest

from callgate.outcomes import Cancelled
from callgate.testing import FakeGateway
from callgate.types import Effect, State
from tests.conftest import Until

from .conftest import door_of


@pytest.fixture
def goes_on(fake: FakeGateway) -> Iterator[threading.Event]:
    """A tool that ends when this is set."""
    event = threading.Event()
    fake.tool(name="slow", effect=Effect.READ)(lambda: event.wait(20))
    yield event
    event.set()


@pytest.mark.parametrize("wants_progress", [False, True])
async def test_a_request_that_is_taken_back_cancels_its_call(
    fake: FakeGateway, mode: str, goes_on: threading.Event, until: Until, *, wants_progress: bool
) -> None:
    async def hear(progress: float, total: float | None, message: str | None) -> None: ...

    async with door_of(fake, mode) as mcp:
        asking = asyncio.create_task(mcp.call_tool("slow", {}, progress_callback=hear if wants_progress else None))
        await until(lambda: fake.calls and fake.calls[0].state is State.DISPATCHED)
        asking.cancel()  # the official client tells the server so
        await asyncio.wait((asking,))
        await until(lambda: fake.calls[0].over)
        assert isinstance(fake.calls[0].outcome, Cancelled)
        assert not (await mcp.call_tool("get_order", {"order": 1})).is_error, "the door goes on"


@pytest.mark.parametrize("keyed", [False, True])
async def test_a_connection_that_ends_leaves_the_call_under_way(
    fake: FakeGateway, goes_on: threading.Event, until: Until, *, keyed: bool
) -> None:
    meta = {"callgate.dev/idempotency-key": "of the client"} if keyed else None
    asking = None
    async with door_of(fake, "legacy") as mcp:
        asking = asyncio.create_task(mcp.call_tool("slow", {}, meta=meta))  # type: ignore[arg-type]
        await until(lambda: fake.calls and fake.calls[0].state is State.DISPATCHED)
        await mcp.__aexit__(None, None, None)
    await asyncio.wait((asking,))
    assert not fake.calls[0].over
    goes_on.set()
    await until(lambda: fake.calls[0].over)
    assert fake.calls[0].state is State.SUCCEEDED
