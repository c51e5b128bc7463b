"""What the pool counts, as OpenTelemetry metrics: found boxes, missed ones and why, and how long callers and boxes took.

They are exported by OTLP if and only if an endpoint is configured with the standard variables (OTEL_EXPORTER_OTLP_ENDPOINT or
OTEL_EXPORTER_OTLP_METRICS_ENDPOINT). Nothing here names a tenant or a tool."""

from collections.abc import Callable, Iterable, Iterator, Mapping

from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter
from opentelemetry.metrics import CallbackOptions, Observation
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import MetricReader, PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource

from sandbox.api.pool_stats import Durations, PoolStats

ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT")

#: For the last counts to leave.
SHUTDOWN_MILLISECONDS = 2000

Read = Callable[[], PoolStats]
Observe = Callable[[PoolStats], Iterator[Observation]]


def set_up(environ: Mapping[str, str], resource: Resource, stats: Read) -> MeterProvider:
    """Export the counts from time to time (OTEL_METRIC_EXPORT_INTERVAL). `stats` is called from another thread."""
    exporting = any(environ.get(name) for name in ENDPOINTS)
    return metered([PeriodicExportingMetricReader(OTLPMetricExporter())] if exporting else [], resource, stats)


def metered(readers: Iterable[MetricReader], resource: Resource, stats: Read) -> MeterProvider:
    """A provider of all there is to see, for these readers."""
    provider = MeterProvider(list(readers), resource)
    meter = provider.get_meter("callgate.gateway")

    def asked(observe: Observe) -> list[Callable[[CallbackOptions], Iterable[Observation]]]:
        return [lambda _: observe(stats())]

    meter.create_observable_up_down_counter("callgate.pool.boxes", asked(_boxes), "{box}", "Boxes by what they do now.")
    meter.create_observable_up_down_counter("callgate.pool.queue", asked(_queue), "{call}", "Calls that wait for a box now.")
    meter.create_observable_counter("callgate.pool.leases", asked(_leases), "{call}", "Calls by whether a box waited for them.")
    meter.create_observable_counter("callgate.pool.refusals", asked(_refusals), "{call}", "Calls that got no box.")
    meter.create_observable_counter("callgate.pool.losses", asked(_losses), "{box}", "Boxes that ended unused.")
    meter.create_observable_counter("callgate.pool.steps", asked(_steps), "{step}", "How often something was done.")
    meter.create_observable_counter("callgate.pool.time", asked(_time), "s", "How long it took, all together.")
    return provider


def _boxes(stats: PoolStats) -> Iterator[Observation]:
    for state in ("waiting", "leased", "making"):
        yield Observation(getattr(stats, state), {"callgate.pool.box.state": state})


def _queue(stats: PoolStats) -> Iterator[Observation]:
    yield Observation(stats.queued)


def _leases(stats: PoolStats) -> Iterator[Observation]:
    yield Observation(stats.hits, {"callgate.pool.found": "hit"})
    for miss, count in list(stats.misses.items()):
        yield Observation(count, {"callgate.pool.found": miss.value})


def _refusals(stats: PoolStats) -> Iterator[Observation]:
    yield Observation(stats.refused_early, {"callgate.pool.refused": "early"})
    yield Observation(stats.refused_late, {"callgate.pool.refused": "late"})


def _losses(stats: PoolStats) -> Iterator[Observation]:
    yield Observation(stats.ended_waiting, {"callgate.pool.lost": "ended"})
    yield Observation(stats.replaced, {"callgate.pool.lost": "replaced"})


def _steps(stats: PoolStats) -> Iterator[Observation]:
    for step, durations in _durations(stats):
        yield Observation(durations.count, {"callgate.pool.step": step})


def _time(stats: PoolStats) -> Iterator[Observation]:
    for step, durations in _durations(stats):
        yield Observation(durations.total, {"callgate.pool.step": step})


def _durations(stats: PoolStats) -> Iterator[tuple[str, Durations]]:
    yield "queue", stats.queueing
    yield "create", stats.making_time
    yield "remove", stats.removing_time
