"""A call outlives its caller's patience, and is not forgotten."""

import asyncio

import orjson
import pytest

from gateway.model.errors import InvocationNotFound, ShuttingDown
from gateway.model.invocation import Invocation, InvocationState, Verdict
from gateway.pipeline.call import Call, invocation_id
from sandbox.api.errors import PoolExhausted
from sandbox.api.fault_code import FaultCode
from tests.gateway.pipeline.desk import KEY, Desk, OpenDesk, outcome_of
from tests.gateway.pipeline.upstreams import OpenShop, Rude

ORDER = orjson.dumps({"body": {"item": "hinge", "quantity": 2}})


def order(key: str = KEY) -> Call:
    return Call("create_order", ORDER, key, run_id="run")


async def ended(desk: Desk) -> Invocation:
    id = invocation_id(desk.principal, KEY)
    async with asyncio.timeout(5):
        async for _ in desk.ledger.events(desk.principal.tenant, id):
            pass
    return await desk.invoker.read(desk.caller, id)


async def test_a_caller_that_stops_waiting_learns_that_the_call_is_under_way_and_finds_its_end_later(
    rude: Rude, open_desk: OpenDesk
) -> None:
    desk = await open_desk(rude.address)
    rude.holding.set()
    calls = desk.calls_in_flight()
    standing = await calls.answer(desk.caller, order(), wait=0.2)
    assert not standing.invocation.state.ended
    assert standing.invocation.outcome is None
    rude.holding.clear()
    assert (await ended(desk)).state is InvocationState.UNKNOWN
    assert len(rude.requests) == 1


async def test_no_patience_at_all_still_waits_until_the_call_is_accepted(shop: OpenShop, open_desk: OpenDesk) -> None:
    desk = await open_desk(shop.address)
    calls = desk.calls_in_flight()
    standing = await calls.answer(desk.caller, order(), wait=0.0)
    assert standing.invocation.id == invocation_id(desk.principal, KEY)
    assert (await ended(desk)).state is InvocationState.SUCCEEDED
    again = await calls.answer(desk.caller, order(), wait=0.0)
    assert again.from_record
    assert len(shop.orders) == 1


async def test_a_call_that_was_told_to_be_under_way_and_then_finds_no_box_has_an_outcome(
    shop: OpenShop, monkeypatch: pytest.MonkeyPatch, open_desk: OpenDesk
) -> None:
    desk = await open_desk(shop.address, boxes=0)
    monkeypatch.setattr("gateway.pipeline.attempt.QUEUE", 0.2)
    await desk.calls_in_flight().answer(desk.caller, order(), wait=0.0)
    outcome = outcome_of(await ended(desk))
    assert (outcome.verdict, outcome.fault) == (Verdict.SANDBOX_FAILED, FaultCode.POOL_EXHAUSTED)
    assert not outcome.effect_possible


async def test_a_call_that_waits_and_finds_no_box_is_refused_and_its_key_is_free(
    shop: OpenShop, monkeypatch: pytest.MonkeyPatch, open_desk: OpenDesk
) -> None:
    desk = await open_desk(shop.address, boxes=0)
    monkeypatch.setattr("gateway.pipeline.attempt.QUEUE", 0.05)
    with pytest.raises(PoolExhausted):
        await desk.calls_in_flight().answer(desk.caller, order(), wait=5.0)
    with pytest.raises(InvocationNotFound):
        await desk.invoker.read(desk.caller, invocation_id(desk.principal, KEY))


async def test_a_second_caller_of_the_same_call_may_be_impatient_too(rude: Rude, open_desk: OpenDesk) -> None:
    desk = await open_desk(rude.address)
    rude.holding.set()
    calls = desk.calls_in_flight()
    first = asyncio.create_task(calls.answer(desk.caller, order()))
    second = await calls.answer(desk.caller, order(), wait=0.2)
    assert second.invocation.outcome is None
    rude.holding.clear()
    assert (await first).invocation.state is InvocationState.UNKNOWN
    assert len(rude.requests) == 1


async def test_a_gateway_that_drains_takes_no_call_and_waits_for_those_under_way(rude: Rude, open_desk: OpenDesk) -> None:
    desk = await open_desk(rude.address)
    rude.holding.set()
    calls = desk.calls_in_flight()
    await calls.answer(desk.caller, order(), wait=0.2)
    draining = asyncio.create_task(calls.drain(5.0))
    await asyncio.sleep(0)
    with pytest.raises(ShuttingDown):
        await calls.answer(desk.caller, order("another-key-of-sixteen"))
    rude.holding.clear()
    await draining
    assert (await ended(desk)).state is InvocationState.UNKNOWN


async def test_a_caller_that_asks_for_a_call_again_and_again_waits_with_those_that_asked_before(
    rude: Rude, open_desk: OpenDesk
) -> None:
    desk = await open_desk(rude.address)
    rude.holding.set()
    calls = desk.calls_in_flight()
    for _ in range(50):
        assert not (await calls.answer(desk.caller, order(), wait=0.0)).invocation.state.ended
    assert len(asyncio.all_tasks()) < 10
    joining = asyncio.create_task(calls.answer(desk.caller, order()))
    rude.holding.clear()
    joined = await joining
    assert (joined.from_record, joined.invocation.state) == (True, InvocationState.UNKNOWN)
    assert len(rude.requests) == 1
