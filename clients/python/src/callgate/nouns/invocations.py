"""`client.invocations`: the calls that have been made."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from callgate import checks, convert, exchanges, listing, messages, previews
from callgate.blocking import BlockingNoun, blocking, describe, iterating
from callgate.errors import InvocationNotFound
from callgate.exchanges import Exchange
from callgate.keys import wire_key
from callgate.nouns.handle import AsyncInvocationHandle, InvocationHandle, standing
from callgate.pages import InvocationPage
from callgate.previews import Preview
from callgate.retry import READ
from callgate.session import Noun
from callgate.types import Invocation, InvocationSummary, SchemaForm, State


class AsyncInvocations(Noun):
    """The calls that have been made."""

    async def list(
        self,
        *,
        tool: str | None = None,
        states: Sequence[State] = (),
        run_id: str | None = None,
        agent: str | None = None,
        subject: str | None = None,
        key: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> AsyncIterator[InvocationSummary]:
        """The calls that this caller may see, the one that was accepted last first: its own, and its tenant's where it may
        review or operate.

        All that is given has to hold. `tool`: a name, or `name@version`. `key`: of a call of this caller. `since` and `until`:
        aware; the latter is excluded. With `run_id`, `agent` and `subject` of a run that was started, the list is that run's
        own, however long ago its calls were made. Pages come as they are asked for: stop where you have seen enough.
        """
        wanted = listing.wanted(
            tool=tool, states=states, run_id=run_id, agent=agent, subject=subject, key=key, since=since, until=until
        )
        async for page in self._session.pages(self._session.invocations.ListInvocations, wanted):
            for one in page.invocations:
                yield listing.summary(one)

    async def page(
        self,
        *,
        agent: str | None = None,
        subject: str | None = None,
        page_token: str = "",
    ) -> InvocationPage:
        """One page of what `list` lists, for programs that show pages themselves: the first, or that of a token which the page
        before had. It may have fewer calls than others, or none."""
        wanted = listing.wanted(
            tool=None, states=(), run_id=None, agent=agent, subject=subject, key=None, since=None, until=None
        )
        request = partial(wanted, checks.text("page_token", page_token))
        page = await self._session.send(self._session.invocations.ListInvocations, request, READ)
        return InvocationPage(tuple(map(listing.summary, page.invocations)), page.next_page_token)

    async def get(self, invocation_id: str) -> Invocation:
        """An invocation as it stands."""
        return await standing(self._session, invocation_id)

    async def find(self, key: str) -> Invocation | None:
        """The invocation with this caller's idempotency key, as it stands; None where there is none. Nothing runs."""
        request = partial(messages.find, wire_key(key))
        try:
            answer = await self._session.send(self._session.invocations.FindInvocation, request, READ)
        except InvocationNotFound:
            return None
        return convert.invocation(answer.invocation)

    async def exchange(self, invocation_id: str) -> Exchange:
        """What a call was asked and answered, where its tool's manifest has that kept (`keep`). Raises InvocationNotFound."""
        request = partial(messages.get_exchange, invocation_id)
        answer = await self._session.send(self._session.invocations.GetExchange, request, READ)
        return exchanges.exchange_from(answer.exchange)

    async def erase_exchanges(self, tenant: str) -> int:
        """Delete what is kept of what a tenant's calls were asked and answered; for operators. Returns how many there were."""
        request = partial(exchanges.erase, tenant)
        return int((await self._session.send(self._session.invocations.EraseExchanges, request, READ)).erased)

    async def preview(self, tool: str, arguments: Mapping[str, Any], *, schema_form: SchemaForm | None = None) -> Preview:
        """What a call of these would send, and what would refuse it. Nothing is sent or recorded, and no secret is fetched.

        `schema_form`: as in `call`.
        """
        request = partial(previews.wanted, tool, arguments, schema_form)
        return previews.preview(await self._session.send(self._session.invocations.PreviewInvocation, request, READ))

    def handle(self, invocation_id: str) -> AsyncInvocationHandle:
        """What waits for the end of an invocation, watches it and cancels it. Nothing is sent."""
        return AsyncInvocationHandle(self._session, invocation_id)


class Invocations(BlockingNoun[AsyncInvocations]):
    """The calls that have been made."""

    list = iterating(AsyncInvocations.list)
    page = blocking(AsyncInvocations.page)
    get = blocking(AsyncInvocations.get)
    find = blocking(AsyncInvocations.find)
    exchange = blocking(AsyncInvocations.exchange)
    erase_exchanges = blocking(AsyncInvocations.erase_exchanges)
    preview = blocking(AsyncInvocations.preview)

    def handle(self, invocation_id: str) -> InvocationHandle:
        return InvocationHandle(self._asynchronous.handle(invocation_id))

    describe(handle, AsyncInvocations.handle, InvocationHandle)
