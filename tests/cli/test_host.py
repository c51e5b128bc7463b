"""`callgate host`, to the letter of what goes over the wire."""

import json

from tests.cli.conftest import Callgate, Gateway


def test_the_list_names_each_host_with_what_waits_for_it(callgate: Callgate) -> None:
    done = callgate("host", "list")
    assert done.exit_code == 0
    for shown in ("host-1", "mill", "gw-1", "lives"):
        assert shown in done.stdout


def test_the_list_as_json_is_whole(callgate: Callgate) -> None:
    (found,) = json.loads(callgate("host", "list", "--json").stdout)
    assert (found["boxes"], found["waiting"], found["lost"]) == (2, 3, None)


def test_a_declaration_is_sent_with_its_reason(callgate: Callgate, gateway: Gateway) -> None:
    done = callgate("host", "lost", "host-1", "--reason", "it burnt down")
    assert done.exit_code == 0
    assert (gateway.requests[-1].id, gateway.requests[-1].reason) == ("host-1", "it burnt down")
    assert "lost, as operator/ada said: it burnt down" in done.stdout


def test_without_a_reason_nothing_is_sent(callgate: Callgate, gateway: Gateway) -> None:
    assert callgate("host", "lost", "host-1").exit_code == 2
    assert gateway.requests == []
