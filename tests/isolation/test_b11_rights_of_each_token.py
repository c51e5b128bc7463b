"""Two tokens of one identity shared the rights of whichever entry came last."""

import asyncio
from dataclasses import replace

import pytest
from grpc import StatusCode

from callgate.v1 import catalog_service_pb2 as catalog
from gateway.model.errors import InvocationNotFound, NotPermitted
from gateway.model.principal import Caller, Principal, Rule
from gateway.pipeline.call import Call, invocation_id
from gateway.pipeline.call_admission import CallAdmission
from gateway.pipeline.calls_in_flight import CallsInFlight
from tests.gateway.pipeline.desk import KEY, OpenDesk
from tests.gateway.pipeline.upstreams import OpenShop
from tests.isolation.gateways import Place

ADA = Principal("acme", "planner", "ada")
SET_STATE = "/callgate.v1.CatalogService/SetVersionState"
STATE = catalog.SetVersionStateRequest(tool="no_such_tool@1.0.0", state="VERSION_STATE_DISABLED", reason="because")


@pytest.mark.parametrize("last", ["strong", "weak"])
async def test_a_token_has_its_own_rights_whatever_another_of_its_identity_has(place: Place, last: str) -> None:
    rules = {"strong": Rule(("*",), may_import=True), "weak": Rule()}
    for token in sorted(rules, key=lambda token: token == last):
        place.let_in(token, ADA, rules[token])
    async with place.gateway() as served:
        assert await served.ask(SET_STATE, STATE, "strong") is StatusCode.NOT_FOUND
        assert await served.ask(SET_STATE, STATE, "weak") is StatusCode.PERMISSION_DENIED


async def test_a_token_without_the_right_does_not_join_a_call_of_one_that_has_it(shop: OpenShop, open_desk: OpenDesk) -> None:
    desk = await open_desk(shop.address)
    weak, calls = replace(desk.caller, rule=Rule()), CallsInFlight(desk.invoker, CallAdmission(desk.pool, 64))
    call = Call("list_orders", b"{}", KEY)
    first = asyncio.create_task(calls.answer(desk.caller, call))
    with pytest.raises(NotPermitted):
        await calls.answer(weak, call)
    assert (await first).invocation.state.ended
    with pytest.raises(NotPermitted):
        await calls.answer(weak, call)


async def test_the_records_are_the_identitys_with_whichever_token_it_comes(shop: OpenShop, open_desk: OpenDesk) -> None:
    desk = await open_desk(shop.address)
    made = (await desk.call("list_orders")).invocation
    assert await desk.invoker.read(Caller(desk.principal, Rule()), made.id) == made
    with pytest.raises(InvocationNotFound):
        await desk.invoker.read(Caller(replace(desk.principal, agent="other"), Rule(("*",))), invocation_id(ADA, KEY))
