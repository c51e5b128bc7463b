"""One call, all the way through and back: what it does, what it records, what it leaves."""

from callgate import Evidence, State
from callgate.keys import new_key

from .conftest import OpenShop
from .hostile import Hostile
from .house import House, eventually

ORDER = {"body": {"item": "kettle", "quantity": 2}}
PHASES = {"lease", "credential", "secret", "connect", "permission", "exchange"}


def test_a_call_with_a_credential_reaches_the_upstream_with_it(house: House, shop: OpenShop) -> None:
    invocation = house.client.call("create_order", ORDER)
    assert invocation.json() == {"id": "ord_1", "item": "kettle", "quantity": 2, "status": "open"}
    assert invocation.raise_for_outcome().result.matches_schema is True
    assert invocation.state is State.SUCCEEDED
    assert not invocation.from_record
    assert shop.state.requests == 1


def test_the_attempt_is_on_record_with_its_box_its_token_and_every_phase(house: House, shop: OpenShop) -> None:
    (attempt,) = house.client.call("create_order", ORDER).attempts
    assert (attempt.number, attempt.evidence, attempt.http_status, attempt.fault) == (1, Evidence.RESPONDED, 201, None)
    assert attempt.box.startswith("cg-")
    assert attempt.token_accessor
    vault = house.settings["CALLGATE_VAULT_ADDRESS"].removeprefix("https://")
    assert set(attempt.hosts) == {vault, shop.url.removeprefix("http://")}
    assert {phase.name for phase in attempt.phases} == PHASES
    assert all(0 <= phase.offset <= phase.offset + phase.duration <= attempt.duration for phase in attempt.phases)
    starts = {phase.name: phase.offset for phase in attempt.phases}
    assert starts["lease"] <= starts["credential"] <= starts["secret"] <= starts["permission"] <= starts["exchange"]


def test_every_byte_that_left_and_came_is_counted(house: House, hostile: Hostile) -> None:
    (attempt,) = house.client.call("read_plain", {}).attempts
    assert attempt.hosts == (hostile.url.removeprefix("http://"),)
    assert attempt.bytes_out == len(hostile.requests[0].raw)
    assert attempt.bytes_in == len(hostile.answered[0])
    assert attempt.token_accessor == ""


def test_when_a_call_has_settled_its_box_its_sockets_and_its_token_are_gone(house: House, shop: OpenShop) -> None:
    invocation = house.client.call("list_orders", {})
    (attempt,) = invocation.attempts
    kinds = house.settle(invocation.id)
    assert set(kinds) == {"CLAIMED", "TOKEN_ISSUED", "DISPATCHED", "RECORDED", "BOX_REMOVED", "TOKEN_REVOKED"}
    assert attempt.box not in house.boxes()
    assert attempt.box not in house.socket_directories()
    assert not house.token_lives(attempt.token_accessor)
    assert house.live_tokens() == []
    eventually(house.is_at_rest, what="a new box in its place")


def test_a_call_that_is_asked_for_later_is_the_one_that_was_answered(house: House, shop: OpenShop) -> None:
    key = new_key()
    invocation = house.client.call("create_order", ORDER, key=key, run_id="run-1")
    assert house.client.invocations.get(house.id_of(key)) == invocation
    assert invocation.run_id == "run-1"
