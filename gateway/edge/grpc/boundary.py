"""The RPC boundary: every exception becomes a typed status here, and nowhere else.

Left alone, grpc.aio sends an exception's text to the client, and nothing at all where a handler ends in CancelledError: that
client would wait for its deadline. The interceptor is the outermost of ours; only the tracing of the RPC lies around it, so
that the span carries the status that was sent and not the exception."""

from asyncio import CancelledError
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import uuid4

import grpc
import structlog

from callgate.v1.error_pb2 import ErrorDetail
from gateway.edge.grpc.context import Context
from gateway.edge.grpc.status import DETAIL_KEY, REST_KEY, TEXT, bounded, cancelled, describe, internal
from gateway.edge.grpc.wrapping import wrapped

log = structlog.get_logger(__name__)


class Boundary(grpc.aio.ServerInterceptor):
    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Any]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Any:
        found: Any = await continuation(handler_call_details)
        if found is None:
            return None  # no such method: grpc answers UNIMPLEMENTED
        return wrapped(found, _unary, _streaming)


def _unary(behaviour: Callable[..., Any]) -> Callable[..., Any]:
    async def bounded(request: Any, context: Context) -> Any:
        try:
            return await behaviour(request, context)
        except (Exception, CancelledError) as error:  # noqa: BLE001 - the boundary
            refuse(context, error)

    return bounded


def _streaming(behaviour: Callable[..., Any]) -> Callable[..., Any]:
    async def bounded(request: Any, context: Context) -> AsyncIterator[Any]:
        try:
            async for response in behaviour(request, context):
                yield response
        except (Exception, CancelledError) as error:  # noqa: BLE001 - the boundary
            refuse(context, error)

    return bounded


def refuse(context: Context, error: BaseException) -> None:
    """Let the RPC end with the error's status, once its handler returns.

    Nothing is raised, as `context.abort` would: what gRPC keeps of that is a cycle of some seventy objects. A stranger who was
    refused as fast as may be let the collector of garbage hold the event loop for a quarter of a second.
    """
    if isinstance(error, grpc.aio.AbortError):
        raise error  # the handler has sent a status already
    code, detail = _status_of(error)
    context.set_code(code)
    context.set_details(bounded(detail.message, TEXT))
    rest = int(1000 * getattr(error, "rest", 0.0))
    context.set_trailing_metadata(((DETAIL_KEY, detail.SerializeToString()), *([(REST_KEY, str(rest))] if rest else [])))


def _status_of(error: BaseException) -> tuple[grpc.StatusCode, ErrorDetail]:
    if isinstance(error, CancelledError):
        return cancelled()
    expected = describe(error) if isinstance(error, Exception) else None
    if expected is not None:
        return expected
    error_id = uuid4().hex
    log.error("rpc_failed", error_id=error_id, exc_info=error)
    return internal(error_id)
