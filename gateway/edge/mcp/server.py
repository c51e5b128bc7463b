"""The door's server, over the official MCP SDK: which of its requests are answered by what. The one place that knows the SDK's
server."""

from collections.abc import Awaitable, Callable
from importlib.metadata import version
from typing import Any

import mcp_types as types
import structlog
from mcp.server import Server
from mcp.server.context import ServerRequestContext
from mcp.shared.exceptions import MCPError
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

from callgate.errors import CallgateError
from gateway.edge.mcp.asked import Asked, Caller, Refusal
from gateway.edge.mcp.calls import call_tool
from gateway.edge.mcp.listing import list_tools
from gateway.edge.mcp.options import DoorOptions
from gateway.edge.mcp.results import Json

Context = ServerRequestContext[Any, Any]
#: Who asks, by what the transport has attached to the request.
CallerOf = Callable[[Context], Caller]

_log = structlog.get_logger(__name__)


def build_server(caller_of: CallerOf, options: DoorOptions, *, stopping: Callable[[], bool] = lambda: False) -> Server[Any]:
    """The server of a door, for any transport of the SDK. `stopping`: the process ends, so that requests which end with it were
    not taken back by their clients."""

    def asked(ctx: Context) -> Asked:
        return Asked(
            caller=caller_of(ctx),
            request_id=ctx.request_id,
            meta=ctx.meta or {},
            modern=ctx.protocol_version in MODERN_PROTOCOL_VERSIONS,
        )

    async def on_list(ctx: Context, params: types.PaginatedRequestParams | None) -> Json:
        return await _answered(list_tools(asked(ctx), options, params.cursor if params else None))

    async def on_call(ctx: Context, params: types.CallToolRequestParams) -> Json:
        return await _answered(call_tool(asked(ctx), options, params.name, params.arguments or {}))

    return Server("callgate", version=version("callgate-server"), on_list_tools=on_list, on_call_tool=on_call)


async def _answered(work: Awaitable[Json]) -> Json:
    """What it comes to, or the JSON-RPC error that says why not."""
    try:
        return await work
    except Refusal as refusal:
        raise MCPError(types.INVALID_PARAMS if refusal.invalid else types.INTERNAL_ERROR, str(refusal), refusal.facts) from None
    except CallgateError as error:
        facts = {"reason": error.reason, "cure": error.cure, "retryable": error.retryable}
        raise MCPError(types.INTERNAL_ERROR, error.message, facts) from None
