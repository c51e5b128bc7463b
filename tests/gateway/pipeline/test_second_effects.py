"""Where a second effect, or a false word of the first, could come from: gateways that take over at bad moments."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from time import monotonic

import orjson
import pytest

from gateway.decisions.circuit_breaker import THRESHOLD, CircuitBreakers
from gateway.decisions.endings import cancelled
from gateway.model.errors import StoreUnavailable
from gateway.model.invocation import Attempt, Invocation, InvocationState, Outcome, Verdict
from gateway.model.principal import Principal
from gateway.pipeline.attempt import AttemptRunner
from gateway.pipeline.attempt_log import AttemptLog
from gateway.pipeline.attempt_loop import AttemptLoop
from gateway.pipeline.call import Answered, Call, CallTicket, invocation_id
from gateway.pipeline.execution import Execution
from gateway.pipeline.fallback_and_probe import Ask
from gateway.pipeline.invoker import Invoker
from gateway.pipeline.reserve_keys import fallback_key, probe_key
from gateway.pipeline.reviews import AnotherAttempt
from gateway.pipeline.settlement import Settlement
from gateway.records.ledger.memory_ledger import MemoryLedger
from gateway.records.ledger.protocol import FencedLease, TimeBounds
from registry.model.errors import ToolNotFound
from registry.model.tool import Condition, Draft, Effect, Fallback, Probe, ToolVersion
from sandbox.api.fault_code import FaultCode
from sandbox.api.result import Evidence, Faulted, Result, Usage
from tests.gateway.pipeline.desk import KEY, REVIEWER, Change, OpenDesk, die_in_fallback, outcome_of, review_of
from tests.gateway.pipeline.upstreams import OpenShop, Rude
from tests.gateway.records.lists import under_review

ORDER = {"body": {"item": "ord_1", "quantity": 1}}
FALLBACK = Fallback("get_order", {"order_id": "/body/item"})
PROBE = Probe("list_orders", {}, Condition("/orders/0/item", "ord_1"), "/orders/0", settle=0.0)


def order(
    server: str,
    *,
    effect: Effect | None = None,
    fallback: Fallback | None = None,
    probe: Probe | None = None,
    max_attempts: int = 3,
) -> Change:
    """`create_order` at a server of its own, and otherwise changed."""

    def changed(draft: Draft) -> Draft:
        if draft.name != "create_order":
            return draft
        limits, operation = replace(draft.limits, max_attempts=max_attempts), replace(draft.operation, server=server)
        changes = replace(draft, effect=effect or draft.effect, fallback=fallback, probe=probe)
        return replace(changes, limits=limits, operation=operation)

    return changed


async def test_where_a_lost_attempt_may_have_acted_no_fallback_acts_again(
    shop: OpenShop, rude: Rude, open_desk: OpenDesk
) -> None:
    draft = order(rude.address, effect=Effect.IDEMPOTENT, fallback=FALLBACK, max_attempts=1)
    desk = await open_desk(shop.address, draft=draft)
    id, asked = await desk.left_dispatched("create_order", ORDER), shop.requests
    await desk.recovery.resume("acme", id)
    found = await desk.read(id)
    assert found.state is InvocationState.FAILED
    assert outcome_of(found).effect_possible
    assert review_of(found).open
    assert shop.requests == asked


async def test_a_gateway_that_takes_over_in_the_middle_of_a_fallback_makes_no_attempt_of_the_first_tool(
    shop: OpenShop, rude: Rude, monkeypatch: pytest.MonkeyPatch, open_desk: OpenDesk
) -> None:
    desk = await open_desk(shop.address, draft=order(rude.address, fallback=FALLBACK))
    shop.create({"item": "x", "quantity": 1})
    for number in range(THRESHOLD):
        await desk.call("create_order", ORDER, key=f"a-key-of-sixteen-characters-{number}")
    id = await die_in_fallback(desk, monkeypatch, "create_order", ORDER)
    desk.attempts._breakers = CircuitBreakers()  # another gateway has found out nothing yet
    await desk.recovery.resume("acme", id)
    found = await desk.read(id)
    assert outcome_of(found).source.startswith("fallback:")
    assert len(rude.requests) == THRESHOLD


async def test_no_fallback_acts_after_the_deadline(
    shop: OpenShop, free_port: Callable[[], int], monkeypatch: pytest.MonkeyPatch, open_desk: OpenDesk
) -> None:
    desk = await open_desk(shop.address, draft=order(f"http://127.0.0.1:{free_port()}", fallback=FALLBACK))
    id = await die_in_fallback(desk, monkeypatch, "create_order", ORDER, seconds=10.0)
    assert desk.clock() > (await desk.read(id)).deadline
    await desk.recovery.resume("acme", id)
    assert (await desk.read(id)).state is InvocationState.FAILED
    assert shop.requests == 0


@pytest.mark.parametrize("seconds", [10.0, None], ids=["after the deadline", "while the store does not tell its end"])
async def test_a_key_is_not_free_where_a_fallback_that_another_gateway_made_may_have_acted(
    shop: OpenShop,
    free_port: Callable[[], int],
    monkeypatch: pytest.MonkeyPatch,
    open_desk: OpenDesk,
    seconds: float | None,
) -> None:
    desk = await open_desk(shop.address, draft=order(f"http://127.0.0.1:{free_port()}", fallback=FALLBACK))
    shop.create({"item": "x", "quantity": 1})
    id = await die_in_fallback(desk, monkeypatch, "create_order", ORDER, seconds=seconds)
    made = Call("get_order", b'{"order_id": "ord_1"}', fallback_key(id, 3), run_id="run", parent=id)
    assert (await desk.invoker.invoke(desk.caller, made)).invocation.state is InvocationState.SUCCEEDED

    async def away(_self: Invoker, _principal: Principal, _call: Call, _ticket: CallTicket | None = None) -> Answered:
        raise StoreUnavailable("Redis is away")

    monkeypatch.setattr(Invoker, "invoke", away)
    await desk.recovery.resume("acme", id)
    found = await desk.read(id)
    assert (found.state, outcome_of(found).not_done) == (InvocationState.FAILED, False)
    assert review_of(found).open


async def test_no_attempt_follows_where_the_end_was_asked_for_during_the_one_before(
    rude: Rude, monkeypatch: pytest.MonkeyPatch, open_desk: OpenDesk
) -> None:
    desk = await open_desk(rude.address, draft=order(rude.address, effect=Effect.IDEMPOTENT))
    attempt_in_span, id = desk.attempts.attempt_in_span, invocation_id(desk.principal, KEY)

    async def cancelled_elsewhere(
        _self: AttemptRunner, execution: Execution, held: FencedLease, attempt_log: AttemptLog
    ) -> tuple[Result, Attempt]:
        made = await attempt_in_span(execution, held, attempt_log)
        if attempt_log.number == 1:
            await desk.ledger.cancel("acme", id, cancelled(execution.effect, sent=True), seen=0)
        return made

    monkeypatch.setattr(AttemptRunner, "attempt_in_span", cancelled_elsewhere)
    ended = (await desk.call("create_order", ORDER)).invocation
    assert ended.state is InvocationState.CANCELLED
    assert outcome_of(ended).effect_possible
    assert len(rude.requests) == 1


async def test_a_probe_of_one_attempt_says_nothing_of_the_next(
    rude: Rude, shop: OpenShop, monkeypatch: pytest.MonkeyPatch, open_desk: OpenDesk
) -> None:
    async def leave(_self: Settlement, _execution: Execution, invocation: Invocation, _ask: Ask) -> Invocation:
        return invocation

    desk = await open_desk(shop.address, draft=order(rude.address, probe=PROBE), rule=REVIEWER)
    recovery, probe_unknown = desk.recovery, desk.settlement.probe_unknown
    monkeypatch.setattr(Settlement, "probe_unknown", leave)
    stale = (await desk.call("create_order", ORDER)).invocation
    await desk.obligations.drain(5.0)
    key = probe_key(stale.id, stale.life, 1)
    await desk.invoker.invoke(desk.caller, Call("list_orders", b"{}", key, run_id="run", parent=stale.id))
    await desk.reviews.resolve(desk.caller, stale.id, AnotherAttempt(), "it is not there")
    await recovery.resume("acme", stale.id)
    await desk.obligations.drain(5.0)
    assert (await desk.read(stale.id)).state is InvocationState.UNKNOWN
    execution = await recovery._execution(stale, desk.versions["create_order"], TimeBounds(monotonic() + 60.0))
    await probe_unknown(execution, stale, desk.invoker.invoke)
    found = await desk.read(stale.id)
    assert review_of(found).open
    assert len(rude.requests) == 2


async def test_with_a_fallback_too_what_the_probe_did_not_find_is_made_again(
    rude: Rude, shop: OpenShop, open_desk: OpenDesk
) -> None:
    desk = await open_desk(shop.address, draft=order(rude.address, probe=PROBE, fallback=FALLBACK))
    ended = (await desk.call("create_order", ORDER)).invocation
    assert [attempt.evidence for attempt in ended.attempts] == [Evidence.SENT] * 3
    assert len(rude.requests) == 3
    assert not outcome_of(ended).effect_possible


async def test_an_unknown_outcome_stays_unknown_where_the_store_goes_away_before_the_probe_is_asked(
    rude: Rude, shop: OpenShop, monkeypatch: pytest.MonkeyPatch, open_desk: OpenDesk
) -> None:
    async def away(_self: MemoryLedger, _tenant: str, _id: str) -> bool:
        raise StoreUnavailable("Redis is away")

    desk = await open_desk(shop.address, draft=order(rude.address, probe=PROBE))
    monkeypatch.setattr(MemoryLedger, "box_gone", away)
    await desk.invoker.invoke(desk.caller, Call("create_order", orjson.dumps(ORDER), KEY), CallTicket(told=True))
    found = await desk.invoker.read(desk.caller, invocation_id(desk.principal, KEY))
    assert found.state is InvocationState.UNKNOWN
    assert review_of(found).open


async def test_a_store_that_is_away_for_a_moment_does_not_end_what_is_taken_up_again(
    shop: OpenShop, monkeypatch: pytest.MonkeyPatch, open_desk: OpenDesk
) -> None:
    desk = await open_desk(shop.address, draft=order(shop.address, effect=Effect.IDEMPOTENT))
    resolve, id = desk.catalog.resolve, await desk.left_dispatched("create_order", ORDER)

    async def away(_reference: str) -> ToolVersion:
        raise StoreUnavailable("Redis is away")

    monkeypatch.setattr(desk.catalog, "resolve", away)
    await desk.recovery.resume("acme", id)
    monkeypatch.setattr(desk.catalog, "resolve", resolve)
    await desk.take_from_lost(id)
    await desk.recovery.resume("acme", id)
    assert (await desk.read(id)).state is InvocationState.SUCCEEDED


async def test_what_ends_because_its_tool_is_gone_may_have_acted_all_the_same(
    shop: OpenShop, monkeypatch: pytest.MonkeyPatch, open_desk: OpenDesk
) -> None:
    desk = await open_desk(shop.address, draft=order(shop.address, effect=Effect.IDEMPOTENT))
    id = await desk.left_dispatched("create_order", ORDER)

    async def gone(_reference: str) -> ToolVersion:
        raise ToolNotFound("gone")

    monkeypatch.setattr(desk.catalog, "resolve", gone)
    await desk.recovery.resume("acme", id)
    found = await desk.read(id)
    assert found.state is InvocationState.FAILED
    assert outcome_of(found).effect_possible


async def test_a_call_cancelled_before_anything_was_sent_is_known_to_have_done_nothing(
    free_port: Callable[[], int], monkeypatch: pytest.MonkeyPatch, open_desk: OpenDesk
) -> None:
    desk = await open_desk(f"http://127.0.0.1:{free_port()}")
    waiting = asyncio.Event()

    async def wait(self: AttemptLoop, held: FencedLease, _delay: float, _if_cancelled: Outcome) -> None:
        waiting.set()
        await self._heartbeats[held.id].check_wanted.wait()

    monkeypatch.setattr(AttemptLoop, "_wait", wait)
    calling = asyncio.create_task(desk.call("create_order", ORDER))
    await asyncio.wait_for(waiting.wait(), 5.0)
    await desk.invoker.cancel(desk.caller, invocation_id(desk.principal, KEY))
    ended = (await calling).invocation
    assert (ended.state, outcome_of(ended).verdict) == (InvocationState.CANCELLED, Verdict.CANCELLED)
    assert not outcome_of(ended).effect_possible


async def test_a_call_cancelled_during_its_last_attempt_which_then_sent_nothing_opens_no_review(
    shop: OpenShop, monkeypatch: pytest.MonkeyPatch, open_desk: OpenDesk
) -> None:
    desk = await open_desk(shop.address, rule=REVIEWER)

    async def dies_permitted(
        _self: AttemptRunner, execution: Execution, held: FencedLease, attempt_log: AttemptLog
    ) -> tuple[Result, Attempt]:
        await desk.ledger.dispatch(held, attempt=attempt_log.number, box=f"box-{attempt_log.number}")
        if attempt_log.number == execution.own_attempts:
            await desk.ledger.cancel("acme", held.id, cancelled(execution.effect, sent=True), seen=attempt_log.number - 1)
        result = Faulted(FaultCode.BOX_DIED, Evidence.NOT_SENT, "the box died before it sent", Usage())
        return result, attempt_log.close(result, Evidence.NOT_SENT)

    monkeypatch.setattr(AttemptRunner, "attempt_in_span", dies_permitted)
    ended = (await desk.call("create_order", ORDER)).invocation
    assert (ended.state, outcome_of(ended).effect_possible, len(ended.attempts)) == (InvocationState.CANCELLED, False, 3)
    assert await under_review(desk.ledger, "acme") == []


@pytest.mark.parametrize("fallback", [None, FALLBACK], ids=["alone", "with a fallback"])
async def test_what_a_review_has_judged_counts_no_more_where_the_attempt_that_it_grants_is_refused(
    rude: Rude, monkeypatch: pytest.MonkeyPatch, open_desk: OpenDesk, fallback: Fallback | None
) -> None:
    """The call ended UNKNOWN once more, though a person had said of its only request that it did nothing."""
    desk = await open_desk(rude.address, draft=order(rude.address, fallback=fallback), rule=REVIEWER)
    id = (await desk.call("create_order", ORDER)).invocation.id
    await desk.obligations.drain(5.0)
    await desk.reviews.resolve(desk.caller, id, AnotherAttempt(), "the upstream has no trace of it")

    async def gone(_reference: str) -> ToolVersion:
        raise ToolNotFound("gone")

    monkeypatch.setattr(desk.catalog, "resolve", gone)
    await desk.recovery.resume("acme", id)
    found = await desk.read(id)
    assert (found.state, outcome_of(found).not_done) == (InvocationState.FAILED, True)
    assert len(rude.requests) == 1


async def test_what_is_cancelled_after_a_review_has_granted_an_attempt_may_not_have_acted(
    rude: Rude, open_desk: OpenDesk
) -> None:
    desk = await open_desk(rude.address, rule=REVIEWER)
    id = (await desk.call("create_order", ORDER)).invocation.id
    await desk.obligations.drain(5.0)
    await desk.reviews.resolve(desk.caller, id, AnotherAttempt(), "the upstream has no trace of it")
    ended = await desk.invoker.cancel(desk.caller, id)
    assert (ended.state, outcome_of(ended).verdict) == (InvocationState.CANCELLED, Verdict.CANCELLED)
    assert not outcome_of(ended).effect_possible
    assert await under_review(desk.ledger, "acme") == []


async def test_a_tool_that_acts_is_never_asked_as_a_probe(rude: Rude, shop: OpenShop, open_desk: OpenDesk) -> None:
    acting = Probe("cancel_order", {"order_id": "/body/item"}, Condition("/id"), "", settle=0.0)

    def draft(one: Draft) -> Draft:
        acts = replace(one, name="cancel_order", effect=Effect.IDEMPOTENT) if one.name == "get_order" else one
        return order(rude.address, probe=acting)(acts)

    desk = await open_desk(shop.address, draft=draft)
    shop.create({"item": "x", "quantity": 1})
    ended = (await desk.call("create_order", ORDER)).invocation
    assert ended.state is InvocationState.UNKNOWN
    assert review_of(ended).open
    assert shop.requests == 0


@pytest.mark.parametrize(
    ("effect", "state"), [(Effect.NON_IDEMPOTENT, InvocationState.UNKNOWN), (Effect.IDEMPOTENT, InvocationState.CANCELLED)]
)
async def test_a_call_cancelled_during_its_fallback_ends_as_that_does(
    rude: Rude, free_port: Callable[[], int], effect: Effect, state: InvocationState, open_desk: OpenDesk
) -> None:
    def draft(one: Draft) -> Draft:
        acts = replace(one, effect=effect) if one.name == "get_order" else one
        return order(f"http://127.0.0.1:{free_port()}", fallback=FALLBACK)(acts)

    desk = await open_desk(rude.address, draft=draft)
    rude.holding.set()
    calling = asyncio.create_task(desk.call("create_order", ORDER))
    assert await asyncio.to_thread(rude.arrived.wait, 5.0)
    await desk.invoker.cancel(desk.caller, invocation_id(desk.principal, KEY))
    ended = (await calling).invocation
    assert ended.state is state
    assert outcome_of(ended).effect_possible
    assert outcome_of(ended).source.startswith("fallback:")
