"""`callgate find`: which call has a key."""

import json

from callgate.keys import wire_key
from tests.cli.conftest import Callgate, Gateway


def test_the_call_with_a_key_is_told_as_it_stands(callgate: Callgate, gateway: Gateway) -> None:
    gateway.known[wire_key("order 14")] = "inv-1"
    done = callgate("find", "order 14")
    assert done.exit_code == 0
    assert "inv-1 orders_get@1.0.0: UNSPECIFIED" in done.stdout
    assert json.loads(callgate("find", "order 14", "-o", "json").stdout)["id"] == "inv-1"


def test_where_no_call_has_the_key_that_is_said_and_the_exit_code_is_its_own(callgate: Callgate) -> None:
    done = callgate("find", "order 15")
    assert (done.exit_code, done.stdout) == (5, "")
    assert "no call of yours has this key" in done.stderr
    assert "`callgate list`" in done.stderr
    done = callgate("find", "order 15", "-o", "json")
    assert (done.exit_code, json.loads(done.stdout)) == (5, None)


def test_an_empty_key_is_refused(callgate: Callgate, gateway: Gateway) -> None:
    assert callgate("find", "").exit_code == 2
    assert gateway.requests == []
