"""One trace, from the planner's span to what the upstream was told, and nothing in it that is the caller's."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from .collector import CLIENT, SERVER, Collector, Seen
from .conftest import OpenShop
from .house import House, eventually
from .leaks import leaks

PLANNER = Path(__file__).with_name("traced_planner.py")
ITEM = "a-very-private-wish"
RUNNER_PHASES = {"callgate.box.secret", "callgate.box.connect", "callgate.box.permission", "callgate.box.exchange"}


@pytest.fixture(params=["Client", "AsyncClient"])
def plan(request: pytest.FixtureRequest, house: House, shop: OpenShop, collector: Collector) -> dict[str, Any]:
    """What a planner with either client got, once all its spans have come."""
    given = [request.param, house.address, str(house.state.token), collector.endpoint, ITEM]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path)}
    printed = subprocess.run([sys.executable, PLANNER, *given], env=environment, check=True, stdout=subprocess.PIPE, timeout=60)
    plan: dict[str, Any] = json.loads(printed.stdout)
    eventually(lambda: named("Invoke", collector.of(plan["trace"]), kind=SERVER, count=2), what="the spans at the collector")
    return plan


def named(name: str, spans: list[Seen], *, kind: int | None = None, count: int = 1) -> list[Seen]:
    """The spans of that name (or whose name ends so, after a slash), if there are as many."""
    found = [span for span in spans if span.name.rpartition("/")[2] == name and kind in (None, span.kind)]
    return found if len(found) == count else []


@pytest.mark.slow
def test_each_call_is_one_trace_from_the_planner_to_the_upstream(
    plan: dict[str, Any], shop: OpenShop, collector: Collector
) -> None:
    spans = collector.of(plan["trace"])
    by_id = {span.id: span for span in spans}
    (tool,) = named("execute_tool list_orders", spans)
    server = by_id[tool.parent]
    assert server.kind == SERVER
    client = by_id[server.parent]
    assert (client.kind, client.name) == (CLIENT, "/callgate.v1.InvocationService/Invoke")
    assert by_id[client.parent].name == "plan"
    (attempt,) = [span for span in named("callgate.attempt", spans, count=2) if span.parent == tool.id]
    phases = [span for span in spans if span.parent == attempt.id]
    assert {span.name for span in phases} >= RUNNER_PHASES
    assert [invocation["trace"] for invocation in plan["invocations"]] == [plan["trace"]] * 2
    assert shop.state.traceparents[-1].split("-")[:3] == ["00", plan["trace"], attempt.id]


@pytest.mark.slow
def test_the_span_of_a_tool_follows_the_genai_conventions(plan: dict[str, Any], collector: Collector) -> None:
    (tool,) = named("execute_tool list_orders", collector.of(plan["trace"]))
    assert tool.attributes["gen_ai.operation.name"] == "execute_tool"
    assert tool.attributes["gen_ai.tool.name"] == "list_orders"
    assert tool.attributes["callgate.outcome"] == "SUCCEEDED"


@pytest.mark.slow
def test_no_argument_result_or_secret_is_in_any_span(
    plan: dict[str, Any], house: House, shop: OpenShop, collector: Collector
) -> None:
    assert plan["invocations"][1]["body"]["orders"][0]["item"] == ITEM
    spans = {f"{span.name} {span.id}": span.wire for span in collector.spans}
    assert leaks([ITEM, shop.token, house.state.token.read_text(), house.state.secret_id.read_text()], spans) == []


def test_a_retry_is_in_the_same_trace(house: House, shop: OpenShop, collector: Collector) -> None:
    shop.state.failures_left = 1
    invocation = house.client.call("list_orders", {})
    assert {parent.split("-")[1] for parent in shop.state.traceparents} == {invocation.trace_id}
    eventually(lambda: named("callgate.attempt", collector.of(invocation.trace_id), count=2), what="the spans of both attempts")
    attempts = named("callgate.attempt", collector.of(invocation.trace_id), count=2)
    assert {span.attributes["callgate.box"] for span in attempts} == {attempt.box for attempt in invocation.attempts}
    assert {parent.split("-")[2] for parent in shop.state.traceparents} == {span.id for span in attempts}


@pytest.mark.slow
def test_the_figures_of_the_pool_come_to_the_collector_too(house: House, plan: dict[str, Any], collector: Collector) -> None:
    eventually(lambda: collector.figures.get("callgate.pool.leases", 0) >= len(plan["invocations"]), what="the calls' leases")
    eventually(lambda: collector.figures["callgate.pool.boxes"] > 0, what="the boxes that wait for the next calls")
    assert collector.figures["callgate.pool.time"] > 0
