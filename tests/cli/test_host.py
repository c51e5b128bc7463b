"""`callgate host`, to the letter of what goes over the wire."""

import json

import pytest

from callgate.v1 import host_service_pb2 as hosts
from tests.cli.conftest import Callgate, Gateway


def test_the_list_names_each_host_with_what_waits_for_it(callgate: Callgate) -> None:
    done = callgate("host", "list")
    assert done.exit_code == 0
    for shown in ("host-1", "mill", "gw-1", "lives"):
        assert shown in done.stdout


@pytest.mark.parametrize("columns", [80, 40])
def test_ids_are_whole_in_a_narrow_terminal_and_an_engines_is_short(callgate: Callgate, gateway: Gateway, columns: int) -> None:
    host, gateways, engine = "host-7f8c5c0a3612", ("gw-0123456789ab", "gw-ba9876543210"), "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"
    gateway.host.MergeFrom(hosts.Host(id=host, engine=engine))
    gateway.host.name, gateway.host.gateways[:] = "mill.internal.example", gateways
    shown = callgate("host", "list", columns=columns).stdout
    for id in (host, *gateways):
        assert id in shown
    assert engine not in shown
    assert engine in callgate("host", "list", "-o", "json", columns=columns).stdout
    if columns == 80:
        assert max(map(len, shown.splitlines())) <= columns


def test_the_list_as_json_is_whole(callgate: Callgate) -> None:
    (found,) = json.loads(callgate("host", "list", "-o", "json").stdout)
    assert (found["boxes"], found["waiting"], found["lost"]) == (2, 3, None)


def test_a_declaration_is_sent_with_its_reason(callgate: Callgate, gateway: Gateway) -> None:
    done = callgate("host", "lost", "host-1", "--reason", "it burnt down")
    assert done.exit_code == 0
    assert (gateway.requests[-1].id, gateway.requests[-1].reason) == ("host-1", "it burnt down")
    assert "lost, as operator/ada said: it burnt down" in done.stdout


def test_without_a_reason_nothing_is_sent(callgate: Callgate, gateway: Gateway) -> None:
    assert callgate("host", "lost", "host-1").exit_code == 2
    assert gateway.requests == []
