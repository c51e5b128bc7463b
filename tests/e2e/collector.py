"""An OpenTelemetry collector that keeps what it gets."""
# ruff: noqa: N802 - gRPC names a servicer's methods

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Self

import grpc
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2 as metrics_pb
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2_grpc import (
    MetricsServiceServicer,
    add_MetricsServiceServicer_to_server,
)
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as pb
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import (
    TraceServiceServicer,
    add_TraceServiceServicer_to_server,
)
from opentelemetry.proto.trace.v1 import trace_pb2

CLIENT, SERVER = trace_pb2.Span.SPAN_KIND_CLIENT, trace_pb2.Span.SPAN_KIND_SERVER


@dataclass(frozen=True)
class Seen:
    """A span as it came. Ids in hex; `wire` holds every name, attribute, event and link of it."""

    trace: str
    id: str
    parent: str
    name: str
    kind: int
    attributes: dict[str, Any]
    wire: bytes


class Collector(TraceServiceServicer):
    """Over OTLP and gRPC, on loopback."""

    def __init__(self) -> None:
        self.spans: list[Seen] = []
        self._server = grpc.server(ThreadPoolExecutor(2), options=[("grpc.so_reuseport", 0)])
        add_TraceServiceServicer_to_server(self, self._server)  # type: ignore[no-untyped-call]  # generated without types
        self._figures = _Figures()
        add_MetricsServiceServicer_to_server(self._figures, self._server)  # type: ignore[no-untyped-call]  # generated without types
        self.endpoint = f"http://127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"

    def Export(self, request: pb.ExportTraceServiceRequest, context: grpc.ServicerContext) -> pb.ExportTraceServiceResponse:
        for resource in request.resource_spans:
            for scope in resource.scope_spans:
                self.spans += [_seen(span) for span in scope.spans]
        return pb.ExportTraceServiceResponse()

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.stop(None).wait()

    @property
    def settings(self) -> dict[str, str]:
        """What makes a gateway send its spans here, soon."""
        return {
            "OTEL_EXPORTER_OTLP_ENDPOINT": self.endpoint,
            "OTEL_EXPORTER_OTLP_INSECURE": "true",
            "OTEL_BSP_SCHEDULE_DELAY": "100",
            "OTEL_METRIC_EXPORT_INTERVAL": "100",
        }

    @property
    def figures(self) -> dict[str, float]:
        """The last of each metric's values, all its points together, by name."""
        return dict(self._figures.last)

    def of(self, trace: str) -> list[Seen]:
        return [span for span in list(self.spans) if span.trace == trace]


class _Figures(MetricsServiceServicer):
    def __init__(self) -> None:
        self.last: dict[str, float] = {}

    def Export(
        self, request: metrics_pb.ExportMetricsServiceRequest, context: grpc.ServicerContext
    ) -> metrics_pb.ExportMetricsServiceResponse:
        metrics = [metric for one in request.resource_metrics for scope in one.scope_metrics for metric in scope.metrics]
        self.last |= {
            metric.name: sum(point.as_int + point.as_double for point in metric.sum.data_points) for metric in metrics
        }
        return metrics_pb.ExportMetricsServiceResponse()


def _seen(span: trace_pb2.Span) -> Seen:
    return Seen(
        trace=span.trace_id.hex(),
        id=span.span_id.hex(),
        parent=span.parent_span_id.hex(),
        name=span.name,
        kind=span.kind,
        attributes={one.key: getattr(one.value, one.value.WhichOneof("value") or "string_value") for one in span.attributes},
        wire=span.SerializeToString(),
    )
