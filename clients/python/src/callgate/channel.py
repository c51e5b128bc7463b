"""Connects to a gateway."""

from collections.abc import Callable
from typing import Any

import grpc
import grpc.aio

from callgate import tracing
from callgate.endpoint import Endpoint

Option = tuple[str, int]

OPTIONS: tuple[Option, ...] = (
    ("grpc.max_receive_message_length", 16 << 20),  # a page of tools with their schemas
    ("grpc.keepalive_time_ms", 20_000),  # a call may be silent for minutes; the gateway permits a ping every 10 s
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.http2.max_pings_without_data", 0),
    ("grpc.initial_reconnect_backoff_ms", 200),  # gRPC's own 1 to 120 s would outlast RetryPolicy.patience
    ("grpc.max_reconnect_backoff_ms", 2_000),
    ("grpc.min_reconnect_backoff_ms", 5_000),  # how long one connect may take; where packets vanish, gRPC's own is 20 s
    ("grpc.use_local_subchannel_pool", 1),  # a new client does not inherit another's backoff
)
#: For plaintext. A proxy that the environment names would read the token.
LOCAL: tuple[Option, ...] = (("grpc.enable_http_proxy", 0),)


def connect(endpoint: Endpoint) -> Any:
    """A blocking channel. It connects when the first RPC needs it. Raises EndpointInvalid."""
    certificates = endpoint.read_certificates()
    if certificates is None:
        return tracing.traced(grpc.insecure_channel(endpoint.address, options=OPTIONS + LOCAL))
    return tracing.traced(grpc.secure_channel(endpoint.address, grpc.ssl_channel_credentials(certificates), options=OPTIONS))


def connect_aio(endpoint: Endpoint) -> Any:
    """A channel for asyncio. It connects when the first RPC needs it. Raises EndpointInvalid."""
    return dialer_aio(endpoint)()


def dialer_aio(endpoint: Endpoint) -> Callable[[], Any]:
    """What makes a channel for asyncio, of the event loop that runs then. Raises EndpointInvalid, at once."""
    certificates = endpoint.read_certificates()
    if certificates is None:
        return lambda: grpc.aio.insecure_channel(
            endpoint.address, options=OPTIONS + LOCAL, interceptors=tracing.aio_interceptors()
        )
    credentials = grpc.ssl_channel_credentials(certificates)
    return lambda: grpc.aio.secure_channel(
        endpoint.address, credentials, options=OPTIONS, interceptors=tracing.aio_interceptors()
    )
