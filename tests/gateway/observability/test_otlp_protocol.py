"""Telemetry that would go to an HTTP port by gRPC is refused by the variable's name: nothing would arrive there."""

import pytest

from gateway.model.config import ConfigInvalid
from gateway.observability.otlp_protocol import check_protocol

ENDPOINT = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}
TRACES = {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:4318/v1/traces"}


@pytest.mark.parametrize(
    "environ",
    [
        {},
        ENDPOINT,
        {**ENDPOINT, "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"},
        {**ENDPOINT, "OTEL_EXPORTER_OTLP_PROTOCOL": ""},
        {"OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"},
        {**TRACES, "OTEL_EXPORTER_OTLP_METRICS_PROTOCOL": "http/protobuf"},
    ],
)
def test_what_is_exported_by_grpc_or_not_at_all_is_taken(environ: dict[str, str]) -> None:
    check_protocol(environ)


@pytest.mark.parametrize(
    ("environ", "name"),
    [
        ({**ENDPOINT, "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"}, "OTEL_EXPORTER_OTLP_PROTOCOL"),
        ({**TRACES, "OTEL_EXPORTER_OTLP_PROTOCOL": "http/json"}, "OTEL_EXPORTER_OTLP_PROTOCOL"),
        ({**ENDPOINT, "OTEL_EXPORTER_OTLP_METRICS_PROTOCOL": "http/protobuf"}, "OTEL_EXPORTER_OTLP_METRICS_PROTOCOL"),
        ({**TRACES, "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "http/protobuf"}, "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"),
    ],
)
def test_another_protocol_is_refused_with_the_right_one(environ: dict[str, str], name: str) -> None:
    with pytest.raises(ConfigInvalid, match=name) as refused:
        check_protocol(environ)
    assert f"Set {name}=grpc" in refused.value.cure
    assert "ENDPOINT" in refused.value.cure
