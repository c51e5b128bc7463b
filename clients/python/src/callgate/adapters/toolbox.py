"""A gateway's tools for an agent: what a model is shown of them, and their calls. Each verb is there for both ways to wait."""

import asyncio
from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field
from typing import Any, TypedDict

from callgate import checks
from callgate.adapters.answers import Answer
from callgate.adapters.bounds import SHOWN
from callgate.adapters.forms import PLAIN, Forms
from callgate.adapters.offers import Offer
from callgate.adapters.place import Place
from callgate.adapters.verbs import CallBounds, Verbs
from callgate.aio import AsyncClient
from callgate.blocking import blocking
from callgate.client import Client


class ToolboxOptions(TypedDict, total=False):
    """What an adapter's function takes for its Toolbox, beside the client."""

    forms: Forms
    timeout: float | None
    wait: float | None
    shown: int
    search: bool
    arguments_as_text: bool


@dataclass(frozen=True, slots=True)
class Toolbox:
    """A client's tools. With a Client, both the blocking verbs and the others work; with an AsyncClient, only the others.

    `forms`: in which forms schemas are shown. `timeout` and `wait`, in seconds, are those of the client's `call`; a call that
    has not ended after `wait` is told to be pending. `shown`: how many characters of an answer a model is shown.

    `search`: the offers are `search_tools`, `describe_tool` and `call_tool` in the place of all others, for catalogs of more
    tools than a model is to be shown. A call by `call_tool` has the key that a call of the tool itself has in its place.
    `arguments_as_text`: its arguments are shown as a JSON text, for what shows no object of unnamed properties.
    """

    client: Client | AsyncClient = field(repr=False)
    _: KW_ONLY
    forms: Forms = PLAIN
    timeout: float | None = None
    wait: float | None = None
    shown: int = SHOWN
    search: bool = False
    arguments_as_text: bool = False

    async def offers_async(self, toolset: str | None = None, *, name: str | None = None) -> list[Offer]:
        """The tools that may be called now, of one toolset or of all, and of the pattern `name`. Raises CallgateError."""
        if isinstance(self.client, Client):
            return await asyncio.to_thread(self.offers, toolset, name=name)
        return await self._verbs(self.client).offers(toolset, name)

    async def call_async(self, offer: Offer, arguments: Mapping[str, Any], place: Place) -> Answer:
        """The answer to a call of this place: made now, or found again. Raises CallUnsettled where it is open how it ended, and
        RunEnded and RunKilled where its run is over: the agent is to stop."""
        if isinstance(self.client, Client):
            return await asyncio.to_thread(self.call, offer, arguments, place)
        return await self._verbs(self.client).call(offer, arguments, place)

    async def find_async(self, invocation_id: str) -> Answer:
        """The answer of a call that was made before: its end, or, after `wait`, how it stands. Nothing runs. Raises
        CallgateError."""
        if isinstance(self.client, Client):
            return await asyncio.to_thread(self.find, invocation_id)
        return await self._verbs(self.client).find(invocation_id)

    def offers(self, toolset: str | None = None, *, name: str | None = None) -> list[Offer]:
        """As `offers_async`."""
        return _Blocking(self._verbs(self._blocking_client)).offers(toolset, name)

    def call(self, offer: Offer, arguments: Mapping[str, Any], place: Place) -> Answer:
        """As `call_async`."""
        return _Blocking(self._verbs(self._blocking_client)).call(offer, arguments, place)

    def find(self, invocation_id: str) -> Answer:
        """As `find_async`."""
        return _Blocking(self._verbs(self._blocking_client)).find(invocation_id)

    @property
    def _blocking_client(self) -> AsyncClient:
        """Raises RequestInvalid."""
        if isinstance(self.client, Client):
            return self.client._asynchronous
        raise checks.invalid(
            "an AsyncClient cannot be waited for in a program without an event loop",
            "Give a Client, or use what the framework has for asyncio.",
        )

    def _verbs(self, client: AsyncClient) -> Verbs:
        bounds = CallBounds(self.timeout, self.wait, self.shown)
        return Verbs(client, self.forms, bounds, search=self.search, as_text=self.arguments_as_text)


@dataclass(frozen=True, slots=True)
class _Blocking:
    _asynchronous: Verbs

    offers = blocking(Verbs.offers)
    call = blocking(Verbs.call)
    find = blocking(Verbs.find)
