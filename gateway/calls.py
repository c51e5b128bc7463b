"""The calls under way in this gateway. Each runs in a task of its own and outlives the RPC that began it: the upstream cannot
be told that the caller hung up, and a caller that stops waiting has not asked for the end."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field

from gateway.call import Answered, Call, Ticket, invocation_id
from gateway.errors import InvocationNotFound, ShuttingDown
from gateway.invoker import Invoker
from gateway.principal import Principal


@dataclass(slots=True)
class Calls:
    invoker: Invoker
    _tasks: set[asyncio.Task[Answered]] = field(default_factory=set)
    _draining: bool = False

    async def answer(self, principal: Principal, call: Call, *, wait: float | None = None) -> Answered:
        """The end of the call, or, after `wait` seconds, how it stands; not before it is accepted. None: until it has ended."""
        if self._draining:
            raise ShuttingDown("this gateway is shutting down")
        replayed = self.invoker.replay(principal, call)
        if replayed is not None:
            return replayed
        ticket = Ticket()
        task = self._begin(principal, call, ticket)
        await asyncio.wait({task}, timeout=wait)
        if not task.done():
            accepted = asyncio.create_task(ticket.accepted.wait())
            await asyncio.wait({task, accepted}, return_when=asyncio.FIRST_COMPLETED)
            accepted.cancel()
        if not task.done():
            ticket.told = True
            with suppress(InvocationNotFound):  # its refusal came just before it was told
                return Answered(await self.invoker.read(principal, invocation_id(principal, call.key)), replayed=False)
        return await task

    async def drain(self, grace: float) -> None:
        """Take no new calls, and wait up to `grace` seconds for those under way. The rest is left to the ledger's recovery."""
        self._draining = True
        if self._tasks:
            _, left = await asyncio.wait(self._tasks, timeout=grace)
            for task in left:
                task.cancel()

    def _begin(self, principal: Principal, call: Call, ticket: Ticket) -> asyncio.Task[Answered]:
        task = asyncio.create_task(self.invoker.invoke(principal, call, ticket))
        self._tasks.add(task)
        task.add_done_callback(self._forget)
        return task

    def _forget(self, task: asyncio.Task[Answered]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # seen: the caller may be gone, and asyncio would complain of an unseen error
