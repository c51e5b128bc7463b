"""What an interceptor makes of a method's handler: the same, with another behaviour around its own."""

from collections.abc import Callable
from typing import Any, TypeAlias

import grpc

Behaviour: TypeAlias = Callable[..., Any]
Wrap: TypeAlias = Callable[[Behaviour], Behaviour]


def wrapped(found: Any, unary: Wrap, streaming: Wrap) -> Any:
    """`unary` is around what answers with one message, `streaming` around what answers with a stream."""
    make = {
        (False, False): grpc.unary_unary_rpc_method_handler,
        (False, True): grpc.unary_stream_rpc_method_handler,
        (True, False): grpc.stream_unary_rpc_method_handler,
        (True, True): grpc.stream_stream_rpc_method_handler,
    }[found.request_streaming, found.response_streaming]
    wrap = streaming if found.response_streaming else unary
    return make(
        wrap(found.unary_unary or found.unary_stream or found.stream_unary or found.stream_stream),
        request_deserializer=found.request_deserializer,
        response_serializer=found.response_serializer,
    )
