"""What those who watch a streamed answer are told while it comes."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

from gateway.edge.grpc.answer_watch import AnswerPlace, AnswerWatch, Placed
from gateway.model.invocation import Event, Invocation, InvocationState, Outcome, Verdict
from gateway.pipeline.live_answers import OF_ANSWER, STEP, LiveAnswers, LiveCall
from registry.calling.answer_events import MOST
from sandbox.api.result import Head
from tests.gateway.pipeline.test_recent_outcomes import ENDED
from tests.gateway.records.redis.test_kept_calls import attempt

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


def cut(call: LiveCall) -> None:
    """As an answer that is larger than what is kept of it."""
    for piece in (b"data: 1\n\n", bytes(OF_ANSWER), b"data: 2\n\n"):
        call.hear(1)(SSE, piece)


async def test_what_was_lost_with_a_cancelled_call_is_marked() -> None:
    async def ended() -> AsyncIterator[Event]:
        yield Event(2, 0.0, InvocationState.CANCELLED, "RECORDED", {})

    async def read() -> Invocation:
        return replace(ENDED, outcome=Outcome(Verdict.CANCELLED), attempts=(attempt("cg-1", ""),))

    with LiveAnswers().of("acme", "inv_1") as call:
        cut(call)
        told = [one async for one in AnswerWatch(call, read, AnswerPlace()).beside(ended()) if not isinstance(one, Event)]
    assert [(place.number, event.data, event.left_out) for place, event in told] == [(1, b"1", False), (MOST + 1, b"", True)]


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
