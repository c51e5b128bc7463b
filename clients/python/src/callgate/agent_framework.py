"""Callgate's tools for Microsoft Agent Framework: `pip install callgate[agent-framework]`.

    from callgate.agent_framework import by_session, tools_async

    given = await tools_async(client, "orders", run=by_session)
    agent = Agent(model, context_providers=[given])
    await agent.run("Order tea.", session=AgentSession(session_id="task-7"))

They are a context provider: it gives each of the agent's runs the tools, and a middleware that hears its model's messages,
since a tool is told no more than its call's id. The step is the number of the model's message, which the session keeps; the
occurrence is the position among the equal calls of that message. All of these are the same when the session is loaded, or
begun, again, also by another process. A run of the agent that is tried again makes the same calls, which attach.
"""

from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from dataclasses import replace
from typing import Any, Unpack

from agent_framework import (
    AgentSession,
    ChatContext,
    ChatMiddleware,
    ChatResponse,
    Content,
    ContextProvider,
    FunctionTool,
    MiddlewareFailure,
    SessionContext,
)

from callgate import checks
from callgate.adapters import Hints, ModelCall, Offer, Place, Toolbox, ToolboxOptions, Turns, run_name
from callgate.adapters.any_arguments import arguments_of
from callgate.aio import AsyncClient
from callgate.client import Client
from callgate.errors import CallgateError

#: What names the run of a call: a name, or a function of the session that answers it.
Runs = str | Callable[[AgentSession], str]
#: Of which tools a person must approve each call first.
Approval = Callable[[Hints], bool]
#: Makes the call of an offer, which has this id.
Call = Callable[[Offer, Mapping[str, Any], str], Awaitable[list[Content]]]


def by_session(session: AgentSession) -> str:
    """The session's id as the run's name. Give the agent a session: the one that it makes by itself has a new id each time."""
    return str(session.session_id)


def nothing(_: Hints) -> bool:
    """No call needs a person's approval in the framework. What the gateway asks for is another matter."""
    return False


def tools(
    client: Client | AsyncClient,
    toolset: str | None = None,
    *,
    run: Runs,
    name: str | None = None,
    approval: Approval = nothing,
    **options: Unpack[ToolboxOptions],
) -> "ToolsProvider":
    """The tools of a toolset, or all that this caller sees, for the `context_providers` of an `Agent`.

    `run`: the run's name, or a function of the session that answers it, such as `by_session`; each conversation has its own.
    `approval`: of which tools the framework asks a person first. `options` are those of `Toolbox`. Raises CallgateError.
    """
    toolbox = Toolbox(client, **options)
    return ToolsProvider(toolbox, toolbox.offers(toolset, name=name), run, approval)


async def tools_async(
    client: Client | AsyncClient,
    toolset: str | None = None,
    *,
    run: Runs,
    name: str | None = None,
    approval: Approval = nothing,
    **options: Unpack[ToolboxOptions],
) -> "ToolsProvider":
    """As `tools`, for asyncio."""
    toolbox = Toolbox(client, **options)
    return ToolsProvider(toolbox, await toolbox.offers_async(toolset, name=name), run, approval)


class ToolsProvider(ContextProvider):
    """What gives an agent the tools of a gateway, and keeps in its session where in the run it is."""

    def __init__(self, toolbox: Toolbox, offers: list[Offer], run: Runs, approval: Approval) -> None:
        super().__init__("callgate")
        self.offers = offers
        self._toolbox = toolbox
        self._run = run
        self._approval = approval

    async def before_run(self, *, agent: Any, session: AgentSession, context: SessionContext, state: dict[str, Any]) -> None:
        """Raises RequestInvalid where no run is named."""
        found = self._run(session) if callable(self._run) else self._run
        if not found:
            raise checks.invalid("this call belongs to no run: its name is empty", "Give tools(…, run=…) the run's name.")
        hearing = _Hearing(run_name(found), state, str(agent.name or ""))
        context.metadata[self.source_id] = hearing
        context.extend_middleware(self.source_id, hearing)
        context.extend_tools(self.source_id, [self._tool(offer, hearing) for offer in self.offers])

    async def after_run(self, *, agent: Any, session: AgentSession, context: SessionContext, state: dict[str, Any]) -> None:
        # A run of the agent that failed stays where it began: tried again, it comes to the same steps.
        state.update(context.metadata[self.source_id].state)

    def _tool(self, offer: Offer, hearing: "_Hearing") -> "HeardTool":
        async def call(**arguments: Any) -> list[Content]:
            try:
                answer = await self._toolbox.call_async(offer, arguments, hearing.place(_call_id.get()))
            except CallgateError as error:
                # Of any other exception the framework tells the model no word, and the model would call again.
                raise MiddlewareFailure(error.message) from error
            return [Content.from_text(answer.text, additional_properties=dict(answer.record))]

        return HeardTool(
            name=offer.name,
            description=offer.description,
            func=call,
            input_model=arguments_of(offer.schema),
            approval_mode="always_require" if self._approval(offer.hints) else "never_require",
            additional_properties={"callgate_tool": offer.tool.reference, **offer.hints.annotations},
        )


#: The id of the call that is made: the framework tells it to the tool, and not to the tool's function.
_call_id: ContextVar[str | None] = ContextVar("callgate_agent_framework_call_id", default=None)


class HeardTool(FunctionTool):
    """One tool of a gateway, for one run of an agent."""

    async def invoke(self, *, tool_call_id: str | None = None, **more: Any) -> Any:
        given = _call_id.set(tool_call_id)
        try:
            return await super().invoke(tool_call_id=tool_call_id, **more)
        finally:
            _call_id.reset(given)


class _Hearing(ChatMiddleware):
    """Hears the messages of the model in one run of an agent.

    The session's state has the number of the last message and its calls: a person may have approved them since, so that they
    are made before the model is asked again. Where the state was not kept, the messages of the first request are counted.
    """

    def __init__(self, run: str, state: Mapping[str, Any], agent: str) -> None:
        self._agent = agent
        self._asked = False
        self._calls = [ModelCall(*call) for call in state.get("calls", ())]
        step = int(state.get("step", 0))
        self._turns = Turns(run, max(0, step - 1))
        if step:
            self._turns.heard(self._calls)

    @property
    def state(self) -> dict[str, Any]:
        """For the session, in JSON's types."""
        return {"step": self._turns.step, "calls": [[one.id, one.name, one.arguments] for one in self._calls]}

    def place(self, call_id: str | None) -> Place:
        found = self._turns.place(call_id)
        # Agents that share a session have steps of their own.
        return replace(found, step=f"{self._agent}/{found.step}")

    async def process(self, context: ChatContext, call_next: Callable[[], Awaitable[None]]) -> None:
        said = sum(one.role == "assistant" for one in context.messages)
        if not self._asked and said > self._turns.step:
            self._turns = Turns(self._turns.run, said)
        self._asked = True
        if context.stream:
            context.stream_result_hooks.append(self._hear)
        await call_next()
        if isinstance(context.result, ChatResponse):
            self._hear(context.result)

    def _hear(self, response: ChatResponse[Any]) -> None:
        contents = [one for message in response.messages for one in message.contents if one.type == "function_call"]
        self._calls = [ModelCall(one.call_id or "", one.name or "", _given(one.arguments)) for one in contents]
        self._turns.heard(self._calls)


def _given(arguments: Any) -> Mapping[str, Any] | str:
    return arguments if isinstance(arguments, str) else dict(arguments or {})
