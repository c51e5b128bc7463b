"""For how long a call is kept beside its record, and from when."""

from dataclasses import replace

from gateway.model.invocation import Invocation
from gateway.pipeline.kept_exchanges import KeptExchanges
from registry.model.accounting import Keep
from registry.model.tool import Draft
from tests.gateway.pipeline.desk import Desk, OpenDesk
from tests.gateway.pipeline.upstreams import OpenShop

ORDER = {"body": {"item": "hinge", "quantity": 2}}


def keeping(draft: Draft) -> Draft:
    return replace(draft, keep=Keep(arguments=True, answers=True, seconds=60))


async def called(desk: Desk, kept: KeptExchanges) -> Invocation:
    desk.invoker = replace(desk.invoker, kept_exchanges=kept)
    return (await desk.call("create_order", ORDER)).invocation


async def test_a_call_that_is_told_again_is_kept_where_it_was_not_and_no_longer_than_it_would_have_been(
    shop: OpenShop, open_desk: OpenDesk
) -> None:
    desk = await open_desk(shop.address, draft=keeping)
    ended = (await called(desk, KeptExchanges())).ended  # by a gateway that died before it had kept it
    assert ended is not None
    now = [ended + 59]
    kept = KeptExchanges(clock=lambda: now[0])
    again = await called(desk, kept)
    found = await kept.exchanges.find("acme", again.id)
    assert found is not None
    assert found.expires == ended + 60
    now[0], kept = ended + 60, KeptExchanges(clock=lambda: now[0])
    assert (await called(desk, kept)).id == again.id
    assert await kept.exchanges.find("acme", again.id) is None


async def test_what_an_operator_has_erased_stays_so_when_its_key_is_repeated(shop: OpenShop, open_desk: OpenDesk) -> None:
    desk, kept = await open_desk(shop.address, draft=keeping), KeptExchanges()
    first = await called(desk, kept)
    assert await kept.exchanges.forget("acme") == 1
    assert (await called(desk, kept)).id == first.id
    assert await kept.exchanges.find("acme", first.id) is None
