"""A request of the MCP SDK's server → what the rest of the door sees of it."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any
from uuid import uuid4

import mcp_types as types
from mcp.server.context import ServerRequestContext
from mcp.shared.exceptions import MCPError
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

from gateway.edge.mcp.asked import McpCaller, McpRequest, Page, Person, Spoken
from gateway.edge.mcp.results import ASKED

Context = ServerRequestContext[Any, Any]
#: Who asks, by what the transport has attached to the request.
CallerOf = Callable[[Context], McpCaller]


def asked_from(
    caller_of: CallerOf, stopping: Callable[[], bool], ctx: Context, params: types.CallToolRequestParams | None = None
) -> McpRequest:
    meta: Mapping[str, Any] = ctx.meta or {}
    modern = ctx.protocol_version in MODERN_PROTOCOL_VERSIONS
    leads = _can_lead(ctx)

    async def progress(told: int, said: str) -> None:
        await ctx.session.report_progress(told, message=said)

    return McpRequest(
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
