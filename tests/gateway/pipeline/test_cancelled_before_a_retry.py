"""A cancellation that comes while an attempt ends, which did nothing and which another would follow much later."""

import asyncio
from collections.abc import Iterator

import pytest

from examples.orders.server import Door
from gateway.decisions.endings import cancelled
from gateway.model.invocation import Attempt, InvocationState
from gateway.pipeline.attempt import LEASE, AttemptRunner
from gateway.pipeline.attempt_log import AttemptLog
from gateway.pipeline.execution import Execution
from gateway.records.ledger.memory_ledger import MemoryLedger
from gateway.records.ledger.protocol import FencedLease
from registry.model.tool import Effect
from sandbox.api.result import Evidence, Result
from tests.gateway.pipeline.desk import OpenDesk, outcome_of
from tests.gateway.pipeline.upstreams import OpenShop, serving

ORDER = {"body": {"item": "hinge", "quantity": 2}}


class BusyDoor(Door):
    """Every answer is 429, and asks not to be asked again for a long time."""

    def answer(self, body: object) -> None:
        self.shop.failing_status, self.shop.failures_left = 429, 1
        super().answer(body)

    def end_headers(self) -> None:
        self.send_header("retry-after", "30")
        super().end_headers()


@pytest.fixture
def busy() -> Iterator[OpenShop]:
    shop = OpenShop()
    with serving(shop, BusyDoor):
        yield shop


async def test_a_call_cancelled_during_an_attempt_that_did_nothing_ends_with_that(
    busy: OpenShop, monkeypatch: pytest.MonkeyPatch, open_desk: OpenDesk
) -> None:
    """It ended with the upstream's Retry-After, for which the gateway would have waited before another attempt."""
    desk = await open_desk(busy.address)
    attempt_in_span = desk.attempts.attempt_in_span

    async def cancelled_elsewhere(
        _self: AttemptRunner, execution: Execution, held: FencedLease, attempt_log: AttemptLog
    ) -> tuple[Result, Attempt]:
        made = await attempt_in_span(execution, held, attempt_log)
        await desk.ledger.cancel("acme", held.id, cancelled(execution.effect, sent=True), seen=attempt_log.number - 1)
        return made

    monkeypatch.setattr(AttemptRunner, "attempt_in_span", cancelled_elsewhere)
    async with asyncio.timeout(5.0):
        ended = (await desk.call("create_order", ORDER)).invocation
    assert ended.state is InvocationState.CANCELLED
    assert not outcome_of(ended).effect_possible
    assert [attempt.evidence for attempt in ended.attempts] == [Evidence.NOT_DONE]


@pytest.mark.parametrize("through", ["another gateway", "this gateway"])
async def test_no_retry_is_waited_for_where_the_end_was_asked_for_just_before(
    busy: OpenShop, monkeypatch: pytest.MonkeyPatch, open_desk: OpenDesk, through: str
) -> None:
    """It comes after the last look at it, and finds the call dispatched still: its holder alone can end that."""
    desk = await open_desk(busy.address)
    retry = MemoryLedger.retry

    async def cancelled_before(
        self: MemoryLedger, held: FencedLease, attempt: Attempt, *, delay: float, unasked: str = ""
    ) -> None:
        if through == "this gateway":
            await desk.invoker.cancel(desk.caller, held.id)
        else:
            await self.cancel("acme", held.id, cancelled(Effect.NON_IDEMPOTENT, sent=True), seen=0)
        await retry(self, held, attempt, delay=delay, unasked=unasked)

    monkeypatch.setattr(MemoryLedger, "retry", cancelled_before)
    async with asyncio.timeout(LEASE / 3):
        ended = (await desk.call("create_order", ORDER)).invocation
    assert (ended.state, outcome_of(ended).effect_possible) == (InvocationState.CANCELLED, False)
    assert busy.requests == 1
