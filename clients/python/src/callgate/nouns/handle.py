"""A call that has been made, by its invocation's id: waiting for its end, watching it, ending it."""

from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any

from callgate import checks, convert, messages
from callgate.answer_events import AnswerEvent
from callgate.blocking import BlockingNoun, blocking, iterating
from callgate.errors import CallgateError
from callgate.interrupted import InterruptedCall, kept_in_errors
from callgate.retry import READ, of_watch
from callgate.session import Noun, Session
from callgate.types import Event, Invocation


async def standing(session: Session, invocation_id: str) -> Invocation:
    """An invocation as it stands."""
    request = partial(messages.get, invocation_id)
    return convert.invocation((await session.send(session.invocations.GetInvocation, request, READ)).invocation)


class AsyncInvocationHandle(Noun):
    """One invocation, from any client and any gateway of its store. `id` is the invocation's."""

    def __init__(self, session: Session, id: str) -> None:
        super().__init__(session)
        self.id = messages.invocation(id)

    async def wait(self, *, timeout: float | None = None) -> Invocation:  # noqa: ASYNC109
        """Wait for the end. Raises NoAnswer where that takes more than `timeout` seconds.

        None or math.inf: as long as it takes.
        """
        with kept_in_errors(InterruptedCall(invocation_id=self.id)):
            async for _ in self.watch(timeout=timeout):
                pass
            return await standing(self._session, self.id)

    async def watch(
        self,
        *,
        after: int = 0,
        until_settled: bool = False,
        timeout: float | None = None,  # noqa: ASYNC109
    ) -> AsyncIterator[Event]:
        """The events after number `after`, until the call has ended or, with `until_settled`, its clean-up is done, too.

        Raises NoAnswer where that takes more than `timeout` seconds. None or math.inf: as long as it takes.
        """
        seen = messages.Seen(after)
        async for answer in self._watched(lambda: messages.watch(self.id, seen, until_settled), timeout):
            if answer.HasField("event"):
                seen.event = answer.event.number
                yield convert.event(answer.event)

    async def answer_events(
        self,
        *,
        after: AnswerEvent | None = None,
        timeout: float | None = None,  # noqa: ASYNC109
    ) -> AsyncIterator[AnswerEvent]:
        """The events of the call's streamed answer that follow `after`, as they come, until the call has ended.

        The gateway that makes the call tells them at once; any other, and those of a call that has ended, once they are in its
        result. Raises NoAnswer where that takes more than `timeout` seconds. None or math.inf: as long as it takes.
        """
        seen = messages.Seen()
        if after is not None:
            seen.answer = checks.instance(AnswerEvent, "last event", after)
        async for one in self._both(seen, timeout):
            if isinstance(one, AnswerEvent):
                yield one

    async def all_events(self, *, timeout: float | None = None) -> AsyncIterator[Event | AnswerEvent]:  # noqa: ASYNC109
        """What `watch` and `answer_events` tell, in one, as it comes. Raises as they do."""
        async for one in self._both(messages.Seen(), timeout):
            yield one

    async def _both(self, seen: messages.Seen, timeout: float | None) -> AsyncIterator[Event | AnswerEvent]:  # noqa: ASYNC109
        async for answer in self._watched(lambda: messages.watch(self.id, seen, False, answer_events=True), timeout):
            if answer.HasField("event"):
                seen.event = answer.event.number
                yield convert.event(answer.event)
            if answer.HasField("answer_event"):
                seen.answer = convert.answer_event(answer.answer_event)
                yield seen.answer

    async def _watched(self, request: Callable[[], Any], timeout: float | None) -> AsyncIterator[Any]:  # noqa: ASYNC109
        """The answers to a watch, which is made anew where it breaks. `request` makes it of what was seen by then."""
        tries = self._session.begin(of_watch(checks.endless_seconds("timeout", timeout)))
        while True:
            try:
                watch = self._session.invocations.WatchInvocation
                async with self._session.stream(watch, request(), tries.begin()) as stream:
                    async for answer in stream:
                        tries.alive()
                        if not answer.HasField("heartbeat"):
                            tries.progressed()
                            yield answer
            except CallgateError as error:
                pause = tries.pause_after(error)
            else:
                return
            await self._session.pacing.sleep(pause)

    async def cancel(self) -> Invocation:
        """Ask the gateway to end the call. Returns the invocation as it stands now."""
        request = partial(messages.cancel, self.id)
        answer = await self._session.send(self._session.invocations.CancelInvocation, request, READ)
        return convert.invocation(answer.invocation)


class InvocationHandle(BlockingNoun[AsyncInvocationHandle]):
    """One invocation, from any client and any gateway of its store. `id` is the invocation's."""

    @property
    def id(self) -> str:
        return self._asynchronous.id

    wait = blocking(AsyncInvocationHandle.wait)
    watch = iterating(AsyncInvocationHandle.watch)
    answer_events = iterating(AsyncInvocationHandle.answer_events)
    all_events = iterating(AsyncInvocationHandle.all_events)
    cancel = blocking(AsyncInvocationHandle.cancel)
