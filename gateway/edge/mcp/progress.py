"""What a client is told of a call while it is under way, where it wants to know."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from time import monotonic
from typing import TypeVar

from callgate.answer_events import AnswerEvent
from callgate.types import Event, Invocation
from gateway.edge.mcp.asked import McpRequest

T = TypeVar("T")

#: Seconds after which a client is told that nothing is new: many end a request that they have heard nothing of for a while.
SILENCE = 10.0
#: Seconds between two words about a streamed answer.
PACE = 0.25
#: In words, by the kind of the event. Of another kind, people need not read while they wait.
_SAID = {
    "CLAIMED": "The call was accepted.",
    "DISPATCHED": "The request is let go.",
    "RETRY_SCHEDULED": "The attempt has failed, and another one follows.",
    "CANCEL_REQUESTED": "The call is being cancelled.",
}
_QUIET = "The call is under way."


async def told_to_its_end(asked: McpRequest, accepted: Invocation, clock: Callable[[], float] = monotonic) -> Invocation:
    """The invocation once it has ended. Raises CallgateError."""
    told, next_word = 0, 0.0
    async with aclosing(_or_silence(asked.client.invocations.handle(accepted.id).all_events(), SILENCE)) as events:
        async for one in events:
            said = _said(one)
            if said is None or (isinstance(one, AnswerEvent) and clock() < next_word):
                continue
            told, next_word = told + 1, clock() + PACE
            await asked.progress(told, said)
    return await asked.client.invocations.get(accepted.id)


def _said(one: Event | AnswerEvent | None) -> str | None:
    """The upstream's own words are no news of the call: they are in the answer."""
    match one:
        case None:
            return _QUIET
        case AnswerEvent():
            return f"The answer comes in events: {one.number:,} so far."
    return _SAID.get(one.kind)


async def _or_silence(events: AsyncIterator[T], seconds: float) -> AsyncGenerator[T | None, None]:
    """The events, and None whenever there was none for so many seconds."""
    coming: asyncio.Task[T] | None = None
    try:
        while True:
            coming = coming or asyncio.ensure_future(_next(events))
            done, _ = await asyncio.wait((coming,), timeout=seconds)
            if not done:
                yield None
                continue
            found, coming = coming, None
            yield found.result()
    except StopAsyncIteration:
        return
    finally:
        if coming is not None:
            coming.cancel()
            await asyncio.wait((coming,))


async def _next(events: AsyncIterator[T]) -> T:
    return await anext(events)
