"""One trace from the client over the door to the gateway.

The SDK takes `traceparent` from a request's `_meta`, as MCP has it. A client that speaks HTTP may have it in the header alone.
"""

from typing import Any

from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from opentelemetry import context
from opentelemetry.propagate import extract

_FIELDS = ("traceparent", "tracestate")


async def traced(ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
    """A middleware of the MCP SDK, before that which makes its span."""
    headers = getattr(ctx.request, "headers", None)
    carried = {name: headers[name] for name in _FIELDS if headers is not None and name in headers}
    if not carried or "traceparent" in (ctx.meta or {}):
        return await call_next(ctx)
    token = context.attach(extract(carried))
    try:
        return await call_next(ctx)
    finally:
        context.detach(token)
