"""What those who watch a streamed answer are told while it comes."""

import asyncio
from collections.abc import AsyncIterator

from gateway.edge.grpc.answer_watch import AnswerPlace, AnswerWatch, Placed
from gateway.model.invocation import Event
from gateway.pipeline.live_answers import STEP, LiveAnswers, LiveCall
from sandbox.api.result import Head

SSE = Head(200, (("content-type", "text/event-stream"),))
ONE = b"data: " + b"x" * 1000 + b"\n\n"


async def _none() -> AsyncIterator[Event]:
    """A call that goes on."""
    await asyncio.Event().wait()
    for event in list[Event]():
        yield event


def watch(call: LiveCall) -> AsyncIterator[Event | Placed]:
    async def read() -> None:
        return None

    return AnswerWatch(call, read, AnswerPlace()).beside(_none())


async def test_who_is_slow_is_told_at_once_what_another_who_watches_has_read_meanwhile() -> None:
    with LiveAnswers().of("acme", "inv_1") as call:
        slow, fast = watch(call), watch(call)
        pieces = 3 * STEP // len(ONE)
        call.hear(1)(SSE, ONE * pieces)
        async with asyncio.timeout(5):
            await anext(slow)
            for _ in range(pieces):
                await anext(fast)
            for _ in range(pieces - 1):
                await anext(slow)
