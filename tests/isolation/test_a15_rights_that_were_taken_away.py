"""For a minute, a caller whose right was taken away was answered from the gateway's memory."""

import pytest

from gateway.decisions.policy import Policy, Rule
from gateway.model.errors import NotPermitted
from gateway.pipeline.call import Call
from gateway.pipeline.invoker import Invoker
from tests.gateway.pipeline.desk import KEY, NO_VAULT, OpenDesk
from tests.gateway.pipeline.upstreams import LOOPBACK, OpenShop


async def test_nothing_is_answered_from_memory_before_the_caller_is_authorized(
    shop: OpenShop, open_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = await open_desk(shop.address)
    await desk.call("list_orders", {})
    call = Call("list_orders", b"{}", KEY, run_id="run", recording="suite")
    assert desk.invoker.recent_outcome(desk.caller, call) is not None
    monkeypatch.setattr(Invoker, "policy", Policy({desk.caller: Rule()}, private=LOOPBACK, vault=NO_VAULT), raising=False)
    with pytest.raises(NotPermitted):
        desk.invoker.recent_outcome(desk.caller, call)
