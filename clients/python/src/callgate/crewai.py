"""Callgate's tools for CrewAI: `pip install callgate[crewai]`.

    from callgate.crewai import tools

    clerk = Agent(role="clerk", goal=…, backstory=…, tools=tools(client, "orders", run="task-7"))

CrewAI has no name for a run, so `run` names it: one kickoff. The step is the task, its turn, and the message's number in the
task's conversation. CrewAI tells a tool nothing of its call, so hooks of CrewAI's tell which agent and task it is of. The
occurrence is the position among the equal calls of the model's message. All of these are the same when the run is kicked off
again, also by another process. A retry of CrewAI's is the same call, too, and attaches.
"""

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Unpack
from weakref import WeakValueDictionary

from crewai.agents.agent_executor import AgentExecutor
from crewai.hooks import (
    LLMCallHookContext,
    ToolCallHookContext,
    get_after_tool_call_hooks,
    get_before_llm_call_hooks,
    get_before_tool_call_hooks,
    register_after_tool_call_hook,
    register_before_llm_call_hook,
    register_before_tool_call_hook,
)
from crewai.tools import BaseTool
from crewai.tools.tool_failure import ToolFailure
from crewai.utilities.string_utils import sanitize_tool_name
from pydantic import PrivateAttr

from callgate import checks
from callgate.adapters import Answer, ModelCall, Offer, Place, Toolbox, ToolboxOptions, run_name
from callgate.adapters.any_arguments import arguments_of
from callgate.adapters.equals import Equals
from callgate.adapters.forms import OPENAI
from callgate.client import Client

#: What names the run of a call: a name, or a function of CrewAI's context of it, which has its agent, task and crew.
Runs = str | Callable[[ToolCallHookContext], str]


def tools(
    client: Client,
    toolset: str | None = None,
    *,
    run: Runs,
    name: str | None = None,
    **options: Unpack[ToolboxOptions],
) -> list[BaseTool]:
    """The tools of a toolset, or all that this caller sees, for an `Agent` or a `Task`.

    `run`: the run's name, or a function of a call that answers it; each kickoff that is not the same again has its own.
    `options` are those of `Toolbox`. CrewAI asks for strict mode for every tool, so schemas are in that form where they have
    it. Registers this module's hooks with CrewAI. Raises CallgateError.
    """
    options.setdefault("forms", OPENAI)
    options.setdefault("arguments_as_text", True)  # CrewAI shows no object whose properties are not named
    toolbox = Toolbox(client, **options)
    _listen()
    return [_tool(toolbox, one, run) for one in toolbox.offers(toolset, name=name)]


class Told(str):
    """The text that the model is shown. `record` has the answer as `structured_content`, and the invocation's id: for hooks
    and listeners, which get it as `raw_tool_result`."""

    record: Mapping[str, Any]


class CrewTool(BaseTool):
    """One tool of a gateway."""

    _call: Callable[[Mapping[str, Any]], Answer] = PrivateAttr()

    def _run(self, /, **arguments: Any) -> Told | ToolFailure:
        answer = self._call(arguments)
        if answer.is_error:
            return ToolFailure(message=answer.text, retryable=answer.may_repeat, details=dict(answer.record))
        told = Told(answer.text)
        told.record = answer.record
        return told


def _tool(toolbox: Toolbox, offer: Offer, run: Runs) -> CrewTool:
    equals = Equals()

    def call(arguments: Mapping[str, Any]) -> Answer:
        return toolbox.call(offer, arguments, _place(run, offer, arguments, equals))

    made = CrewTool(
        name=offer.name,
        description=offer.description,
        args_schema=arguments_of(offer.schema),
        # An equal call of a later turn is another call, so no answer is kept for it.
        cache_function=never,
    )
    made._call = call
    return made


def never(_: Any, __: Any) -> bool:
    """What CrewAI asks before it keeps an answer."""
    return False


@dataclass(frozen=True, slots=True)
class _Calling:
    """The call that CrewAI makes now. `within`: the one of whose tool this is a part, where one agent asks another."""

    context: ToolCallHookContext
    within: "_Calling | None"


_calling: ContextVar[_Calling | None] = ContextVar("callgate_crewai_calling", default=None)
#: The executors that have asked a model, by their ids: a call shows its agent, which has not always its executor.
_executors: WeakValueDictionary[int, Any] = WeakValueDictionary()


def _listen() -> None:
    if _heard not in get_before_llm_call_hooks():
        register_before_llm_call_hook(_heard)
    if _begins not in get_before_tool_call_hooks():
        register_before_tool_call_hook(_begins)
    if _ends not in get_after_tool_call_hooks():
        register_after_tool_call_hook(_ends)


def _heard(context: LLMCallHookContext) -> None:
    if isinstance(context.executor, AgentExecutor):
        _executors[id(context.executor)] = context.executor


def _begins(context: ToolCallHookContext) -> None:
    _calling.set(_Calling(context, _calling.get()))


def _ends(_: ToolCallHookContext) -> None:
    calling = _calling.get()
    _calling.set(None if calling is None else calling.within)


def _place(run: Runs, offer: Offer, arguments: Mapping[str, Any], equals: Equals) -> Place:
    """Where the call is made. Raises RequestInvalid outside of an agent's task, and where no run is named."""
    calling = _calling.get()
    if calling is None:
        raise checks.invalid(
            "this tool was called outside of an agent, so its call belongs to no step",
            "Give it to an agent, clear none of CrewAI's hooks after tools(…), or use client.run(…).call(…, step=…).",
        )
    found = run(calling.context) if callable(run) else run
    if not found:
        raise checks.invalid("this call belongs to no run: its name is empty", "Give tools(…, run=…) the run's name.")
    name, step = run_name(found), _step(calling)
    call = ModelCall("", sanitize_tool_name(offer.name), arguments)
    return Place(name, step, occurrence=equals.occurrence(call, _turn(calling.context)[1], (name, step)))


def _step(calling: _Calling) -> str:
    """The task and its turn; behind those of the call whose tool asked this agent, where there is one."""
    here = f"{_task(calling.context)}/{_turn(calling.context)[0]}"
    return here if calling.within is None else f"{_step(calling.within)} {here}"


def _task(context: ToolCallHookContext) -> str:
    """The task's number in its crew. One that another agent has asked for has none, and an agent without a task has none."""
    task = context.task
    if task is None:
        return f"agent-{context.agent.key}"
    numbers = [number for number, one in enumerate(context.crew.tasks if context.crew else ()) if one is task]
    return str(numbers[0]) if numbers else f"task-{sha256(task.description.encode('utf-8', 'surrogatepass')).hexdigest()}"


def _turn(context: ToolCallHookContext) -> tuple[str, list[ModelCall]]:
    """Which turn of its task it is, and the calls of the model's message where there are more than one. CrewAI's count of turns
    begins anew when a person has answered, and the message's number does where a history is shortened: both tell apart.

    An agent that plans shows no messages: each step of its plan is a turn.
    """
    executor = _executor(context)
    state = executor.state
    running = [str(one.step_number) for one in state.todos.items if one.status == "running"]
    if running:
        return f"plan/{state.replan_count}/{','.join(running)}", []
    messages, native = executor.messages, state.use_native_tools
    said = [number for number, one in enumerate(messages) if native and one.get("tool_calls")]
    number = said[-1] if said else len(messages)
    return f"{executor.iterations}/{number}", _written(messages[number]) if said else []


def _written(message: Mapping[str, Any]) -> list[ModelCall]:
    made = [(one["id"], one["function"]) for one in message["tool_calls"]]
    return [ModelCall(id, one["name"], one["arguments"]) for id, one in made]


def _executor(context: ToolCallHookContext) -> Any:
    """What makes the call. Raises RequestInvalid where CrewAI does not show it: all calls would be of one step there."""
    for one in list(_executors.values()):
        if any(tool is context.tool for tool in one.tools):
            return one
    found = getattr(context.agent, "agent_executor", None)
    if found is None:
        raise checks.invalid(
            "CrewAI does not show in which turn of which agent this call is made",
            "Give the tool to an Agent, in a crew or by its kickoff.",
        )
    return found
