"""What the pipeline promises, call by call."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from gateway.decisions.policy import Rule
from gateway.model.errors import (
    ApprovalRequired,
    BudgetExhausted,
    CredentialNotProvisioned,
    InvocationNotFound,
    KeyReused,
    NotPermitted,
)
from gateway.model.invocation import Invocation, InvocationState, Verdict
from gateway.model.principal import Caller, Principal
from gateway.pipeline.call import invocation_id
from gateway.records.ledger.memory_ledger import MemoryLedger
from gateway.records.ledger.protocol import FencedLease
from registry.model.errors import ArgumentsInvalid, ToolNotFound
from registry.model.tool import CredentialBinding, Draft, JsonObject, Limits
from sandbox.api.errors import PoolExhausted
from sandbox.api.fault_code import FaultCode
from sandbox.api.result import Evidence
from tests.gateway.pipeline.desk import KEY, Desk, OpenDesk, Terms, answer_of, outcome_of
from tests.gateway.pipeline.upstreams import OpenShop, Rude
from tests.gateway.records.lists import whole

ORDER = {"body": {"item": "hinge", "quantity": 2}}
OTHER = {"body": {"item": "hinge", "quantity": 3}}


def bound(draft: Draft) -> Draft:
    bearer = {"place": "header", "name": "Authorization", "prefix": "Bearer "}
    return replace(draft, credential=CredentialBinding("secret/data/x", "token", bearer))


def impatient(draft: Draft) -> Draft:
    return replace(draft, limits=Limits(attempt_timeout=0.3, timeout=5.0))


async def state_of(desk: Desk, key: str) -> InvocationState | None:
    found = await desk.ledger.read(desk.principal.tenant, invocation_id(desk.principal, key))
    return found.state if found else None


async def arrives(upstream: Rude) -> None:
    assert await asyncio.to_thread(upstream.arrived.wait, 5.0)


async def test_a_second_call_with_the_same_key_gets_the_first_outcome(shop: OpenShop, open_desk: OpenDesk) -> None:
    desk = await open_desk(shop.address)
    first = await desk.call("create_order", ORDER)
    again = await desk.call("create_order", ORDER)
    assert not first.from_record
    assert again.from_record
    assert again.invocation == first.invocation
    assert answer_of(first.invocation).matches_schema is True
    assert len(shop.orders) == 1


async def test_twenty_calls_at_once_with_one_key_have_one_effect_and_equal_answers(shop: OpenShop, open_desk: OpenDesk) -> None:
    desk = await open_desk(shop.address)
    answers = await asyncio.gather(*(desk.call("create_order", ORDER) for _ in range(20)))
    assert len({answer.invocation.outcome for answer in answers}) == 1
    assert sum(not answer.from_record for answer in answers) == 1
    assert len(shop.orders) == 1


async def test_same_key_with_other_arguments_or_another_tool_is_refused(shop: OpenShop, open_desk: OpenDesk) -> None:
    desk = await open_desk(shop.address)
    await desk.call("create_order", ORDER)
    for tool, arguments in (("create_order", OTHER), ("list_orders", {}), ("create_order@1.0.0", ORDER)):
        with pytest.raises(KeyReused):
            await desk.call(tool, arguments)
    assert len(shop.orders) == 1


async def test_a_refused_key_is_told_with_its_invocation_and_without_an_argument(shop: OpenShop, open_desk: OpenDesk) -> None:
    desk = await open_desk(shop.address)
    first = (await desk.call("create_order", ORDER)).invocation
    for tool, arguments, differs in (("create_order", OTHER, "other arguments"), ("list_orders", {}, "another tool")):
        with pytest.raises(KeyReused) as refused:
            await desk.call(tool, arguments)
        assert refused.value.invocation_id == first.id
        for word in (first.id, "create_order@1.0.0", "SUCCEEDED", differs):
            assert word in str(refused.value)
        assert "hinge" not in str(refused.value)
        assert "resume" in refused.value.cure


async def test_a_key_whose_record_goes_while_it_is_refused_is_free(
    shop: OpenShop, open_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = await open_desk(shop.address)
    await desk.call("create_order", ORDER)
    read = desk.ledger.read

    async def expire(_self: MemoryLedger, tenant: str, id: str) -> Invocation | None:
        desk.ledger._tenants[tenant].records.pop(id, None)
        return await read(tenant, id)

    monkeypatch.setattr(MemoryLedger, "read", expire)
    assert not (await desk.call("create_order", OTHER)).from_record
    assert len(shop.orders) == 2


async def test_a_key_leads_its_own_caller_to_the_invocation_and_no_other(shop: OpenShop, open_desk: OpenDesk) -> None:
    desk = await open_desk(shop.address)
    made = (await desk.call("create_order", ORDER)).invocation
    assert await desk.invoker.find(desk.principal, KEY) == made
    for other in (
        replace(desk.principal, agent="x"),
        replace(desk.principal, subject="x"),
        replace(desk.principal, tenant="x"),
    ):
        with pytest.raises(InvocationNotFound):
            await desk.invoker.find(other, KEY)
    with pytest.raises(InvocationNotFound):
        await desk.invoker.find(desk.principal, "another-key-of-the-same")
    with pytest.raises(InvocationNotFound, match=r"^no invocation .{,90}$"):
        await desk.invoker.read(desk.caller, "x" * 100_000)


async def test_each_call_is_kept_as_its_tool_says(shop: OpenShop, open_desk: OpenDesk) -> None:
    def set_apart(draft: Draft) -> Draft:
        return replace(draft, key_retention=90.0) if draft.name == "get_order" else draft

    desk = await open_desk(shop.address, draft=set_apart)
    kept = {
        tool: (await desk.call(tool, arguments, key=f"key-for-{tool}-of-its-own")).invocation
        for tool, arguments in (("create_order", ORDER), ("list_orders", {}), ("get_order", {"order_id": "ord_1"}))
    }
    assert {tool: one.request.retention for tool, one in kept.items()} == {
        "create_order": 7 * 86_400,
        "list_orders": 3600,
        "get_order": 90,
    }
    for one in kept.values():
        assert one.ended is not None
        assert one.key_expires == one.ended + one.request.retention


async def test_arguments_that_mean_the_same_are_the_same_call(shop: OpenShop, open_desk: OpenDesk) -> None:
    desk = await open_desk(shop.address)
    await desk.call("create_order", {"body": {"item": "hinge", "quantity": 2}})
    again = await desk.call("create_order", {"body": {"quantity": 2, "item": "hinge"}})
    assert again.from_record


async def test_a_safe_call_survives_a_503_in_a_second_attempt(shop: OpenShop, open_desk: OpenDesk) -> None:
    desk = await open_desk(shop.address)
    shop.failures_left = 1
    answered = await desk.call("list_orders")
    assert answered.invocation.state is InvocationState.SUCCEEDED
    assert [attempt.http_status for attempt in answered.invocation.attempts] == [503, 200]
    assert len({attempt.box for attempt in answered.invocation.attempts}) == 2


async def test_a_safe_call_gives_up_after_its_last_attempt_with_the_last_answer(shop: OpenShop, open_desk: OpenDesk) -> None:
    desk = await open_desk(shop.address)
    shop.failures_left = 99
    ended = (await desk.call("list_orders")).invocation
    assert outcome_of(ended).verdict is Verdict.TOOL_FAILED
    assert answer_of(ended).http_status == 503
    assert shop.requests == 3


async def test_an_unsafe_call_is_never_repeated_whatever_the_upstream_answers(shop: OpenShop, open_desk: OpenDesk) -> None:
    desk = await open_desk(shop.address)
    shop.failures_left = 1
    answered = await desk.call("create_order", ORDER)
    assert outcome_of(answered.invocation).verdict is Verdict.TOOL_FAILED
    assert shop.requests == 1


async def test_an_unsafe_call_whose_answer_is_lost_is_unknown_and_stays_so(rude: Rude, open_desk: OpenDesk) -> None:
    desk = await open_desk(rude.address)
    answered = await desk.call("create_order", ORDER)
    assert answered.invocation.state is InvocationState.UNKNOWN
    assert answered.invocation.attempts[0].evidence is Evidence.SENT
    assert (await desk.call("create_order", ORDER)).from_record
    assert len(rude.requests) == 1


async def test_a_safe_call_whose_answer_is_lost_is_repeated(rude: Rude, open_desk: OpenDesk) -> None:
    desk = await open_desk(rude.address)
    answered = await desk.call("list_orders")
    assert outcome_of(answered.invocation).verdict is Verdict.TOOL_FAILED
    assert len(rude.requests) == 3


async def test_an_unreachable_upstream_is_tried_again_even_by_an_unsafe_call(
    free_port: Callable[[], int], open_desk: OpenDesk
) -> None:
    desk = await open_desk(f"http://127.0.0.1:{free_port()}")
    answered = await desk.call("create_order", ORDER)
    assert outcome_of(answered.invocation).fault == "UPSTREAM_UNREACHABLE"
    assert not outcome_of(answered.invocation).effect_possible
    assert [attempt.evidence for attempt in answered.invocation.attempts] == [Evidence.NOT_SENT] * 3


async def test_an_upstream_that_never_answers_times_out(rude: Rude, open_desk: OpenDesk) -> None:
    desk = await open_desk(rude.address, draft=impatient)
    rude.holding.set()
    answered = await desk.call("list_orders")
    assert outcome_of(answered.invocation).verdict is Verdict.TIMED_OUT


async def test_a_read_that_never_asked_for_its_permission_was_not_sent_and_owes_nothing(
    free_port: Callable[[], int], open_desk: OpenDesk
) -> None:
    desk = await open_desk(f"http://127.0.0.1:{free_port()}")
    answered = await desk.call("get_order", {"order_id": "7"})
    assert {attempt.evidence for attempt in answered.invocation.attempts} == {Evidence.NOT_SENT}
    await desk.obligations.drain(5.0)
    assert await whole(desk.ledger.owed(desk.principal.tenant, age=0.0)) == []


async def test_a_destination_that_no_operator_allowed_is_denied_with_nothing_sent(open_desk: OpenDesk) -> None:
    desk = await open_desk("http://10.9.8.7")
    outcome = outcome_of((await desk.call("list_orders")).invocation)
    assert (outcome.verdict, outcome.fault, outcome.effect_possible) == (Verdict.TOOL_FAILED, "EGRESS_DENIED", False)


@pytest.mark.parametrize(
    ("terms", "call", "refusal"),
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
async def test_a_refused_call_sends_nothing_and_leaves_its_key_free(
    shop: OpenShop, terms: Terms, call: tuple[str, JsonObject], refusal: type[Exception], open_desk: OpenDesk
) -> None:
    desk = await open_desk(shop.address, **terms)
    with pytest.raises(refusal):
        await desk.call(*call)
    assert await state_of(desk, KEY) is None
    assert shop.requests == 0


async def test_a_call_that_finds_no_box_leaves_its_key_free(
    shop: OpenShop, monkeypatch: pytest.MonkeyPatch, open_desk: OpenDesk
) -> None:
    desk = await open_desk(shop.address, boxes=0)
    monkeypatch.setattr("gateway.pipeline.attempt.QUEUE", 0.05)
    with pytest.raises(PoolExhausted):
        await desk.call("create_order", ORDER)
    assert await state_of(desk, KEY) is None


async def test_cancelling_a_safe_call_that_hangs_ends_it(rude: Rude, open_desk: OpenDesk) -> None:
    desk = await open_desk(rude.address)
    rude.holding.set()
    calling = asyncio.create_task(desk.call("list_orders"))
    await arrives(rude)
    id = invocation_id(desk.principal, KEY)
    await desk.invoker.cancel(desk.caller, id)
    async with asyncio.timeout(5):
        assert outcome_of((await calling).invocation).verdict is Verdict.CANCELLED
    assert len(rude.requests) == 1


async def test_cancelling_an_unsafe_call_that_may_have_acted_leaves_it_unknown(rude: Rude, open_desk: OpenDesk) -> None:
    desk = await open_desk(rude.address)
    rude.holding.set()
    calling = asyncio.create_task(desk.call("create_order", ORDER))
    await arrives(rude)
    await desk.invoker.cancel(desk.caller, invocation_id(desk.principal, KEY))
    async with asyncio.timeout(5):
        assert (await calling).invocation.state is InvocationState.UNKNOWN
    assert len(rude.requests) == 1


async def test_an_invocation_of_another_tenant_is_not_found(shop: OpenShop, open_desk: OpenDesk) -> None:
    desk = await open_desk(shop.address)
    answered = await desk.call("create_order", ORDER)
    with pytest.raises(InvocationNotFound):
        await desk.invoker.read(Caller(Principal("other", "planner", "ada"), Rule(("*",))), answered.invocation.id)


async def test_the_same_key_of_another_caller_is_another_call(shop: OpenShop, open_desk: OpenDesk) -> None:
    desk = await open_desk(shop.address)
    first = await desk.call("list_orders")
    other = Principal("acme", "planner", "bob")
    assert invocation_id(other, KEY) != first.invocation.id


async def test_work_of_a_dead_gateway_is_taken_up_where_it_stood(shop: OpenShop, open_desk: OpenDesk) -> None:
    desk = await open_desk(shop.address)
    id = await desk.left_dispatched("list_orders", {})
    await desk.recovery.resume("acme", id)
    found = await desk.read(id)
    assert found.state is InvocationState.SUCCEEDED
    assert [attempt.fault for attempt in found.attempts] == [FaultCode.HOLDER_LOST, None]


async def test_a_call_whose_record_was_dropped_before_anything_was_sent_claims_its_key_again(
    shop: OpenShop, monkeypatch: pytest.MonkeyPatch, open_desk: OpenDesk
) -> None:
    desk = await open_desk(shop.address)
    ledger = desk.ledger
    drops: list[FencedLease] = []

    async def drop_once(held: FencedLease, *, attempt: int, box: str) -> None:
        if not drops:
            drops.append(held)
            await ledger.release(held)  # as another gateway does where a lost holder sent nothing
        await MemoryLedger.dispatch(ledger, held, attempt=attempt, box=box)

    monkeypatch.setattr(ledger, "dispatch", drop_once)
    answered = await desk.call("create_order", ORDER)
    assert answered.invocation.state is InvocationState.SUCCEEDED
    assert drops
    assert len(shop.orders) == 1
