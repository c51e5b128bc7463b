"""A call whose streamed answer is read while it comes."""

from collections.abc import AsyncIterator, Awaitable, Callable

from callgate.answer_events import AnswerEvent, events_of
from callgate.blocking import BlockingNoun, iterating
from callgate.interrupted import InterruptedCall, kept_in_errors
from callgate.nouns.handle import AsyncInvocationHandle, standing
from callgate.session import Noun, Session
from callgate.types import Invocation


class AsyncAnswerStream(Noun):
    """The events of one call's answer, to go through once by `for` or `async for`. The first step makes the call.

    `invocation` is the call as it was accepted and, after the last event, as it ended: its outcome has the whole answer. An
    answer that is no stream has no events. To stop reading stops no call: `invocations.handle(id).cancel()` does.
    """

    def __init__(self, session: Session, key: str, begin: Callable[[], Awaitable[Invocation]]) -> None:
        super().__init__(session)
        self.key = key
        self.invocation: Invocation | None = None
        self._begin = begin

    def __aiter__(self) -> AsyncIterator[AnswerEvent]:
        return self.events()

    async def events(self) -> AsyncIterator[AnswerEvent]:
        """What is gone through."""
        call = InterruptedCall(self.key)
        with kept_in_errors(call):
            self.invocation = await self._begin()
            call.invocation_id = self.invocation.id
            if self.invocation.outcome is not None:
                for event in events_of(self.invocation.outcome, len(self.invocation.attempts)):
                    yield event
                return
            async for event in AsyncInvocationHandle(self._session, self.invocation.id).answer_events():
                yield event
            self.invocation = await standing(self._session, self.invocation.id)


class AnswerStream(BlockingNoun[AsyncAnswerStream]):
    """The events of one call's answer, to go through once by `for` or `async for`. The first step makes the call.

    `invocation` is the call as it was accepted and, after the last event, as it ended: its outcome has the whole answer. An
    answer that is no stream has no events. To stop reading stops no call: `invocations.handle(id).cancel()` does.
    """

    @property
    def key(self) -> str:
        return self._asynchronous.key

    @property
    def invocation(self) -> Invocation | None:
        return self._asynchronous.invocation

    events = iterating(AsyncAnswerStream.events)
    __iter__ = iterating(AsyncAnswerStream.events)
