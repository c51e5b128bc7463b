"""The pool's figures as an OpenTelemetry reader gets them."""

from typing import Any

from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.resources import Resource

from gateway.observability.metrics import metered
from sandbox.api.pool_stats import Miss, PoolStats


def read(figures: PoolStats) -> dict[tuple[str, ...], Any]:
    """Each point, by its metric's name and its attributes' values."""
    reader = InMemoryMetricReader()
    provider = metered([reader], Resource({}), lambda: figures)
    data: Any = reader.get_metrics_data()
    provider.shutdown()
    metrics = [metric for scope in data.resource_metrics[0].scope_metrics for metric in scope.metrics]
    return {
        (metric.name.removeprefix("callgate.pool."), *point.attributes.values()): point.value
        for metric in metrics
        for point in metric.data.data_points
    }


def test_every_figure_of_the_pool_can_be_read() -> None:
    figures = PoolStats(
        waiting=3, leased=2, making=1, queued=4, hits=10, refused_early=5, refused_late=6, ended_waiting=7, replaced=8
    )
    figures.misses.update({Miss.TAKEN: 2, Miss.BEHIND: 1})
    for durations, seconds in ((figures.queueing, 0.5), (figures.making_time, 0.25), (figures.removing_time, 0.125)):
        durations.note(seconds)
        durations.note(seconds)
    assert read(figures) == {
        ("boxes", "waiting"): 3,
        ("boxes", "leased"): 2,
        ("boxes", "making"): 1,
        ("queue",): 4,
        ("leases", "hit"): 10,
        ("leases", "taken"): 2,
        ("leases", "behind"): 1,
        ("refusals", "early"): 5,
        ("refusals", "late"): 6,
        ("losses", "ended"): 7,
        ("losses", "replaced"): 8,
        ("steps", "queue"): 2,
        ("steps", "create"): 2,
        ("steps", "remove"): 2,
        ("time", "queue"): 1.0,
        ("time", "create"): 0.5,
        ("time", "remove"): 0.25,
    }


def test_a_later_reading_has_later_figures() -> None:
    figures, reader = PoolStats(), InMemoryMetricReader()
    provider = metered([reader], Resource({}), lambda: figures)
    for hits in (1, 5):
        figures.hits = hits
        data: Any = reader.get_metrics_data()
        metrics = {metric.name: metric for scope in data.resource_metrics[0].scope_metrics for metric in scope.metrics}
        assert [point.value for point in metrics["callgate.pool.leases"].data.data_points] == [hits]
    provider.shutdown()
