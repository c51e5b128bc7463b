"""An invocation's events, and between them those of its streamed answer: live where the call is made here, else of its end."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from gateway.decisions.result_policy import NOT_STORED
from gateway.model.invocation import Answer, Event, Invocation, Verdict
from gateway.pipeline.live_answers import LiveAnswer, LiveCall
from registry.calling.answer_events import MOST, AnswerEvent, read_events
from registry.model.media_types import is_stream

SUCCESSES = range(200, 300)


@dataclass(frozen=True, slots=True, order=True)
class AnswerPlace:
    """Where an event stands among those of all answers of a call."""

    attempt: int = 0
    number: int = 0


Placed = tuple[AnswerPlace, AnswerEvent]


class AnswerWatch:
    """`read` gives the invocation as it stands. Only what follows `after` is told. Used once."""

    def __init__(self, call: LiveCall, read: Callable[[], Awaitable[Invocation | None]], after: AnswerPlace) -> None:
        self._call = call
        self._read = read
        self._at = after
        self._all_told = False

    async def beside(self, events: AsyncIterator[Event]) -> AsyncIterator[Event | Placed]:
        """Both, the answer's before the event that ends the call."""
        coming = _next(events)
        try:
            while True:
                news = self._call.news  # before it is looked at: nothing is missed that comes meanwhile
                async for told in self._live():
                    yield told
                if not coming.done():
                    either: set[asyncio.Future[Any]] = {coming, news}
                    await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
                    continue
                event = coming.result()
                if event is None or event.state.ended:
                    async for told in self._rest():
                        yield told
                if event is None:
                    return
                yield event
                coming = _next(events)
        finally:
            coming.cancel()

    async def _live(self) -> AsyncIterator[Placed]:
        for answer in tuple(self._call.answers):
            while answer.attempt >= self._at.attempt:
                for event in self._unseen(answer):
                    yield self._place(answer.attempt, event)
                if not answer.read_on() and not self._unseen(answer):  # another who watches may have read on
                    break
                await asyncio.sleep(0)

    def _unseen(self, answer: LiveAnswer) -> list[AnswerEvent]:
        return answer.events[self._at.number if answer.attempt == self._at.attempt else 0 :]

    def _place(self, attempt: int, event: AnswerEvent) -> Placed:
        self._at = AnswerPlace(attempt, event.number)
        return self._at, event

    async def _rest(self) -> AsyncIterator[Placed]:
        """What has come last, and what only the result has. Once."""
        if self._all_told:
            return
        self._all_told = True
        async for told in self._live():
            yield told
        invocation = await self._read()
        if invocation is None or self._was_live(len(invocation.attempts)):
            return
        async for told in self._recorded(invocation):
            yield told
        end = AnswerPlace(len(invocation.attempts), MOST + 1)
        if self._at < end and self._lacks(invocation):
            artifact = invocation.outcome.answer.artifact if invocation.outcome and invocation.outcome.answer else None
            yield self._place(end.attempt, AnswerEvent(end.number, left_out=True, artifact=artifact.id if artifact else ""))

    def _was_live(self, attempt: int) -> bool:
        return any(answer.over for answer in self._call.answers if answer.attempt == attempt)

    def _lacks(self, invocation: Invocation) -> bool:
        """Whether events are left out that came: they are in an artifact, or lost."""
        outcome, attempt = invocation.outcome, len(invocation.attempts)
        answer = outcome.answer if outcome else None
        size = len(answer.body) if answer else 0
        if any(live.attempt == attempt and live.is_beyond(size) for live in self._call.answers):
            return True
        if outcome is None or answer is None or not _has_events(answer):
            return False
        lost = outcome.verdict is Verdict.LIMIT_EXCEEDED or outcome.fault in NOT_STORED
        return lost or answer.artifact is not None or (answer.shown is not None and answer.shown.bytes_left_out > 0)

    async def _recorded(self, invocation: Invocation) -> AsyncIterator[Placed]:
        outcome, attempt = invocation.outcome, len(invocation.attempts)
        answer = outcome.answer if outcome else None
        if outcome is None or answer is None or not _has_events(answer):
            return
        whole = outcome.verdict is Verdict.SUCCEEDED and answer.artifact is None and answer.shown is None
        for step in read_events(answer.content_type, answer.body, whole=whole):
            for event in step:
                if AnswerPlace(attempt, event.number) > self._at:
                    yield self._place(attempt, event)
            await asyncio.sleep(0)


def _has_events(answer: Answer) -> bool:
    return answer.http_status in SUCCESSES and is_stream(answer.content_type)


def _next(events: AsyncIterator[Event]) -> "asyncio.Task[Event | None]":
    """None at the end."""

    async def awaited() -> Event | None:
        return await anext(events, None)

    return asyncio.create_task(awaited())
