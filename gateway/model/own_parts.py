"""Which servers are Callgate's own, as the settings name them: what no tool version may have as its upstream."""

from collections.abc import Iterator, Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

from gateway.model.config import Config
from sandbox.api.job import OwnPart

#: Where traces and figures go, by OpenTelemetry's own variables.
_TELEMETRY = tuple(f"OTEL_EXPORTER_OTLP_{kind}ENDPOINT" for kind in ("", "TRACES_", "METRICS_", "LOGS_"))
_PORTS = {"http": 80, "https": 443}
_GRPC_PORT = 4317

#: The gateway speaks to the container engine by a Unix socket; an engine that listens on a network, too, does so here.
_ENGINE_PORTS = (2375, 2376)
_EVERY_ADDRESS = "0.0.0.0"  # noqa: S104 - only compared


def own_parts_of(config: Config, environ: Mapping[str, str]) -> tuple[OwnPart, ...]:
    """The parts that stand in the settings. Where the Sentinels move Redis to, they alone know."""
    return tuple(dict.fromkeys(_parts(config, environ)))


def _parts(config: Config, environ: Mapping[str, str]) -> Iterator[OwnPart]:
    vault, place = urlsplit(config.vault_address), config.redis.place
    yield OwnPart("the Vault", vault.hostname or "", vault.port or _PORTS.get(vault.scheme, 0))
    for host, port in place.hosts:
        yield OwnPart("a Sentinel" if place.service else "the Redis", host, port)
    if not config.listen.startswith("unix:"):
        listens, _, at = config.listen.rpartition(":")
        yield OwnPart("a gateway", listens.strip("[]") or _EVERY_ADDRESS, int(at))
    for port in _ENGINE_PORTS:
        yield OwnPart("the container engine", "127.0.0.1", port)
    for proxy in config.proxies.places:
        yield OwnPart("a proxy", proxy.host, proxy.port)
    if config.artifacts.s3_endpoint:
        store = urlsplit(config.artifacts.s3_endpoint)
        yield OwnPart("the store of artifacts", store.hostname or "", store.port or _PORTS.get(store.scheme, 0))
    for name in _TELEMETRY:
        if endpoint := environ.get(name):
            yield _telemetry(endpoint)


def _telemetry(endpoint: str) -> OwnPart:
    parts = urlsplit(endpoint if "://" in endpoint else f"//{endpoint}")
    return OwnPart("the telemetry", parts.hostname or "", parts.port or _PORTS.get(parts.scheme, _GRPC_PORT))


def is_named(part: OwnPart, host: str, port: int) -> bool:
    """Whether a tool version names the part as the settings do, without asking the name system."""
    return port == part.port and (_plain(host) == _plain(part.host) or (_is_here(host) and _is_here(part.host)))


def _plain(host: str) -> str:
    return host.lower().rstrip(".")


def _is_here(host: str) -> bool:
    """Whether the text says by itself that it is this host."""
    if _plain(host) == "localhost":
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified
