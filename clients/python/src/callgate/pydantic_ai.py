"""Callgate's tools for Pydantic AI: `pip install callgate[pydantic-ai]`.

    from callgate.pydantic_ai import tools

    agent = Agent(model, tools=tools(client, "orders"))
    agent.run_sync("Order tea.", conversation_id="task-7")

The run is the conversation, the step the number of the model's message in it, and the occurrence the position among the equal
calls of that message. All of these are the same when the agent goes on from its messages, or is begun again. The framework's
ids of calls and of runs are no part of it: they are new each time.

A call that is pending, or waits for a person, can be deferred: `tools(client, defers=FOR_A_PERSON)`. The agent's run ends with
`DeferredToolRequests`, and a later one goes on from what `results` answers.
"""

import math
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Unpack
from uuid import UUID

from pydantic_ai import ApprovalRequired, CallDeferred, RunContext, Tool, ToolReturn
from pydantic_ai.exceptions import ToolFailed
from pydantic_ai.messages import ModelMessage, ModelResponse, ToolCallPart
from pydantic_ai.tools import DeferredToolRequests, DeferredToolResults, ToolApproved

from callgate import checks
from callgate.adapters import Answer, ModelCall, Offer, Place, Standing, Toolbox, ToolboxOptions, run_name
from callgate.adapters.written import Written, read
from callgate.aio import AsyncClient
from callgate.client import Client

#: What a call may be deferred for, until time or a person has changed it: `tools(…, defers=FOR_A_PERSON)`.
FOR_A_PERSON = frozenset((Standing.PENDING, Standing.UNKNOWN, Standing.NEEDS_APPROVAL))

#: What names the run of a call: a name, or a function of the context.
Runs = str | Callable[[RunContext[Any]], str] | None

#: Of a UUID that the framework makes where it was given no conversation, and that is a new one each time.
_OF_ITS_OWN = 7


def tools(
    client: Client | AsyncClient,
    toolset: str | None = None,
    *,
    name: str | None = None,
    run: Runs = None,
    defers: Collection[Standing] = (),
    **options: Unpack[ToolboxOptions],
) -> list[Tool[Any]]:
    """The tools of a toolset, or all that this caller sees, for `Agent(tools=…)` or a `FunctionToolset`.

    `run`: the run's name, or a function of the context that answers it; without it, it is the conversation's id. `defers`:
    which of an answer's standings become deferred calls, NEEDS_APPROVAL a deferred approval. `options` are those of `Toolbox`.
    Raises CallgateError.
    """
    toolbox = Toolbox(client, **options)
    return [_tool(toolbox, one, run, defers) for one in toolbox.offers(toolset, name=name)]


async def tools_async(
    client: Client | AsyncClient,
    toolset: str | None = None,
    *,
    name: str | None = None,
    run: Runs = None,
    defers: Collection[Standing] = (),
    **options: Unpack[ToolboxOptions],
) -> list[Tool[Any]]:
    """As `tools`, for asyncio."""
    toolbox = Toolbox(client, **options)
    return [_tool(toolbox, one, run, defers) for one in await toolbox.offers_async(toolset, name=name)]


def results(client: Client, requests: DeferredToolRequests, **options: Unpack[ToolboxOptions]) -> DeferredToolResults:
    """What became of the deferred calls that are Callgate's, for `deferred_tool_results` of the run that goes on.

    It waits for their ends; with `wait=`, so many seconds for each. Of a call that goes on, or is unknown still, there is no
    result: `requests.remaining(…)` tells which. A call that needed approval is made again, and the gateway says whether it was
    approved: it is deferred once more where it was not. `options` are those of `Toolbox`. Raises CallgateError.
    """
    toolbox = Toolbox(client, **options)
    return _results(requests, {id: toolbox.find(invocation) for id, invocation in _waiting(requests)})


async def results_async(
    client: Client | AsyncClient, requests: DeferredToolRequests, **options: Unpack[ToolboxOptions]
) -> DeferredToolResults:
    """As `results`, for asyncio."""
    toolbox = Toolbox(client, **options)
    return _results(requests, {id: await toolbox.find_async(invocation) for id, invocation in _waiting(requests)})


@dataclass(frozen=True, slots=True)
class _Caller:
    """What a tool does when it is called."""

    toolbox: Toolbox
    offer: Offer
    run: Runs
    defers: frozenset[Standing]

    async def __call__(self, context: RunContext[Any], /, **arguments: Any) -> ToolReturn:
        """Raises CallDeferred, ApprovalRequired, ToolFailed, CallUnsettled, and RequestInvalid where no run is named."""
        place = _place(self.run, context)
        answer = place if isinstance(place, Answer) else await self.toolbox.call_async(self.offer, arguments, place)
        if answer.standing in self.defers:
            raise (ApprovalRequired if answer.standing is Standing.NEEDS_APPROVAL else CallDeferred)(_deferred(answer))
        if answer.is_error:
            raise ToolFailed(answer.text)
        return _returned(answer)


def _tool(toolbox: Toolbox, offer: Offer, run: Runs, defers: Collection[Standing]) -> Tool[Any]:
    caller = _Caller(toolbox, offer, run, frozenset(defers))
    tool: Tool[Any] = Tool.from_schema(caller, offer.name, offer.description, dict(offer.schema), takes_ctx=True)
    tool.metadata = {"callgate_tool": offer.tool.reference, **offer.hints.annotations}
    tool.strict = offer.strict or None
    # The framework tells its model of a timeout to try again, which would be a further call. `wait` has no such end.
    tool.timeout = math.inf
    return tool


def _place(told: Runs, context: RunContext[Any]) -> Place | Answer:
    """Where the call is made, or what the model is told of arguments that cannot be sent."""
    run = _run_of(told, context)
    for number, calls in _said(context.messages):
        ids = [one.tool_call_id for one in calls]
        if context.tool_call_id in ids:
            found = read([ModelCall(one.tool_call_id, one.tool_name, one.args or {}) for one in calls])
            call: Written | Answer = found[ids.index(context.tool_call_id)]
            return call if isinstance(call, Answer) else Place(run, number, occurrence=call.occurrence)
    raise checks.invalid(
        "the model has not asked for this call in the messages of its conversation",
        "Call the tool by client.run(…).call(…, step=…).",
    )


def _run_of(told: Runs, context: RunContext[Any]) -> str:
    """The run's name. A conversation that the framework has named by itself has another name when the agent is begun again, and
    a retry would act again: that is refused."""
    found = told(context) if callable(told) else told
    if found is None and (context.conversation_id is None or _is_its_own(context.conversation_id)):
        raise checks.invalid(
            "this call belongs to no run: the agent was given no conversation_id",
            "Give conversation_id=… to the agent's run, or tools(…, run=…). Where yours are UUIDs of version 7, give "
            "run=lambda context: context.conversation_id.",
        )
    return run_name(context.conversation_id if found is None else found)


def _is_its_own(conversation: str) -> bool:
    try:
        return UUID(conversation).version == _OF_ITS_OWN
    except ValueError:
        return False


def _said(messages: list[ModelMessage]) -> Iterator[tuple[int, list[ToolCallPart]]]:
    """The calls of the model's messages, by their numbers, the newest first."""
    said = [one for one in messages if isinstance(one, ModelResponse)]
    for number in reversed(range(len(said))):
        yield number, said[number].tool_calls


def _returned(answer: Answer) -> ToolReturn:
    return ToolReturn(answer.text, metadata=dict(answer.record))


def _deferred(answer: Answer) -> dict[str, Any]:
    """What is known of a deferred call: `DeferredToolRequests.metadata` has it."""
    return {"callgate": str(answer.standing), "invocation_id": answer.invocation_id, "text": answer.text}


def _waiting(requests: DeferredToolRequests) -> Iterator[tuple[str, str]]:
    """Ids of calls, and their invocations."""
    for call in requests.calls:
        about = requests.metadata.get(call.tool_call_id, {})
        if "callgate" in about:
            yield call.tool_call_id, about["invocation_id"]


def _results(requests: DeferredToolRequests, answers: Mapping[str, Answer]) -> DeferredToolResults:
    ended = {id: one for id, one in answers.items() if one.standing not in FOR_A_PERSON}
    asked = [one.tool_call_id for one in requests.approvals if "callgate" in requests.metadata.get(one.tool_call_id, {})]
    return DeferredToolResults(
        calls={id: ToolFailed(one.text) if one.is_error else _returned(one) for id, one in ended.items()},
        approvals={id: ToolApproved() for id in asked},
    )
