"""Ends that were told, by whichever gateway, and that a new primary did not get: they stay what they are."""

import asyncio
from dataclasses import dataclass, replace

import pytest

from gateway.model.invocation import Invocation, InvocationState, Outcome, Verdict
from gateway.records.ledger.protocol import FencedLease, Known, New, Resolution
from gateway.records.ledger.witness import Witness
from gateway.records.redis.client import Store
from gateway.records.redis.ledger import RedisLedger
from registry.model.tool import Effect
from sandbox.api.result import Evidence
from tests.gateway.records.lives import ATTEMPT, CALLER, DONE, ONCE, READ

from .failing_over import Pair, charge, claim_again, settled

PUT = replace(ONCE, effect=Effect.IDEMPOTENT)
CANCELLED, NOT_DONE = Outcome(Verdict.CANCELLED), Outcome(Verdict.TOOL_FAILED, not_done=True)
ASKED_TO_WAIT = replace(ATTEMPT, http_status=503)
ANSWERED_NOT_DONE = replace(ATTEMPT, http_status=429, evidence=Evidence.NOT_DONE)
NOT_SENT = replace(ATTEMPT, http_status=0, evidence=Evidence.NOT_SENT)
LOST_AT_ONCE = 0.001


@dataclass
class Two:
    """Two gateways, as they are at the primary, and at its replica once that has taken its place."""

    pair: Pair
    one: RedisLedger
    other: RedisLedger
    one_after: RedisLedger
    other_after: RedisLedger

    async def settled(self) -> None:
        await settled(self.other_after, self.one_after)

    async def record(self) -> Invocation:
        return await self.other_after.read("acme", "inv_1") or pytest.fail("it is gone")


@pytest.fixture
async def two(pair: Pair, before: Store, after: Store) -> Two:
    one, other = Witness(), Witness()
    ledgers = [RedisLedger(store, witness=witness) for store in (before, after) for witness in (one, other)]
    two = Two(pair, ledgers[0], ledgers[1], ledgers[2], ledgers[3])
    for number, ledger in enumerate((two.one, two.other)):
        await ledger.claim(f"inv_read_{number}", "f", CALLER, READ, lease=10.0)
    return two


async def waiting(ledger: RedisLedger) -> None:
    """A PUT that the upstream asked to send again later."""
    claimed = await ledger.claim("inv_1", "f", CALLER, PUT, lease=10.0)
    assert isinstance(claimed, New)
    await ledger.dispatch(claimed.held, attempt=1, box="box-1")
    await ledger.retry(claimed.held, ASKED_TO_WAIT, delay=0.0)


@pytest.mark.parametrize("lost", ["the cancellation", "all of the call"])
async def test_what_was_said_to_be_cancelled_gets_no_attempt(two: Two, lost: str) -> None:
    if lost == "all of the call":
        await two.pair.fall_behind()
    await waiting(two.one)
    if lost == "the cancellation":
        await two.pair.fall_behind()
    await two.other.cancel("acme", "inv_1", CANCELLED, seen=1)
    await two.settled()
    assert (await two.record()).state is InvocationState.CANCELLED
    assert [id async for id in two.one_after.due("acme", age=0.0)] == []


@pytest.mark.parametrize("lost", ["the cancellation", "all of the call"])
async def test_what_was_cancelled_before_it_was_ever_let_go_is_not_made(two: Two, lost: str) -> None:
    if lost == "all of the call":
        await two.pair.fall_behind()
    await two.one.claim("inv_1", "f", CALLER, ONCE, lease=10.0)
    if lost == "the cancellation":
        await two.pair.fall_behind()
    await two.other.cancel("acme", "inv_1", CANCELLED, seen=0)
    await two.settled()
    known = await claim_again(two.one_after)
    assert isinstance(known, Known)
    assert known.invocation.state is InvocationState.CANCELLED


async def test_what_a_person_has_decided_is_decided(two: Two) -> None:
    held = await charge(two.one)
    await two.one.record(held, Outcome(Verdict.UNKNOWN), ATTEMPT, review=True)
    await two.one.discharge("acme", "inv_1", "box:box-1")
    await two.pair.fall_behind()
    seen = len((await two.one.read("acme", "inv_1") or pytest.fail("it is gone")).attempts)
    decided = Resolution("ada", "it is in the books", DONE, attempts=1, timeout=60.0, seen=seen)
    await two.other.resolve("acme", "inv_1", decided)
    await two.settled()
    record = await two.record()
    assert (record.state, record.outcome) == (InvocationState.SUCCEEDED, DONE)
    assert [review.id async for review in two.one_after.reviews("acme")] == []


async def test_what_was_not_done_is_not_done_and_its_key_stays_free(two: Two) -> None:
    held = await charge(two.one)
    await two.pair.fall_behind()
    await two.one.record(held, NOT_DONE, ANSWERED_NOT_DONE)
    await two.settled()
    assert (await two.record()).outcome == NOT_DONE
    assert isinstance(await claim_again(two.other_after), New)


async def test_an_attempt_that_was_never_let_go_does_not_make_forgotten_that_the_one_before_it_was(two: Two) -> None:
    await two.pair.fall_behind()
    await waiting(two.one)
    resumed = await two.one.resume("acme", "inv_1", lease=10.0)
    await two.one.retry(resumed.held, NOT_SENT, delay=0.0)
    await two.settled()
    record = await two.record()
    assert record.state is InvocationState.DISPATCHED
    assert isinstance(await two.other_after.claim("inv_1", "f", CALLER, PUT, lease=10.0), Known)


async def test_what_was_let_go_and_proven_not_sent_is_forgotten(two: Two) -> None:
    await two.pair.fall_behind()
    held = await charge(two.one)
    await two.one.retry(held, NOT_SENT, delay=0.0)
    await two.settled()
    assert await two.other_after.read("acme", "inv_1") is None


async def lost_holder(two: Two) -> FencedLease:
    """A call that has its permission, and whose holder counts as lost: before that, no other gateway takes it."""
    held = await charge(two.one)
    await two.one.heartbeat(held, lease=LOST_AT_ONCE)
    async with asyncio.timeout(5):
        while [id async for id in two.one.lost_holders("acme")] != ["inv_1"]:
            await asyncio.sleep(0.001)
    return held


async def test_an_unknown_end_that_another_gateway_has_told_is_still_known(two: Two) -> None:
    await two.pair.fall_behind()
    await lost_holder(two)
    await two.other.take_from_lost("acme", "inv_1")
    await two.other_after.remember()
    await two.other_after.acknowledge("acme", "ada", "the first gateway is lost, with its directory")
    assert (await two.record()).state is InvocationState.UNKNOWN


async def test_who_knows_the_end_of_its_call_does_not_take_the_loss_for_it(two: Two) -> None:
    held = await lost_holder(two)
    await two.pair.fall_behind()
    await two.one.record(held, DONE, ATTEMPT)
    await two.one_after.take_from_lost("acme", "inv_1")
    await two.settled()
    assert (await two.record()).outcome == DONE
