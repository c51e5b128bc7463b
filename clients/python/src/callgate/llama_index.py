"""Callgate's tools for LlamaIndex's agents: `pip install callgate[llama-index]`.

    from callgate.llama_index import tools_async

    agent = FunctionAgent(llm=llm, tools=await tools_async(client, "orders", run="task-7"))
    await agent.run("Order tea.")

The step is what the agent remembers of earlier turns and was asked in this one, and its number of the model's message; the
occurrence is the position among the equal calls of that message. All of these are in the workflow's Context and the agent's
memory, so they are the same when both are restored, and when a step is tried again.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from typing import Any, Unpack

from llama_index.core.agent.workflow import FunctionAgent
from llama_index.core.base.llms.types import ChatMessage, MessageRole, ToolCallBlock
from llama_index.core.tools import FunctionTool, ToolMetadata, ToolOutput
from llama_index.core.workflow import Context
from workflows.runtime.types.results import StepWorkerStateContextVar

from callgate import checks
from callgate.adapters import Answer, ModelCall, Offer, Place, Toolbox, ToolboxOptions, run_name
from callgate.adapters.bounds import bounded
from callgate.adapters.written import read
from callgate.aio import AsyncClient
from callgate.client import Client
from callgate.errors import CallgateError

#: What names the run of a call: a name, or a function of the workflow's Context.
Runs = str | Callable[[Context], str] | None
#: Characters of a description that LlamaIndex takes; some are kept for the note on what is left out.
DESCRIPTION = 1024 - 80


def tools(
    client: Client, toolset: str | None = None, *, name: str | None = None, run: Runs = None, **options: Unpack[ToolboxOptions]
) -> list[FunctionTool]:
    """The tools of a toolset, or all that this caller sees, for a FunctionAgent, a ReActAgent or an AgentWorkflow.

    `run`: the run's name, or a function of the Context that answers it; without it, it is the `session_id` of the agent's
    Memory. `options` are those of `Toolbox`. Raises CallgateError.
    """
    toolbox = Toolbox(client, **options)
    return [IndexTool(toolbox, one, run) for one in toolbox.offers(toolset, name=name)]


async def tools_async(
    client: Client | AsyncClient,
    toolset: str | None = None,
    *,
    name: str | None = None,
    run: Runs = None,
    **options: Unpack[ToolboxOptions],
) -> list[FunctionTool]:
    """As `tools`, for asyncio."""
    toolbox = Toolbox(client, **options)
    return [IndexTool(toolbox, one, run) for one in await toolbox.offers_async(toolset, name=name)]


class OfferMetadata(ToolMetadata):
    """What LlamaIndex knows of a tool: its schema as the gateway has written it."""

    def __init__(self, offer: Offer) -> None:
        super().__init__(bounded(offer.description, DESCRIPTION), name=offer.name, fn_schema=None)
        self._schema = offer.schema

    def get_parameters_dict(self) -> dict[str, Any]:
        return dict(self._schema)

    @property
    def fn_schema_str(self) -> str:
        return json.dumps(self._schema, ensure_ascii=False)


class IndexTool(FunctionTool):
    """One tool of a gateway. Its output's `raw_output` has the answer as `structured_content`, and the invocation's id."""

    def __init__(self, toolbox: Toolbox, offer: Offer, run: Runs) -> None:
        super().__init__(async_fn=self._made, metadata=OfferMetadata(offer))
        self._toolbox = toolbox
        self._offer = offer
        self._run = run

    @property
    def hints(self) -> Mapping[str, bool]:
        """Those of its effect, as MCP's ToolAnnotations."""
        return self._offer.hints.annotations

    async def acall(self, *_: Any, callgate_context: Context | None = None, **arguments: Any) -> ToolOutput:
        """Raises CallUnsettled where it is open how the call ended, and RequestInvalid outside of an agent."""
        if callgate_context is None:
            raise _outside()
        return await self._made(callgate_context, **arguments)

    def call(self, *_: Any, **__: Any) -> ToolOutput:
        """Raises RequestInvalid: an agent awaits its tools."""
        raise _outside()

    async def _made(self, callgate_context: Context, **arguments: Any) -> ToolOutput:
        """LlamaIndex finds in its signature by which name to give the Context."""
        place = await _place(self._run, callgate_context)
        answer = place if isinstance(place, Answer) else await self._toolbox.call_async(self._offer, arguments, place)
        given = {"args": (), "kwargs": arguments}
        shown = {"raw_input": given, "raw_output": answer.record, "is_error": answer.is_error}
        return ToolOutput(self.metadata.get_name(), answer.text, **shown)


def _outside() -> CallgateError:
    return checks.invalid(
        "this tool was called outside of an agent, so its call belongs to no step",
        "Give it to a FunctionAgent, a ReActAgent or an AgentWorkflow, or use client.run(…).call(…, step=…).",
    )


async def _place(told: Runs, context: Context) -> Place | Answer:
    """Where the call is made, or what the model is told of arguments that cannot be sent. Raises RequestInvalid where no run is
    named, and outside of an agent."""
    memory = await context.store.get("memory", default=None)
    number = await context.store.get("num_iterations", default=None)
    if memory is None or number is None:
        raise _outside()
    agent = await context.store.get("current_agent_name", default="")
    asked = await context.store.get("user_msg_str", default="")
    run, step = _run_of(told, context, memory), f"{agent}/{_turn(await memory.aget_all(), asked)}/{number}"
    written = _said(await context.store.get(FunctionAgent.model_fields["scratchpad_key"].default, default=[]))
    return written if isinstance(written, Answer) else Place(run, step, occurrence=written)


def _run_of(told: Runs, context: Context, memory: Any) -> str:
    """The run's name. A call outside of a run would get a random key, and a retry would act again: that is refused."""
    found = told(context) if callable(told) else told or getattr(memory, "session_id", None)
    if not found:
        raise checks.invalid(
            "this call belongs to no run: its agent's memory has no session_id",
            "Give tools(…, run=…), or Memory.from_defaults(session_id=…) to the agent's run.",
        )
    return run_name(found)


def _turn(remembered: Sequence[ChatMessage], asked: str) -> str:
    """Which turn it is: what the agent remembers of earlier ones, and what it was asked in this one. That is in the Context,
    too, and is not taken from the memory: a Context is restored without it, and perhaps with an empty one."""
    earlier = remembered[:-1] if remembered and remembered[-1].role == MessageRole.USER else remembered
    told = [[str(one.role), one.content] for one in earlier]
    return sha256(json.dumps([told, asked]).encode()).hexdigest()[:16]


def _said(scratchpad: Sequence[ChatMessage]) -> int | Answer:
    """How many equal calls stand before the one under way in its model's message. 0 where the message is not in the scratchpad,
    or does not name its calls by their ids: equal ones are one then."""
    id = getattr(StepWorkerStateContextVar.get().event, "tool_id", None)
    for message in reversed(scratchpad):
        calls = [block for block in message.blocks if isinstance(block, ToolCallBlock)]
        ids = [one.tool_call_id for one in calls]
        if id in ids:
            written = read([ModelCall(str(id), one.tool_name, one.tool_kwargs) for one in calls])[ids.index(id)]
            return written if isinstance(written, Answer) else written.occurrence
    return 0
