"""What the pipeline promises, call by call."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from examples.orders.server import Shop
from gateway.decisions.policy import Rule
from gateway.model.errors import (
    ApprovalRequired,
    BudgetExhausted,
    CredentialNotProvisioned,
    InvocationNotFound,
    KeyReused,
    NotPermitted,
)
from gateway.model.invocation import InvocationState, Verdict
from gateway.model.principal import Principal
from gateway.pipeline.call import invocation_id
from gateway.records.ledger.memory_ledger import MemoryLedger
from gateway.records.ledger.protocol import FencedLease
from registry.model.errors import ArgumentsInvalid, ToolNotFound
from registry.model.tool import CredentialBinding, Draft, Limits
from sandbox.api.errors import PoolExhausted
from sandbox.api.result import Evidence

ORDER = {"body": {"item": "hinge", "quantity": 2}}
OTHER = {"body": {"item": "hinge", "quantity": 3}}


def bound(draft: Draft) -> Draft:
    bearer = {"place": "header", "name": "Authorization", "prefix": "Bearer "}
    return replace(draft, credential=CredentialBinding("secret/data/x", "token", bearer))


def impatient(draft: Draft) -> Draft:
    return replace(draft, limits=Limits(attempt_timeout=0.3, timeout=5.0))


async def state_of(desk: Any, key: str) -> InvocationState | None:
    found = await desk.parts.ledger.read(desk.caller.tenant, invocation_id(desk.caller, key))
    return found.state if found else None


async def arrives(upstream: Any) -> None:
    assert await asyncio.to_thread(upstream.arrived.wait, 5.0)


def test_second_call_with_same_key_replays_the_first_outcome(play: Any, shop: Any) -> None:
    async def scenario(desk: Any) -> None:
        first = await desk.call("create_order", ORDER)
        again = await desk.call("create_order", ORDER)
        assert not first.from_record
        assert again.from_record
        assert again.invocation == first.invocation
        assert first.invocation.outcome.answer.matches_schema is True
        assert len(shop.orders) == 1

    play(scenario, shop.address)


def test_twenty_calls_at_once_with_one_key_have_one_effect_and_equal_answers(play: Any, shop: Any) -> None:
    async def scenario(desk: Any) -> None:
        answers = await asyncio.gather(*(desk.call("create_order", ORDER) for _ in range(20)))
        assert len({answer.invocation.outcome for answer in answers}) == 1
        assert sum(not answer.from_record for answer in answers) == 1
        assert len(shop.orders) == 1

    play(scenario, shop.address)


def test_same_key_with_other_arguments_or_another_tool_is_refused(play: Any, shop: Any) -> None:
    async def scenario(desk: Any) -> None:
        await desk.call("create_order", ORDER)
        for tool, arguments in (("create_order", OTHER), ("list_orders", {}), ("create_order@1.0.0", ORDER)):
            with pytest.raises(KeyReused):
                await desk.call(tool, arguments)
        assert len(shop.orders) == 1

    play(scenario, shop.address)


def test_arguments_that_mean_the_same_are_the_same_call(play: Any, shop: Any) -> None:
    async def scenario(desk: Any) -> None:
        await desk.call("create_order", {"body": {"item": "hinge", "quantity": 2}})
        again = await desk.call("create_order", {"body": {"quantity": 2, "item": "hinge"}})
        assert again.from_record

    play(scenario, shop.address)


def test_a_safe_call_survives_a_503_in_a_second_attempt(play: Any, shop: Shop) -> None:
    async def scenario(desk: Any) -> None:
        shop.failures_left = 1
        answered = await desk.call("list_orders")
        assert answered.invocation.state is InvocationState.SUCCEEDED
        assert [attempt.http_status for attempt in answered.invocation.attempts] == [503, 200]
        assert len({attempt.box for attempt in answered.invocation.attempts}) == 2

    play(scenario, shop.address)  # type: ignore[attr-defined]


def test_a_safe_call_gives_up_after_its_last_attempt_with_the_last_answer(play: Any, shop: Any) -> None:
    async def scenario(desk: Any) -> None:
        shop.failures_left = 99
        outcome = (await desk.call("list_orders")).invocation.outcome
        assert outcome.verdict is Verdict.TOOL_FAILED
        assert outcome.answer.http_status == 503
        assert shop.requests == 3

    play(scenario, shop.address)


def test_an_unsafe_call_is_never_repeated_whatever_the_upstream_answers(play: Any, shop: Any) -> None:
    async def scenario(desk: Any) -> None:
        shop.failures_left = 1
        answered = await desk.call("create_order", ORDER)
        assert answered.invocation.outcome.verdict is Verdict.TOOL_FAILED
        assert shop.requests == 1

    play(scenario, shop.address)


def test_an_unsafe_call_whose_answer_is_lost_is_unknown_and_stays_so(play: Any, rude: Any) -> None:
    async def scenario(desk: Any) -> None:
        answered = await desk.call("create_order", ORDER)
        assert answered.invocation.state is InvocationState.UNKNOWN
        assert answered.invocation.attempts[0].evidence is Evidence.SENT
        assert (await desk.call("create_order", ORDER)).from_record
        assert len(rude.requests) == 1

    play(scenario, rude.address)


def test_a_safe_call_whose_answer_is_lost_is_repeated(play: Any, rude: Any) -> None:
    async def scenario(desk: Any) -> None:
        answered = await desk.call("list_orders")
        assert answered.invocation.outcome.verdict is Verdict.TOOL_FAILED
        assert len(rude.requests) == 3

    play(scenario, rude.address)


def test_an_unreachable_upstream_is_tried_again_even_by_an_unsafe_call(play: Any, free_port: Any) -> None:
    async def scenario(desk: Any) -> None:
        answered = await desk.call("create_order", ORDER)
        assert answered.invocation.outcome.fault == "UPSTREAM_UNREACHABLE"
        assert not answered.invocation.outcome.effect_possible
        assert [attempt.evidence for attempt in answered.invocation.attempts] == [Evidence.NOT_SENT] * 3

    play(scenario, f"http://127.0.0.1:{free_port()}")


def test_an_upstream_that_never_answers_times_out(play: Any, rude: Any) -> None:
    async def scenario(desk: Any) -> None:
        rude.holding.set()
        answered = await desk.call("list_orders")
        assert answered.invocation.outcome.verdict is Verdict.TIMED_OUT

    play(scenario, rude.address, draft=impatient)


def test_a_read_that_never_asked_for_its_permission_was_not_sent_and_owes_nothing(play: Any, free_port: Any) -> None:
    async def scenario(desk: Any) -> None:
        answered = await desk.call("get_order", {"order_id": "7"})
        assert {attempt.evidence for attempt in answered.invocation.attempts} == {Evidence.NOT_SENT}
        await desk.parts.obligations.drain(5.0)
        assert await desk.parts.ledger.owed(desk.caller.tenant, age=0.0) == []

    play(scenario, f"http://127.0.0.1:{free_port()}")


def test_a_destination_that_no_operator_allowed_is_denied_with_nothing_sent(play: Any) -> None:
    async def scenario(desk: Any) -> None:
        outcome = (await desk.call("list_orders")).invocation.outcome
        assert (outcome.verdict, outcome.fault, outcome.effect_possible) == (Verdict.TOOL_FAILED, "EGRESS_DENIED", False)

    play(scenario, "http://10.9.8.7")


@pytest.mark.parametrize(
    ("options", "call", "refusal"),
    [
        ({}, ("no_such_tool", {}), ToolNotFound),
        ({}, ("create_order@9.0.0", ORDER), ToolNotFound),
        ({}, ("create_order", {"body": {"item": "", "quantity": 0}}), ArgumentsInvalid),
        ({}, ("create_order", {}), ArgumentsInvalid),
        ({"rule": Rule(("list_*",))}, ("create_order", ORDER), NotPermitted),
        ({"rule": Rule()}, ("list_orders", {}), NotPermitted),
        ({"draft": lambda draft: replace(draft, requires_approval=True)}, ("create_order", ORDER), ApprovalRequired),
        ({"draft": bound}, ("create_order", ORDER), CredentialNotProvisioned),
        ({"calls_at_once": 0}, ("create_order", ORDER), BudgetExhausted),
    ],
)
def test_a_refused_call_sends_nothing_and_leaves_its_key_free(
    play: Any, shop: Any, options: Any, call: Any, refusal: type[Exception]
) -> None:
    async def scenario(desk: Any) -> None:
        with pytest.raises(refusal):
            await desk.call(*call)
        assert await state_of(desk, "a-key-of-sixteen-characters") is None
        assert shop.requests == 0

    play(scenario, shop.address, **options)


def test_a_call_that_finds_no_box_leaves_its_key_free(play: Any, shop: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario(desk: Any) -> None:
        monkeypatch.setattr("gateway.pipeline.attempt.QUEUE", 0.05)
        with pytest.raises(PoolExhausted):
            await desk.call("create_order", ORDER)
        assert await state_of(desk, "a-key-of-sixteen-characters") is None

    play(scenario, shop.address, boxes=0)


def test_cancelling_a_safe_call_that_hangs_ends_it(play: Any, rude: Any) -> None:
    async def scenario(desk: Any) -> None:
        rude.holding.set()
        calling = asyncio.create_task(desk.call("list_orders"))
        await arrives(rude)
        id = invocation_id(desk.caller, "a-key-of-sixteen-characters")
        await desk.invoker.cancel(desk.caller, id)
        async with asyncio.timeout(5):
            assert (await calling).invocation.outcome.verdict is Verdict.CANCELLED

    play(scenario, rude.address)


def test_cancelling_an_unsafe_call_that_may_have_acted_leaves_it_unknown(play: Any, rude: Any) -> None:
    async def scenario(desk: Any) -> None:
        rude.holding.set()
        calling = asyncio.create_task(desk.call("create_order", ORDER))
        await arrives(rude)
        await desk.invoker.cancel(desk.caller, invocation_id(desk.caller, "a-key-of-sixteen-characters"))
        async with asyncio.timeout(5):
            assert (await calling).invocation.state is InvocationState.UNKNOWN

    play(scenario, rude.address)


def test_an_invocation_of_another_tenant_is_not_found(play: Any, shop: Any) -> None:
    async def scenario(desk: Any) -> None:
        answered = await desk.call("create_order", ORDER)
        with pytest.raises(InvocationNotFound):
            await desk.invoker.read(Principal("other", "planner", "ada"), answered.invocation.id)

    play(scenario, shop.address)


def test_the_same_key_of_another_caller_is_another_call(play: Any, shop: Any) -> None:
    async def scenario(desk: Any) -> None:
        first = await desk.call("list_orders")
        other = Principal("acme", "planner", "bob")
        assert invocation_id(other, "a-key-of-sixteen-characters") != first.invocation.id

    play(scenario, shop.address)


def test_work_of_a_dead_gateway_is_taken_up_where_it_stood(play: Any, shop: Any) -> None:
    async def scenario(desk: Any) -> None:
        answered = await desk.call("list_orders")
        request, ledger = replace(answered.invocation.request, args_json=b"{}"), desk.parts.ledger
        claimed = await ledger.claim("inv_lost", "f", desk.caller, request, lease=0.3)
        await ledger.dispatch(claimed.held, attempt=1, box="box-of-the-dead")
        async with asyncio.timeout(5):
            while not await ledger.lost_holders("acme"):
                await asyncio.sleep(0.01)
        await ledger.take_from_lost("acme", "inv_lost")
        await ledger.discharge("acme", "inv_lost", "box:box-of-the-dead")
        await desk.parts.recovery.resume("acme", "inv_lost")
        found = await ledger.read("acme", "inv_lost")
        assert found.state is InvocationState.SUCCEEDED
        assert [attempt.fault for attempt in found.attempts] == ["HOLDER_LOST", None]

    play(scenario, shop.address)


def test_a_call_whose_record_was_dropped_before_anything_was_sent_claims_its_key_again(
    play: Any, shop: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario(desk: Any) -> None:
        ledger, drops = desk.parts.ledger, []

        async def drop_once(held: FencedLease, *, attempt: int, box: str) -> None:
            if not drops:
                drops.append(held)
                await ledger.release(held)  # as a reaper does with a holder that sent nothing
            await MemoryLedger.dispatch(ledger, held, attempt=attempt, box=box)

        monkeypatch.setattr(ledger, "dispatch", drop_once)
        answered = await desk.call("create_order", ORDER)
        assert answered.invocation.state is InvocationState.SUCCEEDED
        assert drops
        assert len(shop.orders) == 1

    play(scenario, shop.address)
