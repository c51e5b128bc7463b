"""Callgate's tools for LangChain and LangGraph: `pip install callgate[langgraph]`.

    from callgate.langgraph import tools

    agent = create_agent(model, tools(client, "orders"), checkpointer=saver)
    agent.invoke({"messages": [("user", "Order tea.")]}, {"configurable": {"thread_id": "7"}}, durability="sync")

The run is the thread, the step LangGraph's own number of it, the node's name and the message's number; the occurrence is the
position among the equal calls of the model's message. All of these are the same when the thread is resumed, also by another
process. A retry of LangGraph's or LangChain's is the same call, too, and attaches.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, Literal, Unpack

from langchain_core.messages import AIMessage, ToolMessage
from langchain_core.runnables import RunnableConfig
from langchain_core.runnables.config import ensure_config
from langchain_core.tools import BaseTool
from langgraph.prebuilt import ToolRuntime
from langgraph.types import interrupt
from pydantic import Field

from callgate import checks
from callgate.adapters import Answer, ModelCall, Offer, Place, Standing, Toolbox, ToolboxOptions, run_name
from callgate.adapters.written import Written, read
from callgate.aio import AsyncClient
from callgate.client import Client
from callgate.langgraph_checkpointer import RunCheckpointer

__all__ = ["FOR_A_PERSON", "CallgateTool", "RunCheckpointer", "Runs", "tools", "tools_async"]

#: What a graph may be interrupted for, so that a person looks at it: `tools(…, interrupts=FOR_A_PERSON)`.
FOR_A_PERSON = frozenset((Standing.PENDING, Standing.UNKNOWN, Standing.NEEDS_APPROVAL))

#: What names the run of a call: a name, or a function of the task's config.
Runs = str | Callable[[RunnableConfig], str] | None


def tools(
    client: Client | AsyncClient,
    toolset: str | None = None,
    *,
    name: str | None = None,
    run: Runs = None,
    interrupts: Collection[Standing] = (),
    **options: Unpack[ToolboxOptions],
) -> list[BaseTool]:
    """The tools of a toolset, or all that this caller sees, for `ToolNode`, `create_agent` or `bind_tools`.

    `run`: the run's name, or a function of the config that answers it; without it, it is the thread's id. `interrupts`: for
    which of an answer's standings the graph is interrupted; `FOR_A_PERSON` has those that a person can change. When it is
    resumed, by whatever value, the call's outcome is looked for again. `options` are those of `Toolbox`. Raises CallgateError.
    """
    toolbox = Toolbox(client, **options)
    return [_tool(toolbox, one, run, interrupts) for one in toolbox.offers(toolset, name=name)]


async def tools_async(
    client: Client | AsyncClient,
    toolset: str | None = None,
    *,
    name: str | None = None,
    run: Runs = None,
    interrupts: Collection[Standing] = (),
    **options: Unpack[ToolboxOptions],
) -> list[BaseTool]:
    """As `tools`. Those of an AsyncClient are called by `ainvoke` and its like alone."""
    toolbox = Toolbox(client, **options)
    return [_tool(toolbox, one, run, interrupts) for one in await toolbox.offers_async(toolset, name=name)]


def _tool(toolbox: Toolbox, offer: Offer, run: Runs, interrupts: Collection[Standing]) -> "CallgateTool":
    return CallgateTool(
        name=offer.name,
        description=offer.description,
        args_schema=dict(offer.schema),
        metadata={"callgate_tool": offer.tool.reference, **offer.hints.annotations},
        toolbox=toolbox,
        offer=offer,
        run_of=run,
        interrupts=frozenset(interrupts),
    )


class CallgateTool(BaseTool):
    """One tool of a gateway. Its ToolMessage's `artifact` has the answer as `structured_content`, and the invocation's id."""

    response_format: Literal["content", "content_and_artifact"] = "content_and_artifact"
    toolbox: Toolbox = Field(exclude=True, repr=False)
    offer: Offer = Field(exclude=True, repr=False)
    run_of: Any = Field(default=None, exclude=True, repr=False)
    interrupts: frozenset[Standing] = frozenset()

    @property
    def func(self) -> Callable[..., Any]:
        """Where ToolNode looks for what a tool wants to be given."""
        return self._run

    def _run(self, *, callgate_runtime: ToolRuntime | None = None, **arguments: Any) -> tuple[Any, Any]:
        place = self._place(callgate_runtime)
        while True:
            answer = place if isinstance(place, Answer) else self.toolbox.call(self.offer, arguments, place)
            if answer.standing not in self.interrupts:
                return _output(answer, callgate_runtime)
            interrupt(_asked(self.name, answer))

    async def _arun(self, *, callgate_runtime: ToolRuntime | None = None, **arguments: Any) -> tuple[Any, Any]:
        place = self._place(callgate_runtime)
        while True:
            answer = place if isinstance(place, Answer) else await self.toolbox.call_async(self.offer, arguments, place)
            if answer.standing not in self.interrupts:
                return _output(answer, callgate_runtime)
            interrupt(_asked(self.name, answer))

    def _place(self, runtime: ToolRuntime | None) -> Place | Answer:
        """Where the call is made, or what the model is told of arguments that cannot be sent. Raises RequestInvalid where no
        run is named, and outside of a graph."""
        config = ensure_config() if runtime is None else runtime.config
        run, step = _run_of(self.run_of, config), _step(config)
        if runtime is None or not runtime.tool_call_id:
            return Place(run, step)
        said = _said(runtime.state, runtime.tool_call_id)
        if said is None:
            return Place(run, step, call_id=runtime.tool_call_id)
        number, call = said
        return call if isinstance(call, Answer) else Place(run, f"{step}/{number}", occurrence=call.occurrence)


def _run_of(told: Runs, config: RunnableConfig) -> str:
    """The run's name. A call outside of a run would get a random key, and a retry would act again: that is refused."""
    found = told(config) if callable(told) else told
    thread = config.get("configurable", {}).get("thread_id")
    if found is None and (thread is None or thread == ""):
        raise checks.invalid(
            "this call belongs to no run: the config has no thread_id",
            'Give {"configurable": {"thread_id": …}} to the graph, or tools(…, run=…).',
        )
    return run_name(thread if found is None else found)


def _step(config: RunnableConfig) -> str:
    """LangGraph's number of the step, which goes on with the thread, and the node. Within a subgraph, which task of its parent
    it is, too: that is stored with the parent's checkpoint. Raises RequestInvalid outside of a graph: all calls would be of one
    step there."""
    metadata = config.get("metadata", {})
    if "langgraph_step" not in metadata:
        raise checks.invalid(
            "this tool was called outside of a graph, so its call belongs to no step",
            "Call it in a graph's node, or by client.run(…).call(…, step=…).",
        )
    namespace = str(metadata.get("langgraph_checkpoint_ns", ""))
    parent = namespace.rpartition("|")[0]
    return f"{parent}/{metadata['langgraph_step']}/{metadata.get('langgraph_node', '')}"


def _said(state: Any, id: str) -> tuple[int, Written | Answer] | None:
    """The call of this id as its model has written it, and the number of the message, which tells turns apart where a graph
    without a checkpointer counts its steps anew for each. None where the tool was not given the message."""
    for number, message in _messages(state):
        ids = [one["id"] for one in message.tool_calls]
        if id in ids:
            calls = [ModelCall(id, one["name"], one["args"]) for one in message.tool_calls]
            return number, read(calls)[ids.index(id)]
    return None


def _messages(state: Any) -> Iterator[tuple[int, AIMessage]]:
    """The model's messages in a state, by their numbers, the newest first, under whatever name it has them."""
    fields = {"": state} if isinstance(state, list) else state if isinstance(state, Mapping) else getattr(state, "__dict__", {})
    for value in fields.values():
        if isinstance(value, list):
            yield from ((at, value[at]) for at in reversed(range(len(value))) if isinstance(value[at], AIMessage))


def _output(answer: Answer, runtime: ToolRuntime | None) -> tuple[Any, Any]:
    """Content and artifact. What is an error for LangChain is a message of its own, since only that can say so."""
    id = None if runtime is None else runtime.tool_call_id
    if answer.is_error and id is not None:
        return ToolMessage(answer.text, artifact=answer.record, tool_call_id=id, status="error"), None
    return answer.text, answer.record


def _asked(tool: str, answer: Answer) -> Mapping[str, str]:
    """What a person is shown of the interrupt."""
    return {"tool": tool, "standing": str(answer.standing), "invocation_id": answer.invocation_id, "text": answer.text}
