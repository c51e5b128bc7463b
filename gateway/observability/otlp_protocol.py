"""By which protocol telemetry leaves: by gRPC alone. To an HTTP port nothing would arrive, and nothing would say so."""

from collections.abc import Mapping

from gateway.model.config import ConfigInvalid

SPOKEN = "grpc"
_SIGNALS = ("", "TRACES_", "METRICS_")
_CURE = (
    "Set {name}=grpc, or unset it, and let {endpoint} name the collector's port for gRPC, which mostly is 4317 where 4318 is "
    "the one for HTTP."
)


def check_protocol(environ: Mapping[str, str]) -> None:
    """Raises ConfigInvalid where the standard variables ask for another protocol for what is exported."""
    for signal in _SIGNALS:
        name, endpoint = f"OTEL_EXPORTER_OTLP_{signal}PROTOCOL", _endpoint(environ, signal)
        if endpoint and environ.get(name, SPOKEN) not in ("", SPOKEN):
            told = f"{name}={environ[name]} is set, and the gateway exports by gRPC alone"
            raise ConfigInvalid(told, cure=_CURE.format(name=name, endpoint=endpoint))


def _endpoint(environ: Mapping[str, str], signal: str) -> str | None:
    """The variable that says where the signal goes; of a protocol for all signals, the first that any of them has."""
    names = [f"OTEL_EXPORTER_OTLP_{one}ENDPOINT" for one in (dict.fromkeys((signal, "")) if signal else _SIGNALS)]
    return next((name for name in names if environ.get(name)), None)
