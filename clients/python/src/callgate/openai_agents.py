"""Callgate's tools for OpenAI's Agents SDK: `pip install callgate[openai-agents]`.

    from callgate.openai_agents import CallgateHooks, tools

    agent = Agent("Buyer", model=model, tools=tools(client, "orders"))
    Runner.run_sync(agent, "Order tea.", hooks=CallgateHooks("task-7"))

The run has the name that its hooks are given, the step is the number of the model's message, counted with those that the
conversation had before, and the occurrence is the position among the equal calls of that message. All of these are the same
when the task is begun again, or goes on from its session. The framework's ids of calls are no part of it: a model that is asked
again makes new ones.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Unpack
from weakref import WeakKeyDictionary

from agents import Agent, AgentsException, FunctionTool, FunctionToolCustomDataContext, RunHooks, RunState, Tool
from agents.items import ModelResponse, TResponseInputItem
from agents.run_context import RunContextWrapper
from agents.tool_context import ToolContext

from callgate import checks
from callgate.adapters import RUN_OVER, Answer, CallUnsettled, ModelCall, Offer, Place, Toolbox, ToolboxOptions, Turns, run_name
from callgate.adapters.bounds import bounded
from callgate.adapters.forms import OPENAI
from callgate.adapters.model_tools import part
from callgate.adapters.written import read
from callgate.aio import AsyncClient
from callgate.client import Client
from callgate.errors import CallgateError, RunEnded, RunKilled
from callgate.openai import DESCRIPTION

_NOT_THE_MODELS = frozenset(("user", "system", "developer"))


def tools(
    client: Client, toolset: str | None = None, *, name: str | None = None, **options: Unpack[ToolboxOptions]
) -> list[Tool]:
    """The tools of a toolset, or all that this caller sees, for an `Agent`. Give `CallgateHooks` to each run of it.

    `options` are those of `Toolbox`. Raises CallgateError.
    """
    options.setdefault("forms", OPENAI)
    toolbox = Toolbox(client, **options)
    return [CallgateFunctionTool(toolbox, one) for one in toolbox.offers(toolset, name=name)]


async def tools_async(
    client: Client | AsyncClient,
    toolset: str | None = None,
    *,
    name: str | None = None,
    **options: Unpack[ToolboxOptions],
) -> list[Tool]:
    """As `tools`, for asyncio."""
    options.setdefault("forms", OPENAI)
    toolbox = Toolbox(client, **options)
    return [CallgateFunctionTool(toolbox, one) for one in await toolbox.offers_async(toolset, name=name)]


class ToolCallUnsettled(CallUnsettled, AgentsException):
    """As the framework lets it pass: any exception that is not of its own kind it puts into a UserError."""


class ToolRunEnded(RunEnded, AgentsException):
    """In the same way."""


class ToolRunKilled(RunKilled, AgentsException):
    """In the same way."""


_PASSING: dict[type[CallgateError], type[CallgateError]] = {
    CallUnsettled: ToolCallUnsettled,
    RunEnded: ToolRunEnded,
    RunKilled: ToolRunKilled,
}


class CallgateFunctionTool(FunctionTool):
    """One tool of a gateway. The item of its output has, as `custom_data`, the answer's `structured_content` and the
    invocation's id."""

    def __init__(self, toolbox: Toolbox, offer: Offer) -> None:
        self.toolbox = toolbox
        self.offer = offer
        # A copy of the tool shares these: the framework copies a tool to give it a namespace.
        self._places: WeakKeyDictionary[RunContextWrapper[Any], Place] = WeakKeyDictionary()
        self._answers: WeakKeyDictionary[RunContextWrapper[Any], Answer] = WeakKeyDictionary()
        super().__init__(
            name=offer.name,
            description=bounded(offer.description, DESCRIPTION),
            params_json_schema=dict(offer.schema),
            on_invoke_tool=self._invoke,
            strict_json_schema=offer.strict,
            custom_data_extractor=self._kept,
        )

    def is_asked(self, context: RunContextWrapper[Any], place: Place) -> None:
        """The call of this context, which the framework makes next, is that of this place."""
        self._places[context] = place

    async def _invoke(self, context: ToolContext[Any], arguments: str) -> str:
        """Raises ToolCallUnsettled, ToolRunEnded and ToolRunKilled, and RequestInvalid for a call that belongs to no run: a
        retry of it would act again."""
        place = self._places.pop(context, None)
        if place is None:
            raise checks.invalid(
                "this call belongs to no run: its Runner has no hooks of Callgate's",
                "Give hooks=CallgateHooks(…) to Runner.run, and to Agent.as_tool.",
            )
        (asked,) = read([ModelCall(context.tool_call_id, self.name, arguments)])
        answer = asked if isinstance(asked, Answer) else await self._called(asked.arguments, place)
        self._answers[context] = answer
        return answer.text

    async def _called(self, arguments: Mapping[str, Any], place: Place) -> Answer:
        try:
            return await self.toolbox.call_async(self.offer, arguments, place)
        except (CallUnsettled, *RUN_OVER) as error:
            raise _passing(error) from error

    def _kept(self, told: FunctionToolCustomDataContext) -> Mapping[str, Any] | None:
        answer = self._answers.pop(told.tool_context, None)
        return None if answer is None else answer.record


class CallgateHooks(RunHooks[Any]):
    """One run's hooks: they hear the model's messages, and tell Callgate's tools which call is which. For one `Runner.run`, and
    those that resume it.

    `run` names the task. `begun`: how many messages of the model the conversation has had before; without it, they are counted
    in what the model is asked first, so give it where older ones were taken out of that, or the provider keeps them. `state`:
    what the run is resumed from, where that is another process. Hooks of your own are a subclass that calls these.
    """

    def __init__(self, run: str, *, begun: int | None = None, state: RunState[Any, Any] | None = None) -> None:
        self._run = run_name(run)
        self._turns = None if begun is None else Turns(self._run, begun)
        if state is not None:
            self._resume(state, begun)

    async def on_llm_start(
        self,
        context: RunContextWrapper[Any],
        agent: Agent[Any],
        system_prompt: str | None,
        input_items: list[TResponseInputItem],
    ) -> None:
        if self._turns is None:
            self._turns = Turns(self._run, _messages(input_items))

    async def on_llm_end(self, context: RunContextWrapper[Any], agent: Agent[Any], response: ModelResponse) -> None:
        self._heard.heard(_calls(response.output))

    async def on_tool_start(self, context: RunContextWrapper[Any], agent: Any, tool: Tool) -> None:
        if isinstance(tool, CallgateFunctionTool) and isinstance(context, ToolContext):
            tool.is_asked(context, self._heard.place(context.tool_call_id))

    @property
    def _heard(self) -> Turns:
        """Raises RequestInvalid."""
        if self._turns is None:
            raise checks.invalid(
                "these hooks have not heard the model's message, since the run was resumed",
                "Give CallgateHooks(…, state=…) what the run is resumed from.",
            )
        return self._turns

    def _resume(self, state: RunState[Any, Any], begun: int | None) -> None:
        """Hear what was said before, as the state has it."""
        said = state.to_json()
        first = said["original_input"]
        before = (_messages(first) if isinstance(first, list) else 0) if begun is None else begun
        self._turns = Turns(self._run, before)
        for response in said["model_responses"]:
            self._turns.heard(_calls(response["output"]))


def _passing(error: CallgateError) -> CallgateError:
    passing = _PASSING[type(error)](
        error.message,
        cure=error.cure,
        reason=error.reason,
        retryable=error.retryable,
        retry_after=error.retry_after,
        invocation_id=error.invocation_id,
    )
    passing.idempotency_key = error.idempotency_key
    return passing


def _calls(output: Sequence[Any]) -> list[ModelCall]:
    """The calls of functions in a model's message, in their order."""
    made = [one for one in output if part(one, "type") == "function_call"]
    return [ModelCall(part(one, "call_id"), part(one, "name"), part(one, "arguments")) for one in made]


def _messages(items: Iterable[Any]) -> int:
    """How many messages of the model a conversation has: each ends where something follows that is not the model's."""
    models = [part(one, "role") not in _NOT_THE_MODELS and not str(part(one, "type")).endswith("_output") for one in items]
    return sum(one and not before for before, one in zip([False, *models], models, strict=False))
