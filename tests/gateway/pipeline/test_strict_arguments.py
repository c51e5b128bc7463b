"""Arguments that a model has made by the strict form of a schema."""

from dataclasses import replace

import pytest

from gateway.model.invocation import InvocationState
from gateway.pipeline.call import Call
from registry.model.errors import ArgumentsInvalid
from tests.gateway.pipeline.desk import KEY, OpenDesk
from tests.gateway.pipeline.upstreams import OpenShop

SAID = Call("list_orders", b'{"limit":null}', KEY, strict=True)


async def test_a_null_of_what_may_be_left_out_is_left_out(shop: OpenShop, open_desk: OpenDesk) -> None:
    desk = await open_desk(shop.address)
    made = await desk.invoker.invoke(desk.caller, SAID)
    assert made.invocation.state is InvocationState.SUCCEEDED
    assert shop.requests == 1


async def test_it_is_the_same_call_as_one_without_these_nulls(shop: OpenShop, open_desk: OpenDesk) -> None:
    desk = await open_desk(shop.address)
    made = await desk.invoker.invoke(desk.caller, SAID)
    again = await desk.invoker.invoke(desk.caller, replace(SAID, args_json=b"{}", strict=False))
    assert (again.from_record, again.invocation.id) == (True, made.invocation.id)


async def test_who_does_not_say_so_is_told_of_the_null(shop: OpenShop, open_desk: OpenDesk) -> None:
    desk = await open_desk(shop.address)
    with pytest.raises(ArgumentsInvalid) as refused:
        await desk.invoker.invoke(desk.caller, replace(SAID, strict=False))
    assert [one.pointer for one in refused.value.violations] == ["/limit"]


async def test_what_is_wrong_otherwise_is_refused_all_the_same(shop: OpenShop, open_desk: OpenDesk) -> None:
    desk = await open_desk(shop.address)
    for wrong in (b'{"limit":null,"nothing":null}', b'{"limit":null,"limit":null}', b'{"limit":"null"}', b"[null]"):
        with pytest.raises(ArgumentsInvalid):
            await desk.invoker.invoke(desk.caller, replace(SAID, args_json=wrong))
