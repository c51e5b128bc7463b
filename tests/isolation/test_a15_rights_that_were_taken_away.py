"""For a minute, a caller whose right was taken away was answered from the gateway's memory."""

from dataclasses import replace

import pytest

from gateway.model.errors import NotPermitted
from gateway.model.principal import Rule
from gateway.pipeline.call import Call
from tests.gateway.pipeline.desk import KEY, OpenDesk
from tests.gateway.pipeline.upstreams import OpenShop


async def test_nothing_is_answered_from_memory_before_the_caller_is_authorized(shop: OpenShop, open_desk: OpenDesk) -> None:
    desk = await open_desk(shop.address)
    await desk.call("list_orders", {})
    call = Call("list_orders", b"{}", KEY, run_id="run", recording="suite")
    assert desk.invoker.recent_outcome(desk.caller, call) is not None
    with pytest.raises(NotPermitted):
        desk.invoker.recent_outcome(replace(desk.caller, rule=Rule()), call)
