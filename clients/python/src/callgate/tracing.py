"""Spans of RPCs, where OpenTelemetry's instrumentation of gRPC is installed (`pip install callgate[otel]`); otherwise none.

With it, each RPC carries `traceparent`, and the gateway's spans hang under the caller's.
"""

from collections.abc import Generator
from typing import Any

try:
    from opentelemetry.instrumentation.grpc import aio_client_interceptors, client_interceptor
    from opentelemetry.instrumentation.grpc.grpcext import intercept_channel
except ImportError:
    INSTALLED = False
else:
    INSTALLED = True


def traced(channel: Any) -> Any:
    """The blocking channel, with a span for each RPC."""
    return intercept_channel(channel, client_interceptor()) if INSTALLED else channel


def end_stream(stream: Any) -> None:
    """End a blocking response stream. With the instrumentation it is a generator, not gRPC's call."""
    stream.close() if isinstance(stream, Generator) else stream.cancel()


def aio_interceptors() -> list[Any]:
    """Interceptors that give an asyncio channel a span for each RPC."""
    return list(aio_client_interceptors()) if INSTALLED else []
