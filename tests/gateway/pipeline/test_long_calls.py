"""A call outlives its caller's patience, and is not forgotten."""

import asyncio
from typing import Any

import orjson
import pytest

from gateway.model.errors import InvocationNotFound, ShuttingDown
from gateway.model.invocation import InvocationState, Verdict
from gateway.pipeline.call import Call, invocation_id
from gateway.pipeline.calls_in_flight import CallsInFlight
from sandbox.api.errors import PoolExhausted

KEY = "a-key-of-sixteen-characters"
ORDER = orjson.dumps({"body": {"item": "hinge", "quantity": 2}})


def order(key: str = KEY) -> Call:
    return Call("create_order", ORDER, key, run_id="run")


async def ended(desk: Any) -> Any:
    id = invocation_id(desk.caller, KEY)
    async with asyncio.timeout(5):
        async for _ in desk.parts.ledger.events(desk.caller.tenant, id):
            pass
    return await desk.invoker.read(desk.caller, id)


def test_a_caller_that_stops_waiting_learns_that_the_call_is_under_way_and_finds_its_end_later(play: Any, rude: Any) -> None:
    async def scenario(desk: Any) -> None:
        rude.holding.set()
        calls = CallsInFlight(desk.invoker)
        standing = await calls.answer(desk.caller, order(), wait=0.2)
        assert not standing.invocation.state.ended
        assert standing.invocation.outcome is None
        rude.holding.clear()
        assert (await ended(desk)).state is InvocationState.UNKNOWN
        assert len(rude.requests) == 1

    play(scenario, rude.address)


def test_no_patience_at_all_still_waits_until_the_call_is_accepted(play: Any, shop: Any) -> None:
    async def scenario(desk: Any) -> None:
        calls = CallsInFlight(desk.invoker)
        standing = await calls.answer(desk.caller, order(), wait=0.0)
        assert standing.invocation.id == invocation_id(desk.caller, KEY)
        assert (await ended(desk)).state is InvocationState.SUCCEEDED
        again = await calls.answer(desk.caller, order(), wait=0.0)
        assert again.from_record
        assert len(shop.orders) == 1

    play(scenario, shop.address)


def test_a_call_that_was_told_to_be_under_way_and_then_finds_no_box_has_an_outcome(
    play: Any, shop: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario(desk: Any) -> None:
        monkeypatch.setattr("gateway.pipeline.attempt.QUEUE", 0.2)
        await CallsInFlight(desk.invoker).answer(desk.caller, order(), wait=0.0)
        outcome = (await ended(desk)).outcome
        assert (outcome.verdict, outcome.fault) == (Verdict.SANDBOX_FAILED, "POOL_EXHAUSTED")
        assert not outcome.effect_possible

    play(scenario, shop.address, boxes=0)


def test_a_call_that_waits_and_finds_no_box_is_refused_and_its_key_is_free(
    play: Any, shop: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario(desk: Any) -> None:
        monkeypatch.setattr("gateway.pipeline.attempt.QUEUE", 0.05)
        with pytest.raises(PoolExhausted):
            await CallsInFlight(desk.invoker).answer(desk.caller, order(), wait=5.0)
        with pytest.raises(InvocationNotFound):
            await desk.invoker.read(desk.caller, invocation_id(desk.caller, KEY))

    play(scenario, shop.address, boxes=0)


def test_a_second_caller_of_the_same_call_may_be_impatient_too(play: Any, rude: Any) -> None:
    async def scenario(desk: Any) -> None:
        rude.holding.set()
        calls = CallsInFlight(desk.invoker)
        first = asyncio.create_task(calls.answer(desk.caller, order()))
        second = await calls.answer(desk.caller, order(), wait=0.2)
        assert second.invocation.outcome is None
        rude.holding.clear()
        assert (await first).invocation.state is InvocationState.UNKNOWN
        assert len(rude.requests) == 1

    play(scenario, rude.address)


def test_a_gateway_that_drains_takes_no_call_and_waits_for_those_under_way(play: Any, rude: Any) -> None:
    async def scenario(desk: Any) -> None:
        rude.holding.set()
        calls = CallsInFlight(desk.invoker)
        await calls.answer(desk.caller, order(), wait=0.2)
        draining = asyncio.create_task(calls.drain(5.0))
        await asyncio.sleep(0)
        with pytest.raises(ShuttingDown):
            await calls.answer(desk.caller, order("another-key-of-sixteen"))
        rude.holding.clear()
        await draining
        assert (await ended(desk)).state is InvocationState.UNKNOWN

    play(scenario, rude.address)


def test_who_asks_for_a_call_again_and_again_waits_with_those_who_asked_before(play: Any, rude: Any) -> None:
    async def scenario(desk: Any) -> None:
        rude.holding.set()
        calls = CallsInFlight(desk.invoker)
        for _ in range(50):
            assert not (await calls.answer(desk.caller, order(), wait=0.0)).invocation.state.ended
        assert len(asyncio.all_tasks()) < 10
        joining = asyncio.create_task(calls.answer(desk.caller, order()))
        rude.holding.clear()
        joined = await joining
        assert (joined.from_record, joined.invocation.state) == (True, InvocationState.UNKNOWN)
        assert len(rude.requests) == 1

    play(scenario, rude.address)
