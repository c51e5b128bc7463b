"""`callgate list`: calls, the newest first."""

import json
from datetime import UTC, datetime, timedelta

import pytest
import typer

from callgate.v1 import invocation_pb2
from callgate.v1.invocation_service_pb2 import ListInvocationsRequest
from gateway.cli.calls.list import moment
from tests.cli.conftest import Callgate, Gateway

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def listed(gateway: Gateway) -> None:
    gateway.listed = invocation_pb2.InvocationSummary(
        id="inv_" + "0" * 32,
        tool="orders_get@1.0.0",
        state=invocation_pb2.INVOCATION_STATE_UNKNOWN,
        attempt_count=1,
        run_id="run-7",
        under_review=True,
        agent="planner",
        subject="\x1b[31mada",
    )
    gateway.listed.accept_time.FromDatetime(NOW)
    gateway.listed.end_time.FromDatetime(NOW + timedelta(seconds=1.5))


def test_calls_are_shown_with_what_became_of_them_and_whose_they_are(callgate: Callgate) -> None:
    done = callgate("list")
    assert done.exit_code == 0
    assert done.stdout.count("inv_" + "0" * 32) == 2, "both pages"
    for told in ("orders_get@1.0.0", "UNKNOWN, under review", "1.500 s", "run-7"):
        assert told in done.stdout
    assert "\x1b" not in done.stdout
    assert json.loads(callgate("list", "-o", "json").stdout)[0]["run_id"] == "run-7"


def test_no_more_pages_are_asked_for_than_are_shown(callgate: Callgate, gateway: Gateway) -> None:
    assert callgate("list", "--limit", "1").stdout.count("orders_get") == 1
    assert len(gateway.requests) == 1


def test_what_is_asked_for_reaches_the_gateway(callgate: Callgate, gateway: Gateway) -> None:
    filters = ["--tool", "t", "--state", "FAILED", "--state", "unknown", "--run", "run-7", "--since", "2026-11-29T12:00+00:00"]
    assert callgate("list", *filters, "--limit", "1").exit_code == 0
    [request] = gateway.requests
    assert isinstance(request, ListInvocationsRequest)
    assert (request.tool, request.run_id) == ("t", "run-7")
    assert list(request.states) == [invocation_pb2.INVOCATION_STATE_FAILED, invocation_pb2.INVOCATION_STATE_UNKNOWN]
    assert request.start_time.ToDatetime(UTC) == NOW


@pytest.mark.parametrize(("text", "ago"), [("90s", 90), ("30m", 1_800), ("2h", 7_200), ("7d", 604_800)])
def test_a_time_may_be_how_long_ago_it_is(text: str, ago: int) -> None:
    assert moment(text, NOW) == NOW - timedelta(seconds=ago)


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2", "-2h", "h", "2026-13-01", "9999999d", "9" * 30 + "s", "9" * 5_000 + "h"]
)
def test_what_is_no_time_is_refused_with_examples(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="such as"):
        moment(text)
