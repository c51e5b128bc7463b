"""A method's handler with another behaviour around its own: what interceptors make."""

from collections.abc import Callable
from typing import Any, TypeAlias

import grpc

Behaviour: TypeAlias = Callable[..., Any]


def rewritten(found: Any, *, unary: Callable[[Behaviour], Behaviour], streaming: Callable[[Behaviour], Behaviour]) -> Any:
    """`unary` is given the behaviour of a method with one response, `streaming` that of a method with a stream of them."""
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
