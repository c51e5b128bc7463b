"""Who has no valid token has nothing read: every RPC of ours is refused before its first message, whatever its handler does."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import grpc

from gateway.edge.grpc.authentication import Authentication
from gateway.edge.grpc.context import Context
from gateway.edge.grpc.failed_logins import FailedLogins
from gateway.model.errors import Unauthenticated

#: Methods for which a token is needed. Health and reflection tell nothing of a tenant.
OURS = "/callgate."


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
        if handler_call_details.method.startswith(OURS):
            try:
                self._authentication.authenticate(handler_call_details.invocation_metadata or ())
            except Unauthenticated as refusal:
                return self._refusing(refusal)
        return await continuation(handler_call_details)

    def _refusing(self, refusal: Unauthenticated) -> Any:
        """A handler of streams, also for a method of single messages: that one's message would be read before it is called."""

        async def refuse(_messages: AsyncIterator[Any], context: Context) -> AsyncIterator[Any]:
            self._failed.count(context.peer())
            raise refusal
            yield  # what makes it a stream

        return grpc.stream_stream_rpc_method_handler(refuse)
