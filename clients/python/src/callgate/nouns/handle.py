"""A call that has been made, by its invocation's id: waiting for its end, watching it, ending it."""

from collections.abc import AsyncIterator
from functools import partial

from callgate import checks, convert, messages
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
        tries = self._session.begin(of_watch(checks.endless_seconds("timeout", timeout)))
        while True:
            request = messages.watch(self.id, after, until_settled)
            try:
                async with self._session.stream(self._session.invocations.WatchInvocation, request, tries.begin()) as stream:
                    async for answer in stream:
                        tries.alive()
                        if answer.HasField("event"):
                            tries.progressed()
                            after = answer.event.number
                            yield convert.event(answer.event)
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
    cancel = blocking(AsyncInvocationHandle.cancel)
