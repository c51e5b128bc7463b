"""Several addresses: each is asked in its turn."""

from collections.abc import Iterator

import pytest
from grpc import StatusCode

from callgate import AsyncClient, CallgateError, Client, RetryPolicy, errors
from callgate.endpoint import Endpoint
from callgate.turn import Turn
from callgate.v1 import error_pb2
from clients.python.tests.conftest import Gateway, Pauses, driven


@pytest.fixture
def second() -> Iterator[Gateway]:
    gateway = Gateway()
    gateway.start()
    yield gateway
    gateway.kill()


@pytest.fixture(params=["blocking", "asyncio"])
def both(request: pytest.FixtureRequest, gateway: Gateway, second: Gateway, pauses: Pauses) -> Iterator[Client]:
    """A client of two gateways."""
    addresses = f"{gateway.address}, {second.address}"
    if request.param == "blocking":
        client = pauses.pace(Client(addresses))
    else:
        client = driven(lambda: pauses.pace(AsyncClient(addresses)))  # type: ignore[assignment] # it has the same verbs
    yield client
    client.close()


def test_where_the_first_is_gone_the_second_is_asked_at_once(
    both: Client, gateway: Gateway, second: Gateway, pauses: Pauses
) -> None:
    gateway.kill()
    both.call("orders_get", {})
    assert [event.number for event in both.invocations.handle("inv-1").watch()] == [1, 2, 3, 4, 5]
    assert [tool.name for tool in both.tools.list()] == ["tool_0", "tool_1", "tool_2", "tool_3"]
    assert both.toolsets.import_openapi(b"{}", "orders").added == 1
    assert pauses.taken == [0.0]
    assert len(second.requests) == 5
    gateway.start()


def test_a_call_keeps_its_token_at_the_next_address(both: Client, gateway: Gateway, second: Gateway) -> None:
    gateway.break_off()
    second.break_off()
    both.call("orders_get", {})
    assert len(gateway.requests) == 2
    assert len({request.call_token for request in [*gateway.requests, *second.requests]}) == 1


def test_the_one_that_answered_is_asked_again(gateway: Gateway, second: Gateway) -> None:
    client = Client(f"{gateway.address},{second.address}")
    gateway.kill()
    client.invocations.get("inv-1")
    gateway.start()
    client.invocations.get("inv-1")
    assert (len(gateway.requests), len(second.requests)) == (0, 2)
    second.kill()
    client.invocations.get("inv-1")
    assert len(gateway.requests) == 1
    second.start()
    client.close()


@pytest.mark.parametrize(
    ("reason", "moves_on"),
    [
        (error_pb2.ERROR_REASON_SHUTTING_DOWN, True),
        (error_pb2.ERROR_REASON_ENGINE_UNAVAILABLE, True),
        (error_pb2.ERROR_REASON_POOL_EXHAUSTED, True),
        (error_pb2.ERROR_REASON_BUDGET_EXHAUSTED, False),
        (error_pb2.ERROR_REASON_UPSTREAM_OPEN, False),
    ],
)
def test_what_another_gateway_may_do_better_is_asked_of_it(
    both: Client, gateway: Gateway, second: Gateway, reason: error_pb2.ErrorReason, moves_on: bool
) -> None:
    gateway.refuse(StatusCode.UNAVAILABLE, reason=reason, retryable=True)
    both.call("orders_get", {})
    assert (len(gateway.requests), len(second.requests)) == ((1, 1) if moves_on else (2, 0))


def test_a_refusal_is_not_asked_again_elsewhere(both: Client, gateway: Gateway, second: Gateway) -> None:
    gateway.refuse(StatusCode.FAILED_PRECONDITION, reason=error_pb2.ERROR_REASON_KEY_REUSED)
    with pytest.raises(errors.KeyReused):
        both.call("orders_get", {})
    assert second.requests == []


def test_each_is_asked_once_where_there_is_no_patience(gateway: Gateway, second: Gateway) -> None:
    gateway.kill()
    with Client(f"{gateway.address},{second.address}", retry=RetryPolicy(patience=0)) as client:
        client.invocations.get("inv-1")
        second.kill()
        with pytest.raises(errors.GatewayUnavailable):
            client.invocations.get("inv-1")
    gateway.start()
    second.start()


def test_the_patience_with_all_of_them_ends(both: Client, gateway: Gateway, second: Gateway, pauses: Pauses) -> None:
    for _ in range(200):
        gateway.break_off()
        second.break_off()
    with pytest.raises(errors.ConnectionBroken):
        both.invocations.get("inv-1")
    assert 20.0 < pauses.now <= 30.0
    assert abs(len(gateway.requests) - len(second.requests)) <= 1


def test_two_threads_that_see_one_failure_move_on_once() -> None:
    turn = Turn(3)
    turn.leave(0)
    turn.leave(0)
    assert turn.current == 1


def test_the_environment_may_name_several() -> None:
    environ = {"CALLGATE_ADDRESS": "127.0.0.1:1, [::1]:2,unix:/run/gw.sock", "CALLGATE_TOKEN": "t"}
    assert Endpoint.from_environment(environ).addresses == ("127.0.0.1:1", "[::1]:2", "unix:/run/gw.sock")


@pytest.mark.parametrize(
    "address",
    [
        "",
        ",",
        "127.0.0.1:1,",
        "127.0.0.1:1,,127.0.0.1:2",
        "127.0.0.1:1;127.0.0.1:2",
        "127.0.0.1:1 127.0.0.1:2",
        "127.0.0.1",
        "127.0.0.1:",
        "127.0.0.1:0",
        "127.0.0.1:65536",
        "127.0.0.1:https",
        "::1:7443",
        "https://127.0.0.1:7443",
        "127.0.0.1:1,127.0.0.1:1",
        "unix:",
    ],
)
def test_a_malformed_list_is_told_with_a_cure(address: str) -> None:
    with pytest.raises(ValueError, match="address") as caught:
        Client(address)
    assert isinstance(caught.value, CallgateError)
    assert "gw1:7443,gw2:7443" in caught.value.cure


def test_one_address_of_a_list_that_would_show_the_token_to_a_network_is_named() -> None:
    with pytest.raises(ValueError, match=r"^10\.0\.0\.1:7443 is neither loopback"):
        Client("127.0.0.1:7443,10.0.0.1:7443", token="secret-token")
