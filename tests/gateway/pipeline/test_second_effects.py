"""Where a second effect, or a false word of the first, could come from: gateways that take over at bad moments."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from time import time
from typing import Any

import orjson
import pytest

from gateway.decisions.circuit_breaker import THRESHOLD, CircuitBreakers
from gateway.decisions.endings import cancelled
from gateway.decisions.policy import Rule
from gateway.model.errors import StoreUnavailable
from gateway.model.invocation import InvocationState, Verdict
from gateway.pipeline.call import Answered, Call, CallTicket, invocation_id
from gateway.pipeline.reviews import AnotherAttempt
from registry.model.errors import ToolNotFound
from registry.model.tool import Condition, Draft, Effect, Fallback, Probe
from sandbox.api.result import Evidence

KEY = "a-key-of-sixteen-characters"
ORDER = {"body": {"item": "ord_1", "quantity": 1}}
ALL = Rule(("*",), may_review=True)
FALLBACK = Fallback("get_order", {"order_id": "/body/item"})
PROBE = Probe("list_orders", {}, Condition("/orders/0/item", "ord_1"), "/orders/0", settle=0.0)


def order(server: str, **changes: Any) -> Callable[[Draft], Draft]:
    """`create_order` at a server of its own, and otherwise changed."""

    def changed(draft: Draft) -> Draft:
        if draft.name != "create_order":
            return draft
        limits = replace(draft.limits, max_attempts=changes.get("max_attempts", 3))
        settings = {name: value for name, value in changes.items() if name != "max_attempts"}
        return replace(draft, operation=replace(draft.operation, server=server), limits=limits, **settings)

    return changed


async def left_dispatched(desk: Any) -> str:
    """An order whose gateway died after it had let the first attempt go; its box is gone."""
    done = await desk.call("list_orders", key="another-key-of-sixteen")
    version, ledger = desk.version("create_order"), desk.parts.ledger
    named = {"tool": "create_order", "version": version.reference, "effect": version.draft.effect}
    most = version.draft.limits.max_attempts + (version.draft.fallback is not None)
    request = replace(done.invocation.request, args_json=orjson.dumps(ORDER), max_attempts=most, **named)
    claimed = await ledger.claim("inv_left", "f", desk.caller, request, lease=10.0)
    await ledger.dispatch(claimed.held, attempt=1, box="box-of-the-dead")
    desk.clock.forward(20.0)
    await ledger.take_from_lost("acme", "inv_left")
    await ledger.discharge("acme", "inv_left", "box:box-of-the-dead")
    return "inv_left"


@pytest.fixture
def dying(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Makes an order whose gateway dies in the middle of the fallback."""

    async def die(desk: Any, **how: Any) -> str:
        invoke, begun = desk.invoker.invoke, asyncio.Event()

        async def hang(self: Any, principal: Any, call: Call, ticket: Any = None) -> Answered:
            if call.parent and not begun.is_set():
                begun.set()
                await asyncio.Event().wait()
            return await invoke(principal, call, ticket)  # type: ignore[no-any-return]

        monkeypatch.setattr("gateway.pipeline.invoker.Invoker.invoke", hang)
        calling = asyncio.create_task(desk.call("create_order", ORDER, **how))
        await asyncio.wait_for(begun.wait(), 5.0)
        calling.cancel()
        await asyncio.wait({calling})
        desk.clock.forward(20.0)
        id = invocation_id(desk.caller, KEY)
        await desk.parts.ledger.take_from_lost("acme", id)
        return id

    return die


def test_where_a_lost_attempt_may_have_acted_no_fallback_acts_again(play: Any, shop: Any, rude: Any) -> None:
    async def scenario(desk: Any) -> None:
        id, asked = await left_dispatched(desk), shop.requests
        await desk.parts.recovery.resume("acme", id)
        found = await desk.parts.ledger.read("acme", id)
        assert found.state is InvocationState.FAILED
        assert found.outcome.effect_possible
        assert found.review.open
        assert shop.requests == asked

    draft = order(rude.address, effect=Effect.IDEMPOTENT, fallback=FALLBACK, max_attempts=1)
    play(scenario, shop.address, draft=draft)


def test_who_takes_over_in_the_middle_of_a_fallback_makes_no_attempt_of_the_first_tool(
    play: Any, shop: Any, rude: Any, dying: Any
) -> None:
    async def scenario(desk: Any) -> None:
        shop.create({"item": "x", "quantity": 1})
        for number in range(THRESHOLD):
            await desk.call("create_order", ORDER, key=f"a-key-of-sixteen-characters-{number}")
        id = await dying(desk)
        desk.invoker.settlement.attempt_loop.attempts._breakers = CircuitBreakers()  # another gateway has found out nothing yet
        await desk.parts.recovery.resume("acme", id)
        found = await desk.parts.ledger.read("acme", id)
        assert found.outcome.source.startswith("fallback:")
        assert len(rude.requests) == THRESHOLD

    play(scenario, shop.address, draft=order(rude.address, fallback=FALLBACK))


def test_no_fallback_acts_after_the_deadline(play: Any, shop: Any, free_port: Any, dying: Any) -> None:
    async def scenario(desk: Any) -> None:
        id = await dying(desk, seconds=0.5)
        deadline = (await desk.parts.ledger.read("acme", id)).deadline
        async with asyncio.timeout(5):
            while time() <= deadline:
                await asyncio.sleep(0.01)
        await desk.parts.recovery.resume("acme", id)
        assert (await desk.parts.ledger.read("acme", id)).state is InvocationState.FAILED
        assert shop.requests == 0

    play(scenario, shop.address, draft=order(f"http://127.0.0.1:{free_port()}", fallback=FALLBACK))


def test_no_attempt_follows_where_the_end_was_asked_for_during_the_one_before(
    play: Any, rude: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario(desk: Any) -> None:
        attempt_in_span, id = desk.invoker.settlement.attempt_loop.attempts.attempt_in_span, invocation_id(desk.caller, KEY)

        async def cancelled_elsewhere(self: Any, execution: Any, held: Any, attempt_log: Any) -> Any:
            made = await attempt_in_span(execution, held, attempt_log)
            if attempt_log.number == 1:
                await desk.parts.ledger.cancel("acme", id, cancelled(execution.effect, sent=True))
            return made

        monkeypatch.setattr("gateway.pipeline.attempt.AttemptRunner.attempt_in_span", cancelled_elsewhere)
        ended = (await desk.call("create_order", ORDER)).invocation
        assert ended.state is InvocationState.CANCELLED
        assert ended.outcome.effect_possible
        assert len(rude.requests) == 1

    play(scenario, rude.address, draft=order(rude.address, effect=Effect.IDEMPOTENT))


def test_a_probe_of_one_attempt_says_nothing_of_the_next(
    play: Any, rude: Any, shop: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def leave(self: Any, execution: Any, invocation: Any, ask: Any) -> Any:
        return invocation

    async def scenario(desk: Any) -> None:
        settlement, ledger, recovery = desk.invoker.settlement, desk.parts.ledger, desk.parts.recovery
        probe_unknown = settlement.probe_unknown
        monkeypatch.setattr("gateway.pipeline.settlement.Settlement.probe_unknown", leave)
        stale = (await desk.call("create_order", ORDER)).invocation
        await desk.parts.obligations.drain(5.0)
        await desk.invoker.invoke(desk.caller, Call("list_orders", b"{}", f"probe {stale.id} 1", run_id="run", parent=stale.id))
        await desk.parts.reviews.resolve(desk.caller, stale.id, AnotherAttempt(), "it is not there")
        await recovery.resume("acme", stale.id)
        await desk.parts.obligations.drain(5.0)
        assert (await ledger.read("acme", stale.id)).state is InvocationState.UNKNOWN
        await probe_unknown(recovery._execution(stale, desk.version("create_order")), stale, desk.invoker.invoke)
        found = await ledger.read("acme", stale.id)
        assert found.review.open
        assert len(rude.requests) == 2

    play(scenario, shop.address, draft=order(rude.address, probe=PROBE), rule=ALL)


def test_with_a_fallback_too_what_the_probe_did_not_find_is_made_again(play: Any, rude: Any, shop: Any) -> None:
    async def scenario(desk: Any) -> None:
        ended = (await desk.call("create_order", ORDER)).invocation
        assert [attempt.evidence for attempt in ended.attempts] == [Evidence.SENT] * 3
        assert len(rude.requests) == 3
        assert not ended.outcome.effect_possible

    play(scenario, shop.address, draft=order(rude.address, probe=PROBE, fallback=FALLBACK))


def test_an_unknown_outcome_stays_unknown_where_the_store_goes_away_before_the_probe_is_asked(
    play: Any, rude: Any, shop: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(self: Any, tenant: str, id: str) -> bool:
        raise StoreUnavailable("Redis is away")

    async def scenario(desk: Any) -> None:
        monkeypatch.setattr("gateway.records.ledger.memory_ledger.MemoryLedger.box_gone", away)
        await desk.invoker.invoke(desk.caller, Call("create_order", orjson.dumps(ORDER), KEY), CallTicket(told=True))
        found = await desk.invoker.read(desk.caller, invocation_id(desk.caller, KEY))
        assert found.state is InvocationState.UNKNOWN
        assert found.review.open

    play(scenario, shop.address, draft=order(rude.address, probe=PROBE))


def test_a_store_that_is_away_for_a_moment_does_not_end_what_is_taken_up_again(
    play: Any, shop: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario(desk: Any) -> None:
        resolve, id = desk.parts.catalog.resolve, await left_dispatched(desk)

        async def away(reference: str) -> Any:
            raise StoreUnavailable("Redis is away")

        monkeypatch.setattr(desk.parts.catalog, "resolve", away)
        await desk.parts.recovery.resume("acme", id)
        monkeypatch.setattr(desk.parts.catalog, "resolve", resolve)
        desk.clock.forward(20.0)
        await desk.parts.ledger.take_from_lost("acme", id)
        await desk.parts.recovery.resume("acme", id)
        assert (await desk.parts.ledger.read("acme", id)).state is InvocationState.SUCCEEDED

    play(scenario, shop.address, draft=order(shop.address, effect=Effect.IDEMPOTENT))


def test_what_ends_because_its_tool_is_gone_may_have_acted_all_the_same(
    play: Any, shop: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario(desk: Any) -> None:
        id = await left_dispatched(desk)

        async def gone(reference: str) -> Any:
            raise ToolNotFound("gone")

        monkeypatch.setattr(desk.parts.catalog, "resolve", gone)
        await desk.parts.recovery.resume("acme", id)
        found = await desk.parts.ledger.read("acme", id)
        assert found.state is InvocationState.FAILED
        assert found.outcome.effect_possible

    play(scenario, shop.address, draft=order(shop.address, effect=Effect.IDEMPOTENT))


def test_a_call_cancelled_before_anything_was_sent_is_known_to_have_done_nothing(
    play: Any, free_port: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario(desk: Any) -> None:
        waiting, attempt_loop = asyncio.Event(), desk.invoker.settlement.attempt_loop

        async def wait(self: Any, held: Any, delay: float) -> None:
            waiting.set()
            await attempt_loop._heartbeats[held.id].check_wanted.wait()

        monkeypatch.setattr("gateway.pipeline.attempt_loop.AttemptLoop._wait", wait)
        calling = asyncio.create_task(desk.call("create_order", ORDER))
        await asyncio.wait_for(waiting.wait(), 5.0)
        await desk.invoker.cancel(desk.caller, invocation_id(desk.caller, KEY))
        ended = (await calling).invocation
        assert (ended.state, ended.outcome.verdict) == (InvocationState.CANCELLED, Verdict.CANCELLED)
        assert not ended.outcome.effect_possible

    play(scenario, f"http://127.0.0.1:{free_port()}")


def test_a_tool_that_acts_is_never_asked_as_a_probe(play: Any, rude: Any, shop: Any) -> None:
    acting = Probe("cancel_order", {"order_id": "/body/item"}, Condition("/id"), "", settle=0.0)

    def draft(one: Draft) -> Draft:
        acts = replace(one, name="cancel_order", effect=Effect.IDEMPOTENT) if one.name == "get_order" else one
        return order(rude.address, probe=acting)(acts)

    async def scenario(desk: Any) -> None:
        shop.create({"item": "x", "quantity": 1})
        ended = (await desk.call("create_order", ORDER)).invocation
        assert ended.state is InvocationState.UNKNOWN
        assert ended.review.open
        assert shop.requests == 0

    play(scenario, shop.address, draft=draft)


@pytest.mark.parametrize(
    ("effect", "state"), [(Effect.NON_IDEMPOTENT, InvocationState.UNKNOWN), (Effect.IDEMPOTENT, InvocationState.CANCELLED)]
)
def test_a_call_cancelled_during_its_fallback_ends_as_that_does(
    play: Any, rude: Any, free_port: Any, effect: Effect, state: InvocationState
) -> None:
    def draft(one: Draft) -> Draft:
        acts = replace(one, effect=effect) if one.name == "get_order" else one
        return order(f"http://127.0.0.1:{free_port()}", fallback=FALLBACK)(acts)

    async def scenario(desk: Any) -> None:
        rude.holding.set()
        calling = asyncio.create_task(desk.call("create_order", ORDER))
        assert await asyncio.to_thread(rude.arrived.wait, 5.0)
        await desk.invoker.cancel(desk.caller, invocation_id(desk.caller, KEY))
        ended = (await calling).invocation
        assert ended.state is state
        assert ended.outcome.effect_possible
        assert ended.outcome.source.startswith("fallback:")

    play(scenario, rude.address, draft=draft)
