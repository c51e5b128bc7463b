"""A call that acts, and of which no attempt was sent, ended under review: an outage opened one for each call. Its key was bound
to the failure, so that after the outage the same call was answered from the record. And where the gateway itself had refused
the permission, its caller was not told why."""

import pytest

from callgate import Client, Invocation, RetryPolicy, SandboxFailed, State, ToolFailed
from callgate.errors import StoreUnavailable
from callgate.fault_code import FaultCode
from callgate.keys import new_key
from gateway.operations.health_checks import unserved
from tests.conftest import FreePort
from tests.e2e.conftest import Open
from tests.e2e.house import House, eventually
from tests.e2e.second_gateway import SecondGateway

from .conftest import Offer
from .disks import filled, small_disk
from .scripted import Scripted

POST = ("POST", "/pay")
ORDER = {"body": {"item": "hinge", "quantity": 2}}
CALLS = "callgate.v1.InvocationService"


def assert_not_done(house: House, ended: Invocation, fault: FaultCode) -> None:
    assert isinstance(ended.outcome, ToolFailed | SandboxFailed)
    assert (ended.outcome.fault, ended.outcome.not_done, ended.outcome.effect_possible) == (fault, True, False)
    assert (ended.state, ended.under_review) == (State.FAILED, False)
    assert ended.id not in {review.invocation.id for review in house.client.reviews.list()}


def hasty(gateway: SecondGateway, house: House) -> Client:
    """It is told of a refusal at once, where another client would ask again."""
    return Client(gateway.address, token=house.state.token.read_text(), retry=RetryPolicy(patience=0))


def test_a_call_gets_to_an_upstream_that_was_down_once_it_is_up_with_the_same_key_and_one_effect(
    house: House, free_port: FreePort, offer: Offer
) -> None:
    port, key = free_port(), new_key()
    pay = offer(house, f"http://127.0.0.1:{port}", {"pay": POST})["pay"]
    assert_not_done(house, house.client.call(pay, {}, key=key), FaultCode.UPSTREAM_UNREACHABLE)
    with Scripted(port) as upstream:
        again = house.client.call(pay, {}, key=key)
        assert (again.state, again.from_record) == (State.SUCCEEDED, False)
        assert house.client.call(pay, {}, key=key).from_record
        assert upstream.received(*POST) == 1


def test_a_call_whose_secret_was_missing_is_made_with_the_same_key_when_it_is_there(new_house: House, open_shop: Open) -> None:
    house, key = new_house, new_key()
    shop = open_shop(house)
    house.vault("DELETE", "secret/data/orders")
    assert_not_done(house, house.client.call("create_order", ORDER, key=key), FaultCode.SECRET_UNAVAILABLE)
    house.vault("POST", "secret/data/orders", {"data": {"token": shop.token}})
    assert house.client.call("create_order", ORDER, key=key).state is State.SUCCEEDED
    assert len(shop.state.orders) == 1


def test_a_full_state_directory_is_named_to_the_caller_and_by_health_and_room_there_is_enough(
    house: House, free_port: FreePort, scripted: Scripted, offer: Offer
) -> None:
    pay, key = offer(house, scripted.url, {"pay": POST})["pay"], new_key()
    with small_disk("1m") as disk, SecondGateway(house, free_port, {"CALLGATE_STATE_DIR": str(disk)}) as gateway:
        with hasty(gateway, house) as client, filled(disk):
            eventually(lambda: CALLS in (unserved_by(house, gateway) or ()), what="health to fall")
            refused = refusal(client, pay, key)
            assert "No space left on device" in refused.message
            assert "state directory" in refused.cure
            found = client.invocations.get(house.id_of(key))
            assert_not_done(house, found, FaultCode.STORE_UNAVAILABLE)
            assert "No space left on device" in str(found.outcome)
            assert refused.cure in str(found.outcome)
        eventually(lambda: unserved_by(house, gateway) == (), what="health to rise")
        with gateway.connect() as client:
            assert client.call(pay, {}, key=key).state is State.SUCCEEDED
    assert scripted.received(*POST) == 1


def test_too_few_replicas_are_named_to_the_caller_who_may_ask_again(
    house: House, free_port: FreePort, scripted: Scripted, offer: Offer
) -> None:
    pay, key = offer(house, scripted.url, {"pay": POST})["pay"], new_key()
    settings = {"CALLGATE_REDIS_WAIT": "1", "CALLGATE_REDIS_WAIT_MS": "50"}
    with SecondGateway(house, free_port, settings) as gateway, hasty(gateway, house) as client:
        refused = refusal(client, pay, key)
        assert "0 of 1 replicas" in refused.message
        assert "CALLGATE_REDIS_WAIT" in refused.cure
        assert_not_done(house, client.invocations.get(house.id_of(key)), FaultCode.STORE_UNAVAILABLE)
    assert house.client.call(pay, {}, key=key).state is State.SUCCEEDED  # by a gateway that asks for none
    assert scripted.received(*POST) == 1


def refusal(client: Client, tool: str, key: str) -> StoreUnavailable:
    """Call, and see it refused for now."""
    with pytest.raises(StoreUnavailable) as refused:
        client.call(tool, {}, key=key)
    assert refused.value.retryable
    return refused.value


def unserved_by(house: House, gateway: SecondGateway) -> tuple[str, ...] | None:
    return house.run_async(unserved(gateway.address))
