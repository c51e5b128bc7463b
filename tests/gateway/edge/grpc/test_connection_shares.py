"""What a caller may have at one time of what has a box, or reads much."""

import pytest

from callgate.v1.connection_service_pb2 import DESCRIPTOR
from gateway.edge.grpc.shares import CONNECTIONS, TENANT_CONNECTIONS, shares
from gateway.model.errors import BudgetExhausted
from gateway.model.principal import Principal

SERVICE = DESCRIPTOR.services_by_name["ConnectionService"]
ADA = Principal("acme", "planner", "ada")


def test_no_method_of_connections_is_without_a_bound() -> None:
    bounded = shares()
    assert [one.name for one in SERVICE.methods if f"/{SERVICE.full_name}/{one.name}" not in bounded] == []


async def test_a_caller_has_so_many_steps_of_connections_at_one_time_and_its_tenant_so_many() -> None:
    bounded = shares()
    begin, poll = (bounded[f"/callgate.v1.ConnectionService/{name}"] for name in ("BeginConnection", "PollDeviceConnection"))
    leave = [await begin.enter(ADA) for _ in range(CONNECTIONS)]
    with pytest.raises(BudgetExhausted, match="of this caller"):
        await poll.enter(ADA)
    for number in range(TENANT_CONNECTIONS - CONNECTIONS):
        await poll.enter(Principal("acme", "planner", f"person-{number}"))
    with pytest.raises(BudgetExhausted, match="of this tenant"):
        await poll.enter(Principal("acme", "planner", "bob"))
    leave[0]()
    await poll.enter(ADA)
