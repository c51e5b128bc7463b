"""Asks the gateway whose a token is, and says from where it came: the gateway counts failed logins by that."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus

import grpc.aio

from callgate.v1.principal_service_pb2 import GetCallerRequest, Principal
from callgate.v1.principal_service_pb2_grpc import PrincipalServiceStub
from gateway.edge.door.peers import PEER
from gateway.edge.mcp.http.refusals import Refused, away
from gateway.edge.mcp.http.tokens import Ask, NoToken

#: Seconds that the gateway has for it.
PATIENCE = 5.0
OPTIONS = (("grpc.use_local_subchannel_pool", 1), ("grpc.enable_http_proxy", 0), ("grpc.max_reconnect_backoff_ms", 500))


@asynccontextmanager
async def asking(gateway: str) -> AsyncIterator[Ask]:
    """`gateway` is its address: no stranger can say `callgate-peer` there."""
    async with grpc.aio.insecure_channel(gateway, options=OPTIONS) as channel:
        stub = PrincipalServiceStub(channel)

        async def ask(token: str, peer: str) -> Principal:
            metadata = (("authorization", f"Bearer {token}"), (PEER, peer))
            try:
                answer = await stub.GetCaller(GetCallerRequest(), metadata=metadata, timeout=PATIENCE)
            except grpc.aio.AioRpcError as error:
                raise _refusal(error) from None
            whose: Principal = answer.principal
            return whose

        yield ask


def _refusal(error: grpc.aio.AioRpcError) -> Exception:
    code = error.code()
    if code is grpc.StatusCode.UNAUTHENTICATED:
        return NoToken(given=True)
    if code is grpc.StatusCode.PERMISSION_DENIED:
        return Refused(HTTPStatus.FORBIDDEN, error.details() or "the gateway does not let this caller in")
    return away("the gateway cannot tell at the moment whose this token is")
