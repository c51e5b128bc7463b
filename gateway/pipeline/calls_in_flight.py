"""The calls under way in this gateway. Each runs in a task of its own and outlives the RPC that began it: the upstream cannot
be told that the caller hung up, and a caller that stops waiting has not cancelled the call."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field, replace

from gateway.model.errors import InvocationNotFound, ShuttingDown
from gateway.model.principal import Caller
from gateway.pipeline.call import Answered, Call, CallTicket, invocation_id
from gateway.pipeline.call_admission import CallAdmission
from gateway.pipeline.call_log import line_of
from gateway.pipeline.invoker import Invoker


@dataclass(slots=True)
class CallsInFlight:
    invoker: Invoker
    admission: CallAdmission
    _tasks: dict[tuple[Caller, Call], tuple[asyncio.Task[Answered], CallTicket]] = field(default_factory=dict)
    _draining: bool = False

    async def answer(self, caller: Caller, call: Call, *, wait: float | None = None) -> Answered:
        """The end of the call, or, after `wait` seconds, how it stands; not before it is accepted. None: until it has ended."""
        if self._draining:
            raise ShuttingDown("this gateway is shutting down")
        recent = self.invoker.recent_outcome(caller, call)
        if recent is not None:
            return recent
        joins = (caller, call) in self._tasks  # a caller that repeats its call waits for the same task
        if not joins:
            self._admit(caller.principal.tenant, call)
        task, ticket = self._tasks[caller, call] if joins else self._begin(caller, call)
        await asyncio.wait({task}, timeout=wait)
        if not task.done():
            accepted = asyncio.create_task(ticket.accepted.wait())
            await asyncio.wait({task, accepted}, return_when=asyncio.FIRST_COMPLETED)
            accepted.cancel()
        if not task.done():
            ticket.told = True
            with suppress(InvocationNotFound):  # its refusal came just before it was told
                return Answered(await self.invoker.read(caller, invocation_id(caller.principal, call.key)), from_record=False)
        return replace(await task, from_record=True) if joins else await task

    async def drain(self, grace: float) -> None:
        """Take no new calls, and wait up to `grace` seconds for those under way. The rest is left to the ledger's recovery."""
        self._draining = True
        if self._tasks:
            _, left = await asyncio.wait({task for task, _ in self._tasks.values()}, timeout=grace)
            for task in left:
                task.cancel()

    def _admit(self, tenant: str, call: Call) -> None:
        """Raises BudgetExhausted, PoolExhausted."""
        own = [ticket for (caller, _), (_, ticket) in self._tasks.items() if caller.principal.tenant == tenant]
        arriving = sum(not ticket.accepted.is_set() for ticket in own)
        self.admission.admit(tenant, call.timeout, under_way=len(own), arriving=arriving)

    def _begin(self, caller: Caller, call: Call) -> tuple[asyncio.Task[Answered], CallTicket]:
        ticket = CallTicket()
        task = asyncio.create_task(self._made(caller, call, ticket))
        self._tasks[caller, call] = task, ticket
        task.add_done_callback(lambda done: self._forget((caller, call), done))
        return task, ticket

    async def _made(self, caller: Caller, call: Call, ticket: CallTicket) -> Answered:
        with line_of(caller.principal, call) as line:
            answered = await self.invoker.invoke(caller, call, ticket)
            line.ended(answered)
            return answered

    def _forget(self, key: tuple[Caller, Call], task: asyncio.Task[Answered]) -> None:
        del self._tasks[key]
        if not task.cancelled():
            task.exception()  # seen: the caller may be gone, and asyncio would complain of an unseen error
