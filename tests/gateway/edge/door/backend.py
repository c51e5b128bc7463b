"""What stands behind a door in its tests: gRPC's server with the gateway's options, whose methods do what a test needs.

As a program of its own, `python -m tests.gateway.edge.door.backend SOCKET`, it can be killed, and can hang.
"""

import asyncio
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable
from typing import Any

import grpc

from gateway.edge.door.peers import PEER, peer_of
from gateway.edge.grpc.context import Context
from gateway.edge.grpc.server import OPTIONS
from gateway.edge.grpc.status import REST_KEY

#: Methods under this name are, for the door, those that need a token.
OURS = "/callgate.v1.Test"
DETAIL = "callgate-error-bin"


async def echo(request: bytes, _context: Context) -> bytes:
    return request


async def tell_peer(_request: bytes, context: Context) -> bytes:
    told = [str(value) for name, value in context.invocation_metadata() or () if name == PEER]
    return ";".join([peer_of(context), *told]).encode()


async def tell_metadata(request: bytes, context: Context) -> bytes:
    """The length of one value, which is named by the request."""
    values = [value for name, value in context.invocation_metadata() or () if name == request.decode()]
    return str(len(values[0])).encode()


async def swallow(requests: AsyncIterator[bytes], _context: Context) -> bytes:
    """How many bytes were sent."""
    return str(sum([len(request) async for request in requests])).encode()


async def stall(_requests: AsyncIterator[bytes], _context: Context) -> bytes:
    """Takes nothing of what is sent."""
    await asyncio.Event().wait()
    return b""


#: Of the requests that hang, those that have come.
HANGING = list[object]()


async def hang(_request: bytes, context: Context) -> bytes:
    """No answer, and no beginning of one."""
    HANGING.append(context)
    await asyncio.Event().wait()
    return b""


async def pour(request: bytes, _context: Context) -> AsyncIterator[bytes]:
    """As many messages, of so many bytes."""
    count, size = map(int, request.split())
    for _ in range(count):
        yield bytes(size)


async def wait(_request: bytes, context: Context) -> AsyncIterator[bytes]:
    """A first message, and no end. Cancelled is who asked for it."""
    yield b"begun"
    try:
        await asyncio.Event().wait()
    finally:
        WAITING.discard(context)


async def take_time(request: bytes, _context: Context) -> bytes:
    await asyncio.sleep(float(request))
    return request


async def refuse(request: bytes, context: Context) -> bytes:
    """With a detail of so many bytes in the trailers."""
    await context.abort(
        grpc.StatusCode.FAILED_PRECONDITION, "no: ☃ 100%", ((DETAIL, bytes(range(256)) * (int(request) // 256)),)
    )
    raise AssertionError("abort raises")


#: How many tokens were looked at.
REFUSED = list[None]()


async def refuse_token(_request: bytes, context: Context) -> bytes:
    REFUSED.append(None)
    await context.abort(grpc.StatusCode.UNAUTHENTICATED, "no valid token")
    raise AssertionError("abort raises")


#: How many requests of callers that have all of their share were looked at, by what they said of who they are.
LOOKED_AT = Counter[str]()
REST = 0.4


async def refuse_for_a_while(_request: bytes, context: Context) -> bytes:
    """As the gateway refuses who has all of its share."""
    caller = next((str(value) for name, value in context.invocation_metadata() or () if name == "authorization"), "")
    LOOKED_AT[caller] += 1
    trailers = ((DETAIL, b"detail"), (REST_KEY, str(int(REST * 1000))))
    await context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "no: ☃ 100%", trailers)
    raise AssertionError("abort raises")


async def refuse_watch(request: bytes, context: Context) -> AsyncIterator[bytes]:
    await refuse_for_a_while(request, context)
    yield b""


async def refuse_upload(_requests: AsyncIterator[bytes], context: Context) -> bytes:
    """Takes nothing of what is sent, and ends."""
    return await refuse(b"256", context)


async def refuse_later(request: bytes, context: Context) -> AsyncIterator[bytes]:
    yield b"first"
    await refuse(request, context)


WAITING = set[object]()


async def wait_counted(request: bytes, context: Context) -> AsyncIterator[bytes]:
    WAITING.add(context)
    async for message in wait(request, context):
        yield message


UNARY: dict[str, Callable[..., Any]] = {
    "Echo": echo,
    "TellPeer": tell_peer,
    "TellMetadata": tell_metadata,
    "TakeTime": take_time,
    "Hang": hang,
    "Refuse": refuse,
    "RefuseToken": refuse_token,
    "RefuseForAWhile": refuse_for_a_while,
}
STREAMED: dict[str, Callable[..., Any]] = {
    "Pour": pour,
    "Wait": wait_counted,
    "RefuseLater": refuse_later,
    "RefuseWatch": refuse_watch,
}


def server_on(path: object) -> Any:
    server = grpc.aio.server(options=OPTIONS)
    methods: dict[str, Any] = {name: grpc.unary_unary_rpc_method_handler(method) for name, method in UNARY.items()}
    methods |= {name: grpc.unary_stream_rpc_method_handler(method) for name, method in STREAMED.items()}
    methods |= {"Swallow": grpc.stream_unary_rpc_method_handler(swallow), "Stall": grpc.stream_unary_rpc_method_handler(stall)}
    methods |= {"RefuseUpload": grpc.stream_unary_rpc_method_handler(refuse_upload)}
    services = [grpc.method_handlers_generic_handler(name, methods) for name in (OURS.removeprefix("/"), "others.Test")]
    server.add_generic_rpc_handlers(tuple(services))
    server.add_insecure_port(f"unix:{path}")
    return server


async def _serve(path: str) -> None:
    server = server_on(path)
    await server.start()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await server.wait_for_termination()


if __name__ == "__main__":
    asyncio.run(_serve(sys.argv[1]))
