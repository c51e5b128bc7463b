"""A box reaches what its tool version names, and an operator allows, and nothing else."""

import json
from collections.abc import Callable

import pytest

from callgate import Evidence, ToolFailed
from callgate.errors import RequestInvalid

from .conftest import OpenShop
from .hostile import Hostile, description
from .house import House


@pytest.fixture
def refused(house: House) -> Callable[[str], str]:
    """Call a tool of a server, see it refused before anything left, and answer the host as it is on record."""

    def call(server: str) -> str:
        house.offer(description(), "hostile", server)
        invocation = house.client.call("read_plain", {})
        assert isinstance(invocation.outcome, ToolFailed)
        assert (invocation.outcome.fault, invocation.outcome.effect_possible) == ("EGRESS_DENIED", False)
        (attempt,) = invocation.attempts
        assert (attempt.evidence, attempt.bytes_out, attempt.bytes_in) == (Evidence.NOT_SENT, 0, 0)
        (host,) = attempt.hosts
        return host

    return call


def test_cloud_metadata_is_refused(refused: Callable[[str], str]) -> None:
    assert refused("http://169.254.169.254") == "169.254.169.254:80 (169.254.169.254 is a metadata service)"


def test_a_private_address_that_no_operator_allowed_is_refused(refused: Callable[[str], str]) -> None:
    assert "private" in refused("http://10.0.0.1:8080")


def test_a_neighbour_of_an_allowed_address_is_refused_and_sees_no_connection(refused: Callable[[str], str]) -> None:
    with Hostile("127.0.0.2") as neighbour:
        assert "loopback" in refused(neighbour.url)
        assert neighbour.connections == 0


def test_a_redirect_to_another_host_is_an_answer_and_is_not_followed(house: House, hostile: Hostile) -> None:
    with Hostile() as elsewhere:
        hostile.away = f"{elsewhere.url}/plain"
        invocation = house.client.call("read_moved", {})
        assert isinstance(invocation.outcome, ToolFailed)
        assert invocation.outcome.result is not None
        assert invocation.outcome.result.http_status == 302
        assert (hostile.connections, elsewhere.connections) == (1, 0)


def test_an_argument_that_looks_like_a_path_stays_an_argument(house: House, shop: OpenShop) -> None:
    invocation = house.client.call("get_order", {"order_id": "../../control"})
    assert isinstance(invocation.outcome, ToolFailed)
    assert invocation.outcome.result is not None
    assert json.loads(invocation.outcome.result.body) == {"error": "no such order"}
    assert shop.state.requests == 1


def test_an_argument_that_is_a_step_up_is_not_sent(house: House, shop: OpenShop) -> None:
    with pytest.raises(RequestInvalid, match="dots"):
        house.client.call("get_order", {"order_id": ".."})
    assert shop.state.requests == 0
