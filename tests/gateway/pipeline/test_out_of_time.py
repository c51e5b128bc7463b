"""A call whose time is over ends as that, wherever it was; and says whether it may have acted."""

import asyncio
from dataclasses import replace

import pytest

from gateway.model.invocation import InvocationState, Verdict
from gateway.pipeline.call import Call, invocation_id, request_of
from gateway.records.ledger.memory_ledger import MemoryLedger
from gateway.records.ledger.protocol import Fenced, FencedLease, New
from registry.model.tool import Draft, Effect
from sandbox.api.result import Evidence
from tests.gateway.pipeline.desk import KEY, OpenDesk, outcome_of
from tests.gateway.pipeline.upstreams import OpenShop, Rude

ORDER = {"body": {"item": "hinge", "quantity": 2}}
FREE = (Verdict.TIMED_OUT, True, False)


def idempotent(draft: Draft) -> Draft:
    return replace(draft, effect=Effect.IDEMPOTENT)


@pytest.mark.parametrize("tool", ["list_orders", "create_order"])
async def test_no_box_is_asked_for_a_call_without_time(shop: OpenShop, open_desk: OpenDesk, tool: str) -> None:
    desk = await open_desk(shop.address)
    arguments = ORDER if tool == "create_order" else {}
    outcome = outcome_of((await desk.call(tool, arguments, seconds=1e-9)).invocation)
    assert (outcome.verdict, outcome.not_done, outcome.effect_possible) == FREE
    assert (await desk.call(tool, arguments)).invocation.state is InvocationState.SUCCEEDED
    assert shop.requests == 1


async def test_a_call_whose_time_is_over_before_a_box_is_free_is_out_of_time(rude: Rude, open_desk: OpenDesk) -> None:
    desk = await open_desk(rude.address, boxes=1)
    rude.holding.set()
    holding = asyncio.create_task(desk.call("create_order", ORDER, key="a-key-of-sixteen-characters-2"))
    assert await asyncio.to_thread(rude.arrived.wait, 5.0)
    ended = (await desk.call("create_order", ORDER, seconds=0.2)).invocation
    assert (outcome_of(ended).verdict, outcome_of(ended).not_done, ended.review) == (Verdict.TIMED_OUT, True, None)
    assert [attempt.evidence for attempt in ended.attempts] == [Evidence.NOT_SENT]
    rude.holding.clear()
    await holding
    assert len(rude.requests) == 1


async def test_a_store_that_does_not_let_go_any_more_ends_the_call_as_out_of_time(
    shop: OpenShop, open_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its clock is the one that counts; the gateway finds out when it is told what is left."""
    desk = await open_desk(shop.address)

    async def too_late(_self: MemoryLedger, held: FencedLease, **_: object) -> None:
        desk.clock.forward(100.0)
        raise Fenced(held.id)

    monkeypatch.setattr(MemoryLedger, "dispatch", too_late)
    ended = (await desk.call("create_order", ORDER)).invocation
    assert (outcome_of(ended).verdict, outcome_of(ended).not_done) == (Verdict.TIMED_OUT, True)
    assert len(ended.attempts) == 1
    assert shop.requests == 0


@pytest.mark.parametrize("left", [0.0, -100.0])
async def test_a_call_that_is_taken_over_after_its_time_is_out_of_time_and_may_have_acted(
    shop: OpenShop, open_desk: OpenDesk, left: float
) -> None:
    desk = await open_desk(shop.address, draft=idempotent)
    call = Call("create_order", b'{"body": {"item": "hinge", "quantity": 2}}', KEY, timeout=40.0)
    id = invocation_id(desk.principal, KEY)
    request = request_of(call, desk.versions["create_order"], retention=60.0)
    claimed = await desk.ledger.claim(id, "f", desk.principal, request, lease=10.0)
    assert isinstance(claimed, New)
    await desk.ledger.dispatch(claimed.held, attempt=1, box="box-of-the-dead")
    await desk.take_from_lost(id)
    await desk.ledger.discharge(desk.principal.tenant, id, "box:box-of-the-dead")
    desk.clock.forward(20.0 - left)
    await desk.recovery.resume(desk.principal.tenant, id)
    ended = await desk.read(id)
    assert (outcome_of(ended).verdict, outcome_of(ended).effect_possible) == (Verdict.TIMED_OUT, True)
    assert not outcome_of(ended).not_done
    assert (ended.state, ended.review is not None, shop.requests) == (InvocationState.FAILED, True, 0)
