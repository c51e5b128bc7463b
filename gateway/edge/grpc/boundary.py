"""The RPC boundary: every exception becomes a typed status here, and nowhere else.

Left alone, grpc.aio sends an exception's text to the client, and nothing at all where a handler ends in CancelledError: that
client would wait for its deadline. The interceptor is the outermost of ours; only the tracing of the RPC lies around it, so
that the span carries the status that was sent and not the exception."""

from asyncio import CancelledError
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, NoReturn
from uuid import uuid4

import grpc
import structlog

from callgate.v1.error_pb2 import ErrorDetail
from gateway.edge.grpc.context import Context
from gateway.edge.grpc.rewritten import rewritten
from gateway.edge.grpc.status import DETAIL_KEY, TEXT, bounded, cancelled, describe, internal

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
        return rewritten(found, unary=_unary, streaming=_streaming)


def _unary(behaviour: Callable[..., Any]) -> Callable[..., Any]:
    async def bounded(request: Any, context: Context) -> Any:
        try:
            return await behaviour(request, context)
        except (Exception, CancelledError) as error:  # noqa: BLE001 - the boundary
            await _refuse(context, error)

    return bounded


def _streaming(behaviour: Callable[..., Any]) -> Callable[..., Any]:
    async def bounded(request: Any, context: Context) -> AsyncIterator[Any]:
        try:
            async for response in behaviour(request, context):
                yield response
        except (Exception, CancelledError) as error:  # noqa: BLE001 - the boundary
            await _refuse(context, error)

    return bounded


async def _refuse(context: Context, error: BaseException) -> NoReturn:
    if isinstance(error, grpc.aio.AbortError):
        raise error  # the handler has sent a status already
    code, detail = _status_of(error)
    await context.abort(code, bounded(detail.message, TEXT), ((DETAIL_KEY, detail.SerializeToString()),))
    raise AssertionError("abort raises")


def _status_of(error: BaseException) -> tuple[grpc.StatusCode, ErrorDetail]:
    if isinstance(error, CancelledError):
        return cancelled()
    expected = describe(error) if isinstance(error, Exception) else None
    if expected is not None:
        return expected
    error_id = uuid4().hex
    log.error("rpc_failed", error_id=error_id, exc_info=error)
    return internal(error_id)
