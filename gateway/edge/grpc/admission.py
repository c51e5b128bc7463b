"""Who has no valid token has nothing read: every RPC of ours is refused before its first message, whatever its handler does.

An RPC whose token is revoked or expires while it runs is ended. A call that it began goes on, as for a client that went away.
"""

import asyncio
from asyncio import CancelledError
from collections.abc import AsyncIterator, Awaitable, Callable
from contextvars import copy_context
from dataclasses import dataclass
from typing import Any

import grpc

from gateway.edge.door.peers import peer_of
from gateway.edge.grpc.authentication import Authentication
from gateway.edge.grpc.boundary import refuse
from gateway.edge.grpc.context import Context
from gateway.edge.grpc.failed_logins import FailedLogins
from gateway.edge.grpc.wrapping import Behaviour, wrapped
from gateway.model.errors import GatewayError, StoreUnavailable, Unauthenticated
from gateway.model.token_entry import TokenEntry
from gateway.pipeline.known_tokens import KnownTokens

#: Methods for which a token is needed. Health and reflection tell nothing of a tenant.
OURS = "/callgate."

#: Short ones, which are not ended: who revokes its own token is to hear that it is revoked.
UNENDED = "/callgate.v1.PrincipalService/"


class Admission(grpc.aio.ServerInterceptor):
    """Within the boundary, which makes a status of the refusal."""

    def __init__(self, authentication: Authentication, failed: FailedLogins | None = None) -> None:
        self._authentication = authentication
        self._failed = failed or FailedLogins()

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[Any]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> Any:
        method = handler_call_details.method
        if not method.startswith(OURS):
            return await continuation(handler_call_details)
        try:
            entry = self._authentication.entry(handler_call_details.invocation_metadata or ())
        except (Unauthenticated, StoreUnavailable) as refusal:
            return self._refusing(refusal)
        found: Any = await continuation(handler_call_details)
        if found is None or method.startswith(UNENDED):
            return found
        while_valid = _WhileValid(self._authentication.tokens, entry)
        return wrapped(found, while_valid.unary, while_valid.streaming)

    def _refusing(self, refusal: GatewayError) -> Any:
        """A handler of streams, also for a method of single messages: that one's message would be read before it is called."""

        async def refused(_messages: AsyncIterator[Any], context: Context) -> AsyncIterator[Any]:
            if isinstance(refusal, Unauthenticated):
                self._failed.count(peer_of(context))
            refuse(context, refusal)
            return
            yield  # what makes it a stream

        return grpc.stream_stream_rpc_method_handler(refused)


@dataclass(frozen=True, slots=True)
class _WhileValid:
    tokens: KnownTokens
    entry: TokenEntry

    def unary(self, behaviour: Behaviour) -> Behaviour:
        async def admitted(request: Any, context: Context) -> Any:
            task, refusals = asyncio.current_task(), list[GatewayError]()
            assert task is not None  # noqa: S101 - gRPC runs each RPC in a task

            def end(refusal: GatewayError) -> None:
                refusals.append(refusal)
                task.cancel()

            with self.tokens.running(self.entry, end):
                try:
                    return await behaviour(request, context)
                except CancelledError:
                    if not refusals:
                        raise
                    task.uncancel()
                    raise refusals[0] from None

        return admitted

    def streaming(self, behaviour: Behaviour) -> Behaviour:
        async def admitted(request: Any, context: Context) -> AsyncIterator[Any]:
            ended = asyncio.get_running_loop().create_future()
            with self.tokens.running(self.entry, lambda refusal: _set(ended, refusal)):
                async for message in _until(ended, behaviour(request, context)):
                    yield message

        return admitted


def _set(ended: asyncio.Future[GatewayError], refusal: GatewayError) -> None:
    if not ended.done():
        ended.set_result(refusal)


async def _until(ended: asyncio.Future[GatewayError], messages: AsyncIterator[Any]) -> AsyncIterator[Any]:
    """The messages until the token is valid no more; raises what was said of it. A step runs in a task of its own, since a
    stream may be silent for long, and all of them in one context, which a span needs."""
    context = copy_context()
    while True:
        coming = asyncio.create_task(_next(messages), context=context)
        try:
            await asyncio.wait({coming, ended}, return_when=asyncio.FIRST_COMPLETED)
            if ended.done():
                raise ended.result()
            message = coming.result()
        finally:
            coming.cancel()
        if message is None:
            return
        yield message


async def _next(messages: AsyncIterator[Any]) -> Any:
    """None at the end: a task that ends with an exception is garbage, with its frames, that only the collector finds."""
    return await anext(messages, None)
