"""Three tools in the place of all, as every adapter has them: for a model that is to be shown few, and finds the others itself.

A call by `call_tool` is the call of the tool that it names: the key is made of that tool and its arguments, so that the same
call is the same whichever way it takes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from callgate.adapters import finding
from callgate.adapters.answers import Answer
from callgate.adapters.inner_calls import CALL, DESCRIBE, SEARCH, inner_arguments, is_name
from callgate.adapters.meta_tools import Scope, meta_offers
from callgate.adapters.refusals import no_arguments
from gateway.edge.mcp.answer_schemas import Promise
from gateway.edge.mcp.asked import McpRequest, RequestWrong, UnknownTool
from gateway.edge.mcp.calls import Calls
from gateway.edge.mcp.listing import described, list_of
from gateway.edge.mcp.results import Json, result_of
from gateway.edge.mcp.tasks import Tasks


@dataclass(frozen=True, slots=True)
class MetaTools:
    tasks: Tasks

    @property
    def calls(self) -> Calls:
        return self.tasks.calls

    @property
    def scope(self) -> Scope:
        return Scope(self.calls.options.toolset)

    def listed(self, asked: McpRequest) -> Json:
        offers = meta_offers(self.calls.options.toolset, None, as_text=False)
        return list_of([described(one, self.calls.promises, modern=asked.modern) for one in offers])

    async def call(self, asked: McpRequest, name: str, arguments: Mapping[str, Any]) -> Json:
        """Of these three; any other is a tool that was found, and is called by its own name.

        Raises RequestWrong, CallgateError.
        """
        shown = self.calls.options.shown
        if name == SEARCH:
            return _told(asked, await finding.search(asked.client, arguments, self.scope, shown))
        if name == DESCRIBE:
            form = self.calls.options.schema_form
            forms = () if form is None else (form,)
            return _told(asked, await finding.describe(asked.client, arguments, self.scope, forms, shown))
        if name == CALL:
            return await self._inner(asked, arguments)
        return await self.calls.call(asked, name, arguments)

    async def create(self, asked: McpRequest, name: str, arguments: Mapping[str, Any]) -> Json:
        """As a task. Raises RequestWrong, also for what is answered at once; CallgateError."""
        if name in {SEARCH, DESCRIBE}:
            raise RequestWrong(f"{name} is answered at once, and is no task", is_method=True)
        meant = inner(arguments) if name == CALL else (name, arguments)
        return result_of(meant) if isinstance(meant, Answer) else await self.tasks.create(asked, *meant)

    async def _inner(self, asked: McpRequest, arguments: Mapping[str, Any]) -> Json:
        meant = inner(arguments)
        if isinstance(meant, Answer):
            return result_of(meant)
        try:
            return await self.calls.call(asked, *meant, promise=Promise.NOTHING)
        except UnknownTool as unknown:
            return result_of(finding.no_such_tool(unknown.name))


def inner(arguments: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]] | Answer:
    """The tool and the arguments that a call of `call_tool` names, or what its model is told."""
    name = arguments.get("name")
    if not is_name(name):
        return finding.unfit(f"`name` must be a tool's name, as {SEARCH} lists it")
    try:
        given = inner_arguments(arguments)
    except (ValueError, RecursionError) as error:
        return no_arguments(str(error))
    return (str(name), given) if isinstance(given, Mapping) else no_arguments("they are no object")


def _told(asked: McpRequest, answer: Answer) -> Json:
    result = result_of(answer)
    if isinstance(answer.structured, dict) or (asked.modern and answer.structured is not None):
        result["structuredContent"] = answer.structured
    return result
