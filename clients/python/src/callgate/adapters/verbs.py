"""What a toolbox does, over a client's asynchronous verbs."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import KW_ONLY, dataclass
from typing import Any

from callgate.adapters import finding
from callgate.adapters.answers import Answer
from callgate.adapters.forms import OPEN, Forms
from callgate.adapters.inner_calls import DESCRIBE, SEARCH, inner_arguments, is_name
from callgate.adapters.meta_tools import MetaOffer, Scope, meta_offers
from callgate.adapters.offers import Offer, read_offers
from callgate.adapters.place import Place
from callgate.adapters.refusals import no_arguments, told
from callgate.adapters.wording import answer_of
from callgate.aio import AsyncClient
from callgate.errors import CallgateError, NoAnswer, RequestRefused, ToolNotFound, ToolNotLocked
from callgate.types import Invocation, SchemaForm


@dataclass(frozen=True, slots=True)
class CallBounds:
    """Seconds of a call, and for which it is waited; and characters of its answer that a model is shown."""

    timeout: float | None
    wait: float | None
    shown: int


@dataclass(frozen=True, slots=True)
class Verbs:
    """See `Toolbox`, which has the same for both ways to wait."""

    client: AsyncClient
    forms: Forms
    bounds: CallBounds
    _: KW_ONLY
    search: bool = False
    as_text: bool = False

    async def offers(self, toolset: str | None, name: str | None) -> list[Offer]:
        if self.search:
            return meta_offers(toolset, name, as_text=self.as_text)
        return await read_offers(self.client, self.forms, toolset, name)

    async def call(self, offer: Offer, arguments: Mapping[str, Any], place: Place) -> Answer:
        if isinstance(offer, MetaOffer):
            return await self._of_all(offer, arguments, place)
        try:
            invocation = await self._invoke(offer.name, arguments, place, offer.form)
        except CallgateError as error:
            return told(error)
        return answer_of(invocation, self.bounds.shown)

    async def find(self, invocation_id: str) -> Answer:
        with suppress(NoAnswer):
            await self.client.invocations.handle(invocation_id).wait(timeout=self.bounds.wait)
        return answer_of(await self.client.invocations.get(invocation_id), self.bounds.shown)

    async def _of_all(self, offer: MetaOffer, arguments: Mapping[str, Any], place: Place) -> Answer:
        """One of the three that stand for all tools."""
        if offer.name == SEARCH:
            return await finding.search(self.client, arguments, offer.scope, self.bounds.shown)
        if offer.name == DESCRIBE:
            forms = [form for form in self.forms if form in OPEN]
            return await finding.describe(self.client, arguments, offer.scope, forms, self.bounds.shown)
        return await self._inner(arguments, place, offer.scope)

    async def _inner(self, arguments: Mapping[str, Any], place: Place, scope: Scope) -> Answer:
        """The call of the tool that is named, with the key that it has in this place."""
        asked = _asked(arguments)
        if isinstance(asked, Answer):
            return asked
        name, inner = asked
        try:
            if not await self._has(scope, name):
                return finding.no_such_tool(name)
            return answer_of(await self._invoke(name, inner, place, None), self.bounds.shown)
        except (ToolNotFound, ToolNotLocked):
            return finding.no_such_tool(name)
        except CallgateError as error:
            return told(error)

    async def _has(self, scope: Scope, name: str) -> bool:
        """Whether the scope has the tool. Of one that may not be called the call itself tells why."""
        if scope.toolset is None or not scope.has_name(name):
            return scope.has_name(name)
        try:
            return scope.has(await self.client.tools.get(name))
        except RequestRefused:
            return True

    async def _invoke(self, tool: str, arguments: Mapping[str, Any], place: Place, form: SchemaForm | None) -> Invocation:
        return await self.client.run(place.run).call(
            tool,
            arguments,
            step=place.step,
            occurrence=place.occurrence,
            call_id=place.call_id,
            timeout=self.bounds.timeout,
            wait=self.bounds.wait,
            schema_form=form,
        )


def _asked(arguments: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]] | Answer:
    """The tool and arguments of an inner call, or what the model is told where that cannot be made."""
    name = arguments.get("name")
    if not isinstance(name, str) or not is_name(name):
        return finding.unfit(f"`name` must be a tool's name, as {SEARCH} lists it")
    try:
        inner = inner_arguments(arguments)
    except (ValueError, RecursionError) as error:
        return no_arguments(str(error))
    return (name, inner) if isinstance(inner, Mapping) else no_arguments("they are no object")
