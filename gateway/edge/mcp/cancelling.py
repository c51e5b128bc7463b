"""A request that its client takes back: its call is cancelled. A connection that breaks and a process that ends cancel none."""

import asyncio
from collections.abc import Awaitable
from contextlib import suppress
from typing import TypeVar

import anyio

from callgate.aio import AsyncClient
from callgate.errors import CallgateError
from gateway.edge.mcp.asked import McpRequest
from gateway.edge.mcp.identity import CallIdentity

T = TypeVar("T")

#: Seconds for the gateway to be told.
WITHIN = 5.0
#: Seconds between two looks for a call that was sent a moment ago.
_SOON = 0.05


async def unless_taken_back(asked: McpRequest, which: CallIdentity, work: Awaitable[T]) -> T:
    """What the work comes to. Where its request is taken back meanwhile, the call is cancelled at the gateway, too."""
    try:
        return await work
    except asyncio.CancelledError:
        if asked.taken_back(which.told):
            # The request's own task is cancelled over and over: this goes on nevertheless, for a while.
            with anyio.move_on_after(WITHIN, shield=True), suppress(CallgateError):
                await _cancel(asked.client, which.key)
        raise


async def _cancel(client: AsyncClient, key: str) -> None:
    """The request may have been on its way when it was broken off: then the call is there a moment later."""
    while (found := await client.invocations.find(key)) is None:  # noqa: ASYNC110 - the gateway tells by its answer
        await asyncio.sleep(_SOON)
    await client.invocations.handle(found.id).cancel()
