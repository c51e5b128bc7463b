"""The door's server, over the official MCP SDK: which request is answered by what. With `boundary` and the transports it alone
knows the SDK."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from importlib.metadata import version
from typing import Any
from uuid import uuid4

import mcp_types as types
from mcp.server import Server
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.shared.exceptions import MCPError
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

from gateway.edge.mcp.answer_schemas import Promises
from gateway.edge.mcp.asked import Asked, Caller, Page, Person, Refusal, Spoken
from gateway.edge.mcp.boundary import boundary
from gateway.edge.mcp.calls import Calls
from gateway.edge.mcp.listing import list_tools
from gateway.edge.mcp.options import DoorOptions
from gateway.edge.mcp.people import People
from gateway.edge.mcp.results import ASKED, Json
from gateway.edge.mcp.tasks import CREATED, Tasks

Context = ServerRequestContext[Any, Any]
#: Who asks, by what the transport has attached to the request.
CallerOf = Callable[[Context], Caller]

NAME = "callgate"
#: The one revision that has tasks as they are here.
OF_TASKS = "2025-11-25"

INSTRUCTIONS = (
    "Each tool is an operation of a real API, and each call of one that acts changes something there. Where an answer says not "
    "to call a tool again, the call may have been carried out: find out by a tool that reads, or tell the person whom you work "
    "for."
)


class DoorServer(Server[Any]):
    """The SDK's server, which tells of tasks where there are any."""

    def get_capabilities(self, *given: Any, protocol_version: str | None = None, **more: Any) -> types.ServerCapabilities:
        told = super().get_capabilities(*given, protocol_version=protocol_version, **more)
        if protocol_version in MODERN_PROTOCOL_VERSIONS:
            return told
        calls = types.ServerTasksRequestsCapability(tools=types.TasksToolsCapability(call=types.TasksCallCapability()))
        tasks = types.ServerTasksCapability(
            list=types.TasksListCapability(), cancel=types.TasksCancelCapability(), requests=calls
        )
        return told.model_copy(update={"tasks": tasks})


def build_server(
    caller_of: CallerOf,
    options: DoorOptions,
    *,
    people: People | None = None,
    stopping: Callable[[], bool] = lambda: False,
) -> Server[Any]:
    """The server of a door, for any transport of the SDK. `stopping`: whether the process ends, so that a request which ends
    with it was not taken back by its client."""
    promises, people = Promises(), people or People()
    calls = Calls(options, promises, people)
    tasks = Tasks(calls)
    ask = partial(asked_from, caller_of, stopping)

    async def on_list(ctx: Context, params: types.PaginatedRequestParams | None) -> Json:
        return await list_tools(ask(ctx), options, promises, params.cursor if params else None)

    async def on_call(ctx: Context, params: types.CallToolRequestParams) -> Json:
        as_task = params.task is not None and ctx.protocol_version == OF_TASKS
        answered = (tasks.create if as_task else calls.call)(ask(ctx, params), params.name, params.arguments or {})
        return await answered

    @asynccontextmanager
    async def lifespan(_: Server[Any]) -> AsyncIterator[None]:
        try:
            yield
        finally:
            people.awaited.close()

    server: Server[Any] = DoorServer(
        NAME,
        version=version("callgate-server"),
        instructions=INSTRUCTIONS,
        lifespan=lifespan,
        on_list_tools=on_list,
        on_call_tool=on_call,
    )
    server.middleware += [boundary, _with_task]
    _bind_tasks(server, tasks, ask)
    return server


def _bind_tasks(server: Server[Any], tasks: Tasks, ask: Callable[[Context], Asked]) -> None:
    """The SDK has the messages, and nothing that answers them."""

    def bind(method: str, params_type: type[Any], answer: Callable[[Asked, Any], Awaitable[Json]]) -> None:
        async def handle(ctx: Context, params: Any) -> Json:
            if ctx.protocol_version != OF_TASKS:
                raise Refusal("Method not found", is_method=True)
            return await answer(ask(ctx), params)

        server.add_request_handler(method, params_type, handle)

    bind("tasks/get", types.GetTaskRequestParams, lambda asked, params: tasks.get(asked, params.task_id))
    bind("tasks/result", types.GetTaskPayloadRequestParams, lambda asked, params: tasks.result(asked, params.task_id))
    bind("tasks/cancel", types.CancelTaskRequestParams, lambda asked, params: tasks.cancel(asked, params.task_id))
    bind("tasks/list", types.PaginatedRequestParams, lambda asked, params: tasks.list(asked, params.cursor))


async def _with_task(ctx: Context, call_next: CallNext) -> HandlerResult:
    """A middleware. The SDK writes each answer to tools/call as a tool's result, and the task is one part of that: here it
    becomes the answer that 2025-11-25 has for a request that asks for a task."""
    result = await call_next(ctx)
    if ctx.method != "tools/call" or not isinstance(result, dict) or CREATED not in (meta := result.get("_meta") or {}):
        return result
    return {"task": meta[CREATED], "_meta": {name: value for name, value in meta.items() if name != CREATED}}


def asked_from(
    caller_of: CallerOf, stopping: Callable[[], bool], ctx: Context, params: types.CallToolRequestParams | None = None
) -> Asked:
    meta: Mapping[str, Any] = ctx.meta or {}
    modern = ctx.protocol_version in MODERN_PROTOCOL_VERSIONS
    leads = _can_lead(ctx)

    async def progress(told: int, said: str) -> None:
        await ctx.session.report_progress(told, message=said)

    return Asked(
        caller=caller_of(ctx),
        request_id=ctx.request_id,
        meta=meta,
        modern=modern,
        progress=progress,
        wants_progress="progress_token" in meta or "progressToken" in meta,
        person=ClientsPerson(ctx) if leads and not modern and ctx.session.can_send_request else None,
        person_later=leads and modern,
        spoken=_spoken(params) if params is not None and modern else None,
        taken_back=partial(_taken_back, ctx, stopping),
    )


def _can_lead(ctx: Context) -> bool:
    """Whether the client leads a person to a page, by what it has said of itself."""
    told = ctx.session.client_capabilities
    return told is not None and told.elicitation is not None and told.elicitation.url is not None


def _spoken(params: types.CallToolRequestParams) -> Spoken | None:
    if params.request_state is None:
        return None
    said = (params.input_responses or {}).get(ASKED)
    return Spoken(params.request_state, isinstance(said, types.ElicitResult) and said.action == "accept")


def _taken_back(ctx: Context, stopping: Callable[[], bool], comes_again: bool) -> bool:
    """By `notifications/cancelled`; by HTTP since 2026-07-28, where there is none, by closing the stream of the answer. That is
    all that a broken connection shows, too: a client that can come again for the call is taken to want its answer."""
    # The one way to tell the two apart: the SDK shows its handlers the request's dispatch through nothing else.
    if ctx.session._request_outbound.cancel_requested.is_set():
        return True
    by_stream = ctx.request is not None and ctx.protocol_version in MODERN_PROTOCOL_VERSIONS
    return by_stream and not comes_again and not stopping()


class ClientsPerson(Person):
    """Led by the client while a request of it waits, as by 2025-11-25."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._id = uuid4().hex

    async def led_to(self, page: Page) -> bool:
        ctx = self._ctx
        try:
            said = await ctx.session.elicit_url(page.why, page.url, self._id, related_request_id=ctx.request_id)
        except MCPError:
            return False
        return said.action == "accept"

    async def has_been(self, page: Page) -> None:
        await self._ctx.session.send_elicit_complete(self._id, related_request_id=self._ctx.request_id)
