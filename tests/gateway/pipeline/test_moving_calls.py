"""A call that goes on while a caller looks at it: nothing is said of it, or done with it, that was only true before."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from time import monotonic

import orjson
import pytest

from gateway.model.invocation import InvocationState, Verdict
from gateway.pipeline.attempt_loop import AttemptLoop
from gateway.pipeline.call import Call, fingerprint, invocation_id, request_of
from gateway.pipeline.reserve_keys import fallback_key
from gateway.records.ledger.protocol import FencedLease, New
from registry.calling.arguments import read
from registry.model.tool import Draft, Effect
from sandbox.api.result import Evidence
from tests.gateway.pipeline.desk import KEY, Desk, OpenDesk, outcome_of
from tests.gateway.pipeline.upstreams import OpenShop
from tests.gateway.records.lives import ATTEMPT

ORDER = {"body": {"item": "hinge", "quantity": 2}}
ANSWERED = replace(ATTEMPT, evidence=Evidence.RESPONDED, http_status=503, fault=None)


def idempotent(draft: Draft) -> Draft:
    return replace(draft, effect=Effect.IDEMPOTENT)


async def held_elsewhere(desk: Desk, key: str = KEY) -> FencedLease:
    """By another gateway: the call that the tests make."""
    call = Call("create_order", orjson.dumps(ORDER), key, run_id="run")
    request = request_of(call, desk.versions["create_order"], retention=60.0)
    id, print_ = invocation_id(desk.principal, key), fingerprint("create_order", read(orjson.dumps(ORDER)))
    claimed = await desk.ledger.claim(id, print_, desk.principal, request, lease=10.0)
    assert isinstance(claimed, New)
    return claimed.held


@pytest.fixture
def between(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], Awaitable[None]]], None]:
    """Have something happen between what a cancellation reads, and what it writes: once."""

    def happen(act: Callable[[], Awaitable[None]]) -> None:
        todo = [act]

        async def acted(_self: AttemptLoop, _id: str) -> None:
            if todo:
                await todo.pop()()

        monkeypatch.setattr(AttemptLoop, "ensure_dispatch_recorded", acted)

    return happen


async def test_what_is_claimed_after_its_holder_was_lost_has_only_the_time_that_is_left(
    shop: OpenShop, open_desk: OpenDesk, until: Callable[..., Awaitable[None]]
) -> None:
    desk = await open_desk(shop.address)
    held = await held_elsewhere(desk)
    begun, waiting = monotonic(), asyncio.create_task(desk.call("create_order", ORDER, seconds=0.3))
    await until(lambda: monotonic() > begun + 0.3)
    await desk.take_from_lost(held.id)
    ended = (await waiting).invocation
    assert (outcome_of(ended).verdict, outcome_of(ended).not_done) == (Verdict.TIMED_OUT, True)
    assert shop.requests == 0


async def test_a_caller_that_waits_for_a_call_whose_holder_was_lost_before_an_attempt_has_it_made(
    shop: OpenShop, open_desk: OpenDesk
) -> None:
    desk = await open_desk(shop.address)
    held = await held_elsewhere(desk)
    waiting = asyncio.create_task(desk.call("create_order", ORDER))
    await desk.take_from_lost(held.id)
    assert (await waiting).invocation.state is InvocationState.SUCCEEDED
    assert shop.requests == 1


async def test_a_cancellation_tells_of_an_attempt_that_was_made_meanwhile(
    shop: OpenShop, open_desk: OpenDesk, between: Callable[[Callable[[], Awaitable[None]]], None]
) -> None:
    desk = await open_desk(shop.address, draft=idempotent)
    held = await held_elsewhere(desk)

    async def answered() -> None:
        await desk.ledger.dispatch(held, attempt=1, box="box-1")
        await desk.ledger.retry(held, ANSWERED, delay=60.0)

    between(answered)
    cancelled = await desk.invoker.cancel(desk.caller, held.id)
    assert (cancelled.state, outcome_of(cancelled).effect_possible) == (InvocationState.CANCELLED, True)


async def test_a_cancellation_is_of_the_fallback_where_that_begins_meanwhile(
    shop: OpenShop, open_desk: OpenDesk, between: Callable[[Callable[[], Awaitable[None]]], None]
) -> None:
    desk = await open_desk(shop.address)
    held = await held_elsewhere(desk)

    async def falls_back() -> None:
        assert not await desk.ledger.heartbeat(held, lease=10.0, falling_back=True)
        await held_elsewhere(desk, fallback_key(held.id, 0))

    between(falls_back)
    assert (await desk.invoker.cancel(desk.caller, held.id)).state is InvocationState.PENDING
    fallback = await desk.read(invocation_id(desk.principal, fallback_key(held.id, 0)))
    assert fallback.state is InvocationState.CANCELLED
