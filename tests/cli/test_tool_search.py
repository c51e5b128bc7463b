"""`callgate tools search`."""

import json

from callgate.v1 import catalog_service_pb2 as catalog
from callgate.v1 import tool_pb2
from tests.cli.conftest import Callgate, Gateway


def test_a_search_is_asked_as_it_is_written_and_shown_with_scores(callgate: Callgate, gateway: Gateway) -> None:
    said = ("--toolset", "orders", "--effect", "read", "--effect", "PURE", "--tag", "Shop", "--limit", "3")
    done = callgate("tools", "search", "read", "my order", *said)
    assert done.exit_code == 0
    assert gateway.requests == [
        catalog.SearchToolsRequest(
            query="read my order",
            toolset="orders",
            effects=[tool_pb2.EFFECT_READ, tool_pb2.EFFECT_PURE],
            tags=["Shop"],
            limit=3,
        )
    ]
    assert "orders_get@1.0.0" in done.stdout
    assert "2.50" in done.stdout


def test_a_program_reads_what_was_found_as_data(callgate: Callgate) -> None:
    (found,) = json.loads(callgate("tools", "search", "order", "-o", "json").stdout)
    assert (found["tool"]["name"], found["score"]) == ("orders_get", 2.5)


def test_where_nothing_fits_a_person_is_told_what_to_do_and_a_program_gets_an_empty_list(
    callgate: Callgate, gateway: Gateway
) -> None:
    gateway.tools = []
    told = callgate("tools", "search", "weather")
    assert (told.exit_code, "other words" in told.stderr) == (0, True)
    assert json.loads(callgate("tools", "search", "weather", "-o", "json").stdout) == []


def test_an_effect_that_there_is_not_is_refused_before_anything_is_asked(callgate: Callgate, gateway: Gateway) -> None:
    done = callgate("tools", "search", "order", "--effect", "harmless")
    assert (done.exit_code, "non_idempotent" in done.stderr) == (2, True)
    assert gateway.requests == []
