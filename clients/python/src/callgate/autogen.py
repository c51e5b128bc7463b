"""Callgate's tools for AutoGen: `pip install callgate[autogen]`.

    from callgate.autogen import tools_async

    context = UnboundedChatCompletionContext()
    given = await tools_async(client, "orders", run="task-7", messages=context)
    agent = AssistantAgent("clerk", model, tools=given, model_context=context)

AutoGen has no name for a run, so `run` names it. The step is the agent's name and the number of the model's message in its
context; the occurrence is the position among the equal calls of that message. All of these are the same when the conversation
is loaded, or begun, again, also by another process.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextvars import ContextVar
from typing import Any, Unpack

from autogen_core import CancellationToken, FunctionCall
from autogen_core.model_context import ChatCompletionContext
from autogen_core.models import AssistantMessage, ChatCompletionClient, CreateResult, LLMMessage
from autogen_core.tools import BaseTool, ToolSchema

from callgate import checks
from callgate.adapters import (
    RUN_OVER,
    Answer,
    CallUnsettled,
    ModelCall,
    Offer,
    Place,
    Standing,
    Toolbox,
    ToolboxOptions,
    run_name,
)
from callgate.adapters.any_arguments import AnyArguments
from callgate.adapters.equals import Equals
from callgate.adapters.written import read
from callgate.aio import AsyncClient
from callgate.client import Client

#: What names the run of a call: a name, or a function that answers it.
Runs = str | Callable[[], str]


def tools(
    client: Client | AsyncClient,
    toolset: str | None = None,
    *,
    run: Runs,
    messages: "ChatCompletionContext | Sequence[LLMMessage] | Overheard",
    name: str | None = None,
    **options: Unpack[ToolboxOptions],
) -> list[BaseTool[Any, Any]]:
    """The tools of a toolset, or all that this caller sees, for an `AssistantAgent` or a `ToolAgent`.

    `run`: the run's name, or a function that answers it; each conversation has its own. `messages`: the agent's
    `model_context`, the list to which a loop of one's own adds the model's messages, or the `Overheard` model of
    `tool_agent_caller_loop`. `options` are those of `Toolbox`. Raises CallgateError.
    """
    toolbox = Toolbox(client, **options)
    return [AutoGenTool(toolbox, one, run, messages) for one in toolbox.offers(toolset, name=name)]


async def tools_async(
    client: Client | AsyncClient,
    toolset: str | None = None,
    *,
    run: Runs,
    messages: "ChatCompletionContext | Sequence[LLMMessage] | Overheard",
    name: str | None = None,
    **options: Unpack[ToolboxOptions],
) -> list[BaseTool[Any, Any]]:
    """As `tools`."""
    toolbox = Toolbox(client, **options)
    return [AutoGenTool(toolbox, one, run, messages) for one in await toolbox.offers_async(toolset, name=name)]


class Overheard(ChatCompletionClient):
    """A model client that keeps the messages of the last request, and the answer, for the tools that the answer calls: where a
    loop, such as `tool_agent_caller_loop`, keeps them to itself. Each conversation has its own."""

    component_type = "model"

    def __init__(self, model: ChatCompletionClient) -> None:
        self._model = model
        self.messages: Sequence[LLMMessage] = ()

    async def create(self, messages: Sequence[LLMMessage], **options: Any) -> CreateResult:
        found = await self._model.create(messages, **options)
        self._hear(messages, found)
        return found

    async def create_stream(self, messages: Sequence[LLMMessage], **options: Any) -> AsyncGenerator[str | CreateResult, None]:
        async for part in self._model.create_stream(messages, **options):
            if isinstance(part, CreateResult):
                self._hear(messages, part)
            yield part

    def _hear(self, messages: Sequence[LLMMessage], found: CreateResult) -> None:
        self.messages = [*messages, AssistantMessage(content=found.content, source="model")]

    async def close(self) -> None:
        await self._model.close()

    def actual_usage(self) -> Any:
        return self._model.actual_usage()

    def total_usage(self) -> Any:
        return self._model.total_usage()

    def count_tokens(self, messages: Sequence[LLMMessage], **options: Any) -> int:
        return int(self._model.count_tokens(messages, **options))

    def remaining_tokens(self, messages: Sequence[LLMMessage], **options: Any) -> int:
        return int(self._model.remaining_tokens(messages, **options))

    @property
    def capabilities(self) -> Any:
        return self._model.capabilities

    @property
    def model_info(self) -> Any:
        return self._model.model_info


#: The id of the call that is made: AutoGen gives it to `run_json`, and not to `run`.
_call_id: ContextVar[str | None] = ContextVar("callgate_autogen_call_id", default=None)


class AutoGenTool(BaseTool[AnyArguments, Answer]):
    """One tool of a gateway. Its value is the `Answer`, its text the one for the model."""

    def __init__(self, toolbox: Toolbox, offer: Offer, run: Runs, messages: Any) -> None:
        super().__init__(AnyArguments, Answer, offer.name, offer.description, offer.strict)
        self.offer = offer
        self._toolbox = toolbox
        self._run = run
        self._said = messages
        self._equals = Equals()

    @property
    def schema(self) -> ToolSchema:
        parameters: Any = {"properties": {}, **self.offer.schema}
        return ToolSchema(name=self.name, description=self.description, parameters=parameters, strict=self.offer.strict)

    async def run_json(self, args: Mapping[str, Any], cancellation_token: CancellationToken, call_id: str | None = None) -> Any:
        given = _call_id.set(call_id)
        try:
            return await super().run_json(args, cancellation_token, call_id)
        finally:
            _call_id.reset(given)

    async def run(self, args: AnyArguments, cancellation_token: CancellationToken) -> Answer:
        arguments = dict(args.model_extra or {})
        made = asyncio.ensure_future(self._toolbox.call_async(self.offer, arguments, self._place(arguments)))
        cancellation_token.link_future(made)
        try:
            return await made
        except CallUnsettled as unsettled:
            # AutoGen ends no run and tries nothing again for an error, and its ToolAgent shows a model no word of one.
            return Answer(Standing.UNKNOWN, unsettled.message, invocation_id=unsettled.invocation_id)
        except RUN_OVER as over:
            return Answer(Standing.REFUSED, over.message)

    def return_value_as_string(self, value: Any) -> str:
        return value.text if isinstance(value, Answer) else str(value)

    def _place(self, arguments: Mapping[str, Any]) -> Place:
        """Where the call is made. Raises RequestInvalid where no run is named, and no message of the model has the call."""
        run = self._run() if callable(self._run) else self._run
        if not run:
            raise checks.invalid("this call belongs to no run: its name is empty", "Give tools(…, run=…) the run's name.")
        name, id = run_name(run), _call_id.get() or ""
        messages = _messages(self._said)
        for number in reversed(range(len(messages))):
            calls = _calls(messages[number])
            ids = [call.id for call in calls if call.name == self.name]
            if id in ids:
                step = f"{messages[number].source}/{number}"
                return Place(name, step, occurrence=self._occurrence(id, arguments, calls, (name, step)))
        raise checks.invalid(
            "this call is in none of the messages, so it belongs to no step",
            "Give tools(…, messages=…) the model_context of the agent that has the tool.",
        )

    def _occurrence(self, id: str, arguments: Mapping[str, Any], calls: list[ModelCall], place: tuple[str, str]) -> int:
        """By the call's id; where a model gives none, or the same to several, by turns."""
        ids = [call.id for call in calls]
        if ids.count(id) > 1:
            return self._equals.occurrence(ModelCall(id, self.name, arguments), calls, place)
        written = read(calls)[ids.index(id)]
        return 0 if isinstance(written, Answer) else written.occurrence


def _messages(said: Any) -> Sequence[LLMMessage]:
    """All messages, as they are. What a context answers to get_messages is the part that it shows to the model."""
    if isinstance(said, ChatCompletionContext):
        said = said._messages
    found: Sequence[LLMMessage] = said.messages if isinstance(said, Overheard) else said
    return found


def _calls(message: LLMMessage) -> list[ModelCall]:
    content = message.content if isinstance(message, AssistantMessage) else ""
    made = content if isinstance(content, list) else []
    return [ModelCall(call.id, call.name, call.arguments) for call in made if isinstance(call, FunctionCall)]
