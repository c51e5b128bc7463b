"""A name with several addresses, of which the first is of no use (RFC 8305)."""

from collections.abc import Iterator
from time import monotonic

import pytest

from callgate.fault_code import FaultCode
from tests.conftest import FreePort

from .conftest import Situate
from .out import Out, assert_not_sent
from .recipes import Recipes, answer
from .swallowing import Swallowing

PATHS = {"/pay": {"post": {"operationId": "pay"}}}


@pytest.fixture
def third() -> Iterator[Recipes]:
    """An upstream at 127.0.0.3, the second address of `two.example` and of `six.example`."""
    with Recipes("127.0.0.3") as upstream:
        upstream.tell("POST", "/pay", answer(200, b'{"paid": true}'))
        yield upstream


def _port(upstream: Recipes) -> int:
    return int(upstream.server_address[1])


@pytest.mark.parametrize(("name", "address"), [("two.example", "127.0.0.2"), ("six.example", "::1")])
def test_an_address_that_swallows_packets_costs_a_quarter_of_a_second(
    out: Out, situation: Situate, third: Recipes, name: str, address: str
) -> None:
    made = situation(PATHS, server=f"http://{name}:{_port(third)}")
    with Swallowing(address, _port(third)):
        began = monotonic()
        ended = out.call(made.name("pay"))
        took = monotonic() - began
    assert ended.json() == {"paid": True}
    assert 0.25 <= took < 5
    (connection,) = ended.attempts[0].connections
    assert (connection.host, connection.address) == (name, "127.0.0.3")
    assert len(ended.attempts) == len(third.requests) == 1


@pytest.mark.parametrize("name", ["two.example", "six.example"])
def test_an_address_that_refuses_costs_nothing(out: Out, situation: Situate, third: Recipes, name: str) -> None:
    made = situation(PATHS, server=f"http://{name}:{_port(third)}")
    ended = out.call(made.name("pay"))
    assert ended.json() == {"paid": True}
    assert ended.attempts[0].connections[0].address == "127.0.0.3"


def test_where_no_address_answers_each_is_told_with_its_cause(out: Out, situation: Situate, free_port: FreePort) -> None:
    made = situation(PATHS, server=f"http://two.example:{free_port()}")
    assert_not_sent(out.call(made.name("pay")), "127.0.0.2: Connection refused", "127.0.0.3: Connection refused")


def test_one_address_that_is_not_permitted_rules_all_of_them_out(out: Out, situation: Situate, third: Recipes) -> None:
    made = situation(PATHS, server=f"http://half.example:{_port(third)}")
    assert_not_sent(out.call(made.name("pay")), "169.254.169.254", "metadata", fault=FaultCode.EGRESS_DENIED)
    assert third.requests == []
