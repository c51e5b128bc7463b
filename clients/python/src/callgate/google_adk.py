"""Callgate's tools for Google's Agent Development Kit: `pip install callgate[google-adk]`.

    from callgate.google_adk import tools_async

    agent = LlmAgent(name="orders", model=model, tools=await tools_async(client, "orders"))

The run is the session, with its app and user; the step is the agent, its branch, and the last of its messages whose calls had
all been answered; the occurrence is the position among the equal calls of the model's message. All of these are in the session,
so they are the same when it is resumed, and when ADK tries again: by its RetryConfig it asks the model once more, whose new
message stands behind the same answered one.
"""

from collections.abc import Callable, Sequence, Set
from typing import Any, Unpack
from urllib.parse import quote

from google.adk.events import Event
from google.adk.tools import BaseTool, ToolContext
from google.genai.types import FunctionDeclaration

from callgate.adapters import Answer, ModelCall, Offer, Place, Toolbox, ToolboxOptions, run_name
from callgate.adapters.written import read
from callgate.aio import AsyncClient
from callgate.client import Client

#: What names the run of a call: a name, or a function of the tool's context.
Runs = str | Callable[[ToolContext], str] | None
#: For which tools a person is asked before each call: a function of the offer.
Confirms = Callable[[Offer], bool] | None


def tools(
    client: Client,
    toolset: str | None = None,
    *,
    name: str | None = None,
    run: Runs = None,
    confirms: Confirms = None,
    **options: Unpack[ToolboxOptions],
) -> list[BaseTool]:
    """The tools of a toolset, or all that this caller sees, for an LlmAgent.

    `run`: the run's name, or a function of the ToolContext that answers it; without it, it is the session's app, user and id.
    `confirms`: for which offers ADK asks a person before each call. `options` are those of `Toolbox`. Raises CallgateError.
    """
    toolbox = Toolbox(client, **options)
    return [GatewayTool(toolbox, one, run, confirms) for one in toolbox.offers(toolset, name=name)]


async def tools_async(
    client: Client | AsyncClient,
    toolset: str | None = None,
    *,
    name: str | None = None,
    run: Runs = None,
    confirms: Confirms = None,
    **options: Unpack[ToolboxOptions],
) -> list[BaseTool]:
    """As `tools`, for asyncio."""
    toolbox = Toolbox(client, **options)
    return [GatewayTool(toolbox, one, run, confirms) for one in await toolbox.offers_async(toolset, name=name)]


class GatewayTool(BaseTool):
    """One tool of a gateway. Its `custom_metadata` has the tool's reference, and the hints of its effect."""

    def __init__(self, toolbox: Toolbox, offer: Offer, run: Runs, confirms: Confirms) -> None:
        metadata = {"callgate_tool": offer.tool.reference, **offer.hints.annotations}
        super().__init__(name=offer.name, description=offer.description, custom_metadata=metadata)
        self._toolbox = toolbox
        self._offer = offer
        self._run = run
        self._asks = confirms is not None and confirms(offer)

    def _get_declaration(self) -> FunctionDeclaration:
        return FunctionDeclaration(
            name=self.name, description=self.description, parameters_json_schema=dict(self._offer.schema)
        )

    async def check_require_confirmation(self, args: dict[str, Any], tool_context: ToolContext) -> bool:
        return self._asks

    async def run_async(self, *, args: dict[str, Any], tool_context: ToolContext) -> dict[str, str]:
        """Raises CallUnsettled where it is open how the call ended."""
        place = _place(_run_of(self._run, tool_context), tool_context)
        answer = place if isinstance(place, Answer) else await self._toolbox.call_async(self._offer, args, place)
        return {"error" if answer.is_error else "output": answer.text}


def _run_of(told: Runs, context: ToolContext) -> str:
    """A session's id alone is not enough: another user of the app may have one of the same name."""
    if told is not None:
        return run_name(told(context) if callable(told) else told)
    session = context.session
    return run_name("/".join(quote(part, safe="") for part in (session.app_name, session.user_id, session.id)))


def _place(run: str, context: ToolContext) -> Place | Answer:
    """Where the call is made, or what the model is told of arguments that cannot be sent."""
    events = context.session.events
    message = _message(events, context.function_call_id)
    if message is None:
        # A node of a workflow has called, and no model: ADK makes a new id for it each time.
        return Place(run, f"{context.invocation_id}/{context.node_path}")
    calls = events[message].get_function_calls()
    at = [one.id for one in calls].index(context.function_call_id)
    written = read([ModelCall(one.id, one.name, one.args or {}) for one in calls])[at]
    return (
        written if isinstance(written, Answer) else Place(run, _step(events, message, context), occurrence=written.occurrence)
    )


def _message(events: Sequence[Event], call_id: str | None) -> int | None:
    """The number of the event with the model's message that has this call."""
    found = (at for at in reversed(range(len(events))) if call_id in (one.id for one in events[at].get_function_calls()))
    return next(found, None)


def _step(events: Sequence[Event], message: int, context: ToolContext) -> str:
    """The message before this one, of the same agent and branch, whose calls had all been answered: its last call's id, and how
    many have the same one, since some models count their ids anew in each message. A message that broke off is not counted, so
    what the model says when it is asked again is at the same step."""
    said = events[message]
    answered = {one.id for event in events for one in event.get_function_responses()}
    before = [_ended(one, answered) for one in events[:message] if (one.author, one.branch) == (said.author, said.branch)]
    ids = [one for one in before if one]
    anchor = f"{ids[-1]}/{ids.count(ids[-1])}" if ids else _beginning(context)
    return f"{said.branch or ''}/{said.author}/{anchor}"


def _ended(event: Event, answered: Set[str | None]) -> str:
    """The id of the last call of a message whose calls were answered; "" of one that was not, and of any other event. What a
    long-running tool has not answered yet is not waited for."""
    awaited = [one.id for one in event.get_function_calls() if one.id not in (event.long_running_tool_ids or ())]
    return awaited[-1] if awaited and answered >= set(awaited) else ""


def _beginning(context: ToolContext) -> str:
    """The step of the first message. Where only a session's newest events were read, what looks like the first may be any."""
    config = context.run_config
    whole = config is None or config.get_session_config is None
    return "" if whole else str(context.invocation_id)
