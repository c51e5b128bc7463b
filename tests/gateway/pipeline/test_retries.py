"""What is sent again, and what the upstream sees of it."""

import asyncio
import re
from dataclasses import replace
from typing import Any

import pytest

from gateway.decisions.circuit_breaker import THRESHOLD
from gateway.model.errors import KeyReused, UpstreamOpen
from gateway.model.invocation import Invocation, InvocationState, Verdict
from gateway.records.ledger.memory_ledger import MemoryLedger
from gateway.records.ledger.protocol import Fenced, FencedLease
from registry.model.tool import Draft, Effect, Limits, RetryPolicy, UpstreamKey
from sandbox.api.result import Evidence
from tests.gateway.pipeline.desk import Change, OpenDesk, outcome_of
from tests.gateway.pipeline.upstreams import OpenShop, Rude

ORDER = {"body": {"item": "hinge", "quantity": 2}}
KEY_SENT = re.compile(rb"\r\nIdempotency-Key: ([^\r]+)\r\n", re.IGNORECASE)


def keyed(draft: Draft) -> Draft:
    return replace(draft, effect=Effect.KEYED, upstream_key=UpstreamKey("Idempotency-Key"))


def keyed_for_no_time(draft: Draft) -> Draft:
    return replace(draft, effect=Effect.KEYED, upstream_key=UpstreamKey("Idempotency-Key", window=0.0))


def keyed_without_a_header(draft: Draft) -> Draft:
    return replace(draft, effect=Effect.KEYED)


def thrifty(draft: Draft) -> Draft:
    return replace(draft, retry=RetryPolicy(budget=0.0), limits=Limits(max_attempts=50, timeout=20.0))


def key_of(number: int) -> str:
    return f"a-key-of-sixteen-characters-{number}"


async def test_a_keyed_call_shows_the_upstream_the_same_key_in_all_its_attempts_and_in_no_other_call(
    rude: Rude, open_desk: OpenDesk
) -> None:
    desk = await open_desk(rude.address, draft=keyed)
    first = await desk.call("create_order", ORDER, key=key_of(1))
    await desk.call("create_order", ORDER, key=key_of(2))
    sent = [key for request in rude.requests for key in KEY_SENT.findall(request)]
    assert outcome_of(first.invocation).effect_possible
    assert len(sent) == 6
    assert len(set(sent[:3])) == len(set(sent[3:])) == 1
    assert sent[0] != sent[3]
    assert first.invocation.id.encode() not in sent[0]


@pytest.mark.parametrize("draft", [keyed_for_no_time, keyed_without_a_header])
async def test_a_keyed_call_whose_key_the_upstream_no_longer_knows_is_not_repeated(
    rude: Rude, draft: Change, open_desk: OpenDesk
) -> None:
    desk = await open_desk(rude.address, draft=draft)
    answered = await desk.call("create_order", ORDER)
    assert answered.invocation.state is InvocationState.UNKNOWN
    assert len(rude.requests) == 1


async def test_an_upstream_that_is_down_is_left_alone_and_the_key_stays_free(rude: Rude, open_desk: OpenDesk) -> None:
    desk = await open_desk(rude.address)
    for number in range(THRESHOLD):
        await desk.call("create_order", ORDER, key=key_of(number))
    with pytest.raises(UpstreamOpen) as refusal:
        await desk.call("create_order", ORDER, key=key_of(99))
    assert refusal.value.retry_after > 0
    assert len(rude.requests) == THRESHOLD


async def test_an_upstream_that_goes_down_during_a_call_is_waited_for_within_the_calls_time(
    rude: Rude, open_desk: OpenDesk
) -> None:
    desk = await open_desk(rude.address)
    for number in range(THRESHOLD - 1):
        await desk.call("create_order", ORDER, key=key_of(number))
    ended = (await desk.call("list_orders", seconds=0.9)).invocation
    assert len(rude.requests) == THRESHOLD
    assert [attempt.fault for attempt in ended.attempts] == ["UPSTREAM_BROKE", "UPSTREAM_OPEN"]
    assert ended.attempts[1].evidence is Evidence.NOT_SENT
    assert outcome_of(ended).verdict is Verdict.TOOL_FAILED


async def test_a_post_that_was_not_done_is_made_again_and_acts_once(shop: OpenShop, open_desk: OpenDesk) -> None:
    desk = await open_desk(shop.address)
    shop.failing_status, shop.failures_left = 429, 2
    ended = (await desk.call("create_order", ORDER)).invocation
    assert [attempt.evidence for attempt in ended.attempts] == [Evidence.NOT_DONE, Evidence.NOT_DONE, Evidence.RESPONDED]
    assert ended.state is InvocationState.SUCCEEDED
    assert len(shop.orders) == 1


async def test_a_post_that_was_given_up_and_never_done_leaves_its_key_free_for_any_call(
    shop: OpenShop, open_desk: OpenDesk
) -> None:
    desk = await open_desk(shop.address)
    shop.failing_status, shop.failures_left = 429, 3
    ended = (await desk.call("create_order", ORDER)).invocation
    assert (ended.state, ended.review, len(ended.attempts)) == (InvocationState.FAILED, None, 3)
    assert outcome_of(ended).not_done
    assert await desk.read(ended.id) == ended
    again = await desk.call("create_order", {"body": {"item": "lamp", "quantity": 1}})
    assert (again.from_record, again.invocation.id) == (False, ended.id)
    assert [order.item for order in shop.orders.values()] == ["lamp"]


async def test_a_call_that_is_sent_again_after_it_was_given_up_gets_that_and_a_new_one_is_made(
    shop: OpenShop, open_desk: OpenDesk
) -> None:
    desk = await open_desk(shop.address)
    shop.failing_status, shop.failures_left = 429, 3
    ended = (await desk.call("create_order", ORDER, token="of-one-call")).invocation
    for _ in range(2):
        again = await desk.call("create_order", ORDER, token="of-one-call")
        assert (again.from_record, again.invocation) == (True, ended)
    assert shop.requests == 3
    assert (await desk.call("create_order", ORDER, token="of-another")).invocation.state is InvocationState.SUCCEEDED


async def test_a_gateway_that_did_not_hear_that_its_end_was_recorded_does_not_take_the_next_calls_for_it(
    shop: OpenShop, open_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = await open_desk(shop.address)
    shop.failing_status, shop.failures_left = 429, 3
    record = MemoryLedger.record

    async def unheard(self: MemoryLedger, held: FencedLease, *said: Any, **options: Any) -> Invocation:
        await record(self, held, *said, **options)
        monkeypatch.setattr(MemoryLedger, "record", record)
        await desk.call("list_orders")  # under the same key, which is free
        raise Fenced(held.id)

    monkeypatch.setattr(MemoryLedger, "record", unheard)
    with pytest.raises(KeyReused):
        await desk.call("create_order", ORDER)


async def test_who_waits_for_a_call_that_is_then_not_done_gets_that_and_makes_no_call_of_its_own(
    shop: OpenShop, open_desk: OpenDesk
) -> None:
    desk = await open_desk(shop.address)
    shop.failing_status, shop.failures_left = 429, 3
    answers = await asyncio.gather(*(desk.call("create_order", ORDER) for _ in range(5)))
    assert {outcome_of(answer.invocation).not_done for answer in answers} == {True}
    assert shop.requests == 3


async def test_only_where_the_manifest_says_so_does_another_status_say_that_nothing_was_done(
    shop: OpenShop, open_desk: OpenDesk
) -> None:
    desk = await open_desk(shop.address, draft=lambda draft: replace(draft, not_done_statuses=(503,)))
    shop.failures_left = 1
    assert (await desk.call("create_order", ORDER)).invocation.state is InvocationState.SUCCEEDED
    shop.failing_status, shop.failures_left = 429, 1
    ended = (await desk.call("create_order", ORDER, key=key_of(2))).invocation
    assert (outcome_of(ended).effect_possible, outcome_of(ended).not_done) == (True, False)


async def test_a_tool_whose_retry_budget_is_spent_is_not_repeated_and_says_so(shop: OpenShop, open_desk: OpenDesk) -> None:
    desk = await open_desk(shop.address, draft=thrifty)
    shop.failing_status, shop.failures_left = 429, 1000  # busy, and alive
    ended = (await desk.call("list_orders")).invocation
    assert "retry budget" in outcome_of(ended).message
    assert len(ended.attempts) == shop.requests == 11


async def test_an_upstream_that_is_busy_for_all_callers_gets_less_than_a_fifth_more_requests_than_calls(
    shop: OpenShop, open_desk: OpenDesk
) -> None:
    desk = await open_desk(shop.address)
    shop.failing_status, shop.failures_left = 429, 10**9
    calls = 200
    for number in range(calls):
        await desk.call("list_orders", key=key_of(number))
    assert calls < shop.requests < 1.2 * calls
