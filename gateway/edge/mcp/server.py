"""The door's server, over the official MCP SDK: which request is answered by what. It, `context`, `boundary` and the transports
alone know the SDK."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from importlib.metadata import version
from typing import Any

import mcp_types as types
from mcp.server import Server
from mcp.server.context import CallNext, HandlerResult
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

from gateway.edge.mcp.answer_schemas import Promises
from gateway.edge.mcp.asked import McpRequest, RequestWrong
from gateway.edge.mcp.boundary import boundary
from gateway.edge.mcp.calls import Calls
from gateway.edge.mcp.context import CallerOf, Context, asked_from
from gateway.edge.mcp.listing import list_tools
from gateway.edge.mcp.meta_tools import MetaTools
from gateway.edge.mcp.options import DoorOptions
from gateway.edge.mcp.people import People
from gateway.edge.mcp.results import Json
from gateway.edge.mcp.tasks import CREATED, Tasks
from gateway.edge.mcp.tracing import traced

NAME = "callgate"
#: What a request wants to be offered, by what the transport has attached to it.
OptionsOf = Callable[[Context], DoorOptions]
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
    options: DoorOptions | OptionsOf,
    *,
    people: People | None = None,
    stopping: Callable[[], bool] = lambda: False,
) -> Server[Any]:
    """The server of a door, for any transport of the SDK. `options`: those of all requests, or of each. `stopping`: whether the
    process ends, so that a request which ends with it was not taken back by its client."""
    promises, people = Promises(), people or People()
    ask = partial(asked_from, caller_of, stopping)

    def calls_of(ctx: Context) -> Calls:
        return Calls(options if isinstance(options, DoorOptions) else options(ctx), promises, people)

    async def on_list(ctx: Context, params: types.PaginatedRequestParams) -> Json:
        calls = calls_of(ctx)
        if calls.options.search:
            return MetaTools(Tasks(calls)).listed(ask(ctx))
        return await list_tools(ask(ctx), calls.options, promises, params.cursor)

    async def on_call(ctx: Context, params: types.CallToolRequestParams) -> Json:
        calls, asked, name, arguments = calls_of(ctx), ask(ctx, params), params.name, params.arguments or {}
        search = calls.options.search
        if params.task is not None and ctx.protocol_version == OF_TASKS:
            return await (MetaTools(Tasks(calls)) if search else Tasks(calls)).create(asked, name, arguments)
        return await (MetaTools(Tasks(calls)) if search else calls).call(asked, name, arguments)

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
        # Without it the SDK would list all tools before each call by HTTP: one might ask for its arguments in headers.
        get_tool_input_schema=lambda _: None,
    )
    server.add_request_handler("tools/list", types.PaginatedRequestParams, on_list)
    server.add_request_handler("tools/call", types.CallToolRequestParams, on_call)
    server.middleware[:] = [traced, *server.middleware, boundary, _with_task]
    _bind_tasks(server, lambda ctx: Tasks(calls_of(ctx)), ask)
    return server


def _bind_tasks(server: Server[Any], tasks: Callable[[Context], Tasks], ask: Callable[[Context], McpRequest]) -> None:
    """The SDK has the messages, and nothing that answers them."""

    def bind(method: str, params_type: type[Any], answer: Callable[[Tasks, McpRequest, Any], Awaitable[Json]]) -> None:
        async def handle(ctx: Context, params: Any) -> Json:
            if ctx.protocol_version != OF_TASKS:
                raise RequestWrong("Method not found", is_method=True)
            return await answer(tasks(ctx), ask(ctx), params)

        server.add_request_handler(method, params_type, handle)

    bind("tasks/get", types.GetTaskRequestParams, lambda tasks, asked, params: tasks.get(asked, params.task_id))
    bind("tasks/result", types.GetTaskPayloadRequestParams, lambda tasks, asked, params: tasks.result(asked, params.task_id))
    bind("tasks/cancel", types.CancelTaskRequestParams, lambda tasks, asked, params: tasks.cancel(asked, params.task_id))
    bind("tasks/list", types.PaginatedRequestParams, lambda tasks, asked, params: tasks.list(asked, params.cursor))


async def _with_task(ctx: Context, call_next: CallNext) -> HandlerResult:
    """A middleware. The SDK writes each answer to tools/call as a tool's result, and the task is one part of that: here it
    becomes the answer that 2025-11-25 has for a request that asks for a task."""
    result = await call_next(ctx)
    if ctx.method != "tools/call" or not isinstance(result, dict) or CREATED not in (meta := result.get("_meta") or {}):
        return result
    return {"task": meta[CREATED], "_meta": {name: value for name, value in meta.items() if name != CREATED}}
