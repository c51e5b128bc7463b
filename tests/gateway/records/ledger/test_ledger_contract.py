"""One body over the ledger in memory, on the embedded Valkey, and on Debian's Redis."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from time import monotonic
from typing import Any

import pytest

from gateway.model.errors import BoxNotGone, ReviewNotOpen
from gateway.model.invocation import Answer, Attempt, InvocationState, Outcome, Request, Verdict
from gateway.model.principal import Principal
from gateway.records.ledger.lost_attempts import is_dropped
from gateway.records.ledger.memory_ledger import MemoryLedger
from gateway.records.ledger.protocol import (
    Acceptance,
    Conflict,
    DeclaredLoss,
    Fenced,
    FencedLease,
    Known,
    Ledger,
    New,
    Resolution,
    ReviewRule,
)
from gateway.records.redis.ledger import RedisLedger
from gateway.records.redis.sorted_pages import PAGE
from registry.model.tool import Effect
from sandbox.api.fault_code import FaultCode
from sandbox.api.result import Connection, Evidence
from tests.gateway.records.lists import under_review, whole
from tests.gateway.records.stores import opened

REQUEST = Request(
    tool="charge",
    version="charge@1.0.0",
    digest="sha256:0",
    effect=Effect.NON_IDEMPOTENT,
    args_json=b'{"amount":1}',
    run_id="run",
    traceparent="00-1-2-01",
    timeout=60.0,
    max_attempts=3,
)
READ = replace(REQUEST, effect=Effect.READ)
KEYED = replace(REQUEST, effect=Effect.KEYED, repeatable_for=30.0)
API = Connection("api", 443, "8.8.8.8", "open", 10, 0)
ATTEMPT = Attempt(
    number=1,
    box="box-1",
    accessor="acc-1",
    evidence=Evidence.SENT,
    http_status=0,
    fault=FaultCode.UPSTREAM_BROKE,
    bytes_out=10,
    bytes_in=0,
    connections=(API,),
    phases=(),
    started=1.0,
    duration=0.5,
)
NOT_SENT = replace(ATTEMPT, evidence=Evidence.NOT_SENT)
NOT_DONE = replace(ATTEMPT, evidence=Evidence.NOT_DONE, http_status=429, fault=None)
UNREACHED = Outcome(Verdict.TOOL_FAILED, fault=FaultCode.UPSTREAM_UNREACHABLE, not_done=True)
REFUSED = Outcome(Verdict.TOOL_FAILED, fault=FaultCode.HTTP_STATUS, http_status=429, retry_after=1.5, not_done=True)
DONE = Outcome(Verdict.SUCCEEDED, Answer(200, "application/json", b'{"id":"\xff"}', True, (("next", "https://a.example/2"),)))
UNKNOWN = Outcome(Verdict.UNKNOWN, effect_possible=True)
STOPPED = Outcome(Verdict.CANCELLED)

tenants = (f"tenant{number}" for number in itertools.count())


class Desk:
    """A ledger, and one caller of a tenant of its own."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.caller = Principal(next(tenants), "agent", "subject")

    async def claim(
        self, request: Request = REQUEST, *, fingerprint: str = "same", lease: float = 10.0, call_token: str = ""
    ) -> object:
        return await self.ledger.claim("inv_1", fingerprint, self.caller, request, lease=lease, call_token=call_token)

    async def held(self, request: Request = REQUEST, *, lease: float = 10.0, call_token: str = "") -> FencedLease:
        claimed = await self.claim(request, lease=lease, call_token=call_token)
        assert isinstance(claimed, New)
        return claimed.held

    async def dispatched(self, request: Request = REQUEST, *, lease: float = 10.0, call_token: str = "") -> FencedLease:
        held = await self.held(request, lease=lease, call_token=call_token)
        await self.ledger.dispatch(held, attempt=1, box="box-1")
        return held

    async def state(self) -> InvocationState | None:
        found = await self.ledger.read(self.caller.tenant, "inv_1")
        return found.state if found else None

    async def events(self, **options: bool) -> list[str]:
        return [event.kind async for event in self.ledger.events(self.caller.tenant, "inv_1", **options)]

    async def events_so_far(self) -> list[str]:
        found, known = [], await self.ledger.read(self.caller.tenant, "inv_1")
        assert known is not None
        async with asyncio.timeout(5):
            async for event in self.ledger.events(self.caller.tenant, "inv_1"):
                found.append(event.kind)
                if event.state is known.state:
                    break
        return found

    async def holder_lost(self) -> None:
        """Wait for the lease to lapse, then take the record, as another gateway would."""
        async with asyncio.timeout(5):
            while not await whole(self.ledger.lost_holders(self.caller.tenant)):
                await asyncio.sleep(0.005)
        await self.ledger.take_from_lost(self.caller.tenant, "inv_1")


@pytest.fixture(scope="module", params=["memory", "valkey", "redis"])
def where(request: pytest.FixtureRequest, start_redis: Callable[..., str]) -> str:
    """The URL of a server for all tests of this file; empty for the memory."""
    return "" if request.param == "memory" else start_redis(request.param)


@pytest.fixture
async def desk(where: str) -> AsyncIterator[Desk]:
    if not where:
        yield Desk(MemoryLedger())
        return
    async with opened(where) as store:
        yield Desk(RedisLedger(store))


async def test_a_new_key_is_held_and_pending(desk: Desk) -> None:
    await desk.held()
    assert await desk.state() is InvocationState.PENDING


async def test_an_ended_invocation_is_read_back_equal_by_the_same_key(desk: Desk) -> None:
    held = await desk.dispatched()
    await desk.ledger.record(held, DONE, ATTEMPT)
    known = await desk.claim()
    assert isinstance(known, Known)
    assert known.invocation.outcome == DONE
    assert known.invocation.attempts == (ATTEMPT,)
    assert known.invocation.state is InvocationState.SUCCEEDED


async def test_what_was_not_done_is_kept_and_leaves_its_key_free_for_any_call(desk: Desk) -> None:
    ended = await desk.ledger.record(await desk.dispatched(), REFUSED, NOT_DONE)
    assert (ended.outcome, ended.attempts, ended.review) == (REFUSED, (NOT_DONE,), None)
    assert await desk.ledger.read(desk.caller.tenant, "inv_1") == ended
    assert isinstance(await desk.claim(fingerprint="another"), New)
    assert (await desk.state(), await desk.events_so_far()) == (InvocationState.PENDING, ["CLAIMED"])
    assert await whole(desk.ledger.owed(desk.caller.tenant, age=0.0)) == [("inv_1", "box:box-1")]


@pytest.mark.parametrize("settled", [False, True])
async def test_the_very_call_that_left_its_key_free_gets_its_end_when_it_is_sent_again(desk: Desk, settled: bool) -> None:
    ended = await desk.ledger.record(await desk.dispatched(call_token="one"), REFUSED, NOT_DONE)
    if settled:
        await desk.ledger.discharge(desk.caller.tenant, "inv_1", "box:box-1")
    for _ in range(2):
        known = await desk.claim(call_token="one")
        assert isinstance(known, Known)
        assert (known.invocation.outcome, known.invocation.attempts) == (REFUSED, ended.attempts)


@pytest.mark.parametrize("another", [("same", "another"), ("same", ""), ("of other arguments", "one")])
async def test_a_free_key_is_claimed_by_every_call_but_the_one_that_left_it_free(desk: Desk, another: tuple[str, str]) -> None:
    fingerprint, call_token = another
    await desk.ledger.record(await desk.dispatched(call_token="one"), REFUSED, NOT_DONE)
    assert isinstance(await desk.claim(fingerprint=fingerprint, call_token=call_token), New)


async def test_a_call_without_a_token_claims_the_free_key_of_another_without_one(desk: Desk) -> None:
    await desk.ledger.record(await desk.dispatched(), REFUSED, NOT_DONE)
    assert isinstance(await desk.claim(), New)


async def test_a_call_that_was_refused_is_made_anew_when_it_is_sent_again_and_is_known_then(desk: Desk) -> None:
    held = await desk.held(call_token="one")
    await desk.ledger.record(held, UNREACHED, NOT_SENT, refused=True)
    again = await desk.dispatched(call_token="one")
    await desk.ledger.record(again, REFUSED, NOT_DONE)
    assert isinstance(await desk.claim(call_token="one"), Known)


async def test_calls_that_have_a_key_one_after_another_have_lives_of_their_own(desk: Desk) -> None:
    """Each has one from its claim on, for every reader, for as long as anything may follow."""
    lives = list[str]()
    for _ in range(2):
        claimed = await desk.claim()
        assert isinstance(claimed, New)
        await desk.ledger.dispatch(claimed.held, attempt=1, box="box-1")
        found = await desk.ledger.read(desk.caller.tenant, "inv_1")
        assert found is not None
        assert found.life == claimed.life
        lives.append(found.life)
        await desk.ledger.record(claimed.held, REFUSED, NOT_DONE)
    assert lives[0] != lives[1]


async def test_an_unknown_end_has_the_life_of_its_claim(desk: Desk) -> None:
    claimed = await desk.claim()
    assert isinstance(claimed, New)
    await desk.ledger.dispatch(claimed.held, attempt=1, box="box-1")
    assert (await desk.ledger.record(claimed.held, UNKNOWN, ATTEMPT)).life == claimed.life


async def test_a_cancellation_that_is_left_to_the_holder_can_be_read(desk: Desk) -> None:
    held = await desk.dispatched()
    await desk.ledger.cancel(desk.caller.tenant, "inv_1", STOPPED, seen=0)
    await desk.ledger.retry(held, NOT_SENT, delay=60.0)
    found = await desk.ledger.read(desk.caller.tenant, "inv_1")
    assert found is not None
    assert (found.state, found.cancel_requested) == (InvocationState.RETRY_WAIT, True)


async def test_what_was_not_done_this_time_keeps_its_key_where_an_attempt_before_may_have_acted(desk: Desk) -> None:
    await desk.ledger.retry(await desk.dispatched(READ), ATTEMPT, delay=0.0)
    again = (await desk.ledger.resume(desk.caller.tenant, "inv_1", lease=10.0)).held
    await desk.ledger.dispatch(again, attempt=2, box="box-2")
    await desk.ledger.record(again, REFUSED, NOT_DONE)
    assert isinstance(await desk.claim(READ), Known)


async def test_a_key_is_free_after_attempts_of_which_each_was_not_sent_whether_it_was_dispatched_or_not(desk: Desk) -> None:
    held = await desk.dispatched()  # as where the gateway's disk did not take the permission
    for _ in range(2):
        await desk.ledger.retry(held, NOT_SENT, delay=0.0)
        held = (await desk.ledger.resume(desk.caller.tenant, "inv_1", lease=10.0)).held
        await desk.ledger.dispatch(held, attempt=2, box="box-2")
    await desk.ledger.retry(held, NOT_SENT, delay=0.0)
    held = (await desk.ledger.resume(desk.caller.tenant, "inv_1", lease=10.0)).held
    ended = await desk.ledger.record(held, UNREACHED, NOT_SENT)  # as where the upstream is down: never dispatched
    assert (ended.state, ended.review, len(ended.attempts)) == (InvocationState.FAILED, None, 4)
    assert isinstance(await desk.claim(fingerprint="another"), New)


async def test_what_was_not_done_may_be_dispatched_again_whatever_its_effect(desk: Desk) -> None:
    await desk.ledger.retry(await desk.dispatched(), NOT_DONE, delay=0.0)
    again = (await desk.ledger.resume(desk.caller.tenant, "inv_1", lease=10.0)).held
    await desk.ledger.dispatch(again, attempt=2, box="box-2")


async def test_who_holds_a_call_is_told_what_is_left_of_its_time(desk: Desk) -> None:
    asked, tenant = monotonic(), desk.caller.tenant
    claimed = await desk.claim(KEYED)
    assert isinstance(claimed, New)
    await desk.ledger.retry(claimed.held, NOT_SENT, delay=0.0)
    resumed, read = await desk.ledger.resume(tenant, "inv_1", lease=10.0), await desk.ledger.bounds(tenant, "inv_1")
    assert read is not None
    for bounds in (claimed.bounds, resumed.bounds, read):
        assert bounds.repeatable_until is not None
        assert asked + 59.9 < bounds.deadline < monotonic() + 60.0
        assert asked + 29.9 < bounds.repeatable_until < monotonic() + 30.0
    assert await desk.ledger.bounds(tenant, "inv_2") is None


async def test_time_that_is_over_is_told_as_over_and_without_a_window_there_is_none(desk: Desk) -> None:
    claimed = await desk.claim(replace(READ, timeout=0.0))
    assert isinstance(claimed, New)
    assert claimed.bounds.deadline <= monotonic()
    assert claimed.bounds.repeatable_until is None


@pytest.mark.parametrize("window", [0.0, 0.0004])
async def test_a_window_without_length_permits_no_repetition(desk: Desk, window: float) -> None:
    await desk.dispatched(replace(KEYED, repeatable_for=window), lease=0.2)
    await desk.holder_lost()
    assert await desk.state() is InvocationState.UNKNOWN


@pytest.mark.parametrize(
    ("terms", "verdict"),
    [({"timeout": 0.2}, Verdict.TIMED_OUT), ({"max_attempts": 1}, Verdict.SANDBOX_FAILED)],
)
async def test_a_lost_attempt_ends_by_what_is_used_up_and_says_whether_it_may_have_acted(
    desk: Desk, terms: dict[str, Any], verdict: Verdict
) -> None:
    await desk.dispatched(replace(REQUEST, effect=Effect.IDEMPOTENT, **terms), lease=0.2)
    await desk.holder_lost()
    found = await desk.ledger.read(desk.caller.tenant, "inv_1")
    assert found is not None
    assert found.outcome is not None
    assert (found.outcome.verdict, found.outcome.effect_possible) == (verdict, True)


async def test_what_was_sent_unasked_is_dispatched_and_ended_in_one_step(desk: Desk) -> None:
    ended = await desk.ledger.record(await desk.held(READ), DONE, ATTEMPT, unasked="box-1")
    assert (ended.state, ended.attempts) == (InvocationState.SUCCEEDED, (ATTEMPT,))
    assert await desk.events() == ["CLAIMED", "DISPATCHED", "RECORDED"]
    assert await whole(desk.ledger.owed(desk.caller.tenant, age=0.0)) == [("inv_1", "box:box-1")]


async def test_what_was_sent_unasked_is_dispatched_where_another_attempt_follows(desk: Desk) -> None:
    await desk.ledger.retry(await desk.held(READ), ATTEMPT, delay=0.0, unasked="box-1")
    again = (await desk.ledger.resume(desk.caller.tenant, "inv_1", lease=10.0)).held
    await desk.ledger.retry(again, replace(NOT_SENT, number=2, box="box-2"), delay=0.0)
    assert await desk.state() is InvocationState.RETRY_WAIT
    assert await whole(desk.ledger.owed(desk.caller.tenant, age=0.0)) == [("inv_1", "box:box-1")]


async def test_what_may_act_is_not_repeated_though_it_was_sent_unasked(desk: Desk) -> None:
    with pytest.raises(Fenced):
        await desk.ledger.retry(await desk.held(), ATTEMPT, delay=0.0, unasked="box-1")
    assert await desk.state() is InvocationState.PENDING


async def test_the_same_key_with_another_fingerprint_is_a_conflict_in_every_state(desk: Desk) -> None:
    held = await desk.held()
    assert isinstance(await desk.claim(fingerprint="other"), Conflict)
    await desk.ledger.dispatch(held, attempt=1, box="box-1")
    assert isinstance(await desk.claim(fingerprint="other"), Conflict)
    await desk.ledger.record(held, DONE, ATTEMPT)
    assert isinstance(await desk.claim(fingerprint="other"), Conflict)


async def test_fifty_claims_at_once_have_one_winner(desk: Desk) -> None:
    claims = await asyncio.gather(*(desk.claim() for _ in range(50)))
    assert sum(isinstance(claim, New) for claim in claims) == 1


async def test_two_tenants_never_see_each_others_records(desk: Desk) -> None:
    await desk.held()
    other = Desk(desk.ledger)
    assert await other.state() is None
    assert isinstance(await other.claim(fingerprint="other"), New)


async def test_a_call_that_is_not_repeatable_is_dispatched_once(desk: Desk) -> None:
    held = await desk.dispatched()
    with pytest.raises(Fenced):
        await desk.ledger.dispatch(held, attempt=2, box="box-2")


async def test_a_sent_call_that_is_not_repeatable_cannot_be_retried(desk: Desk) -> None:
    held = await desk.dispatched()
    with pytest.raises(Fenced):
        await desk.ledger.retry(held, ATTEMPT, delay=0.0)
    assert await desk.state() is InvocationState.DISPATCHED


async def test_proof_that_nothing_was_sent_permits_another_dispatch(desk: Desk) -> None:
    held = await desk.dispatched()
    await desk.ledger.retry(held, NOT_SENT, delay=0.0)
    again = (await desk.ledger.resume(desk.caller.tenant, "inv_1", lease=10.0)).held
    await desk.ledger.dispatch(again, attempt=2, box="box-2")
    assert await desk.state() is InvocationState.DISPATCHED


async def test_a_retry_takes_the_lease_away_and_is_not_resumed_before_its_time(desk: Desk) -> None:
    held = await desk.dispatched(READ)
    await desk.ledger.retry(held, ATTEMPT, delay=60.0)
    assert await desk.state() is InvocationState.RETRY_WAIT
    with pytest.raises(Fenced):
        await desk.ledger.resume(desk.caller.tenant, "inv_1", lease=10.0)
    with pytest.raises(Fenced):
        await desk.ledger.record(held, DONE, None)


async def test_a_due_retry_is_listed_and_resumed_by_one_gateway_only(desk: Desk) -> None:
    held = await desk.dispatched(READ)
    await desk.ledger.retry(held, ATTEMPT, delay=0.0)
    assert await whole(desk.ledger.due(desk.caller.tenant, age=0.0)) == ["inv_1"]
    fresh = (await desk.ledger.resume(desk.caller.tenant, "inv_1", lease=10.0)).held
    assert fresh.fence > held.fence
    with pytest.raises(Fenced):
        await desk.ledger.resume(desk.caller.tenant, "inv_1", lease=10.0)


async def test_a_released_key_is_free_again_with_a_higher_fence(desk: Desk) -> None:
    held = await desk.held()
    await desk.ledger.release(held)
    assert await desk.state() is None
    assert (await desk.held()).fence > held.fence


async def test_an_overtaken_holder_cannot_act_under_the_record_that_followed_its_own(desk: Desk) -> None:
    overtaken = await desk.held()
    await desk.ledger.release(overtaken)
    await desk.held()
    with pytest.raises(Fenced):
        await desk.ledger.dispatch(overtaken, attempt=1, box="box-1")
    with pytest.raises(Fenced):
        await desk.ledger.record(overtaken, DONE, None)


async def test_a_dispatched_invocation_cannot_be_released(desk: Desk) -> None:
    held = await desk.dispatched()
    with pytest.raises(Fenced):
        await desk.ledger.release(held)


async def test_taking_a_record_before_its_lease_lapses_changes_nothing(desk: Desk) -> None:
    held = await desk.dispatched()
    await desk.ledger.take_from_lost(desk.caller.tenant, "inv_1")
    assert await desk.state() is InvocationState.DISPATCHED
    await desk.ledger.record(held, DONE, ATTEMPT)


async def test_what_was_lost_before_an_attempt_has_an_end_and_a_free_key(desk: Desk) -> None:
    lost = await desk.held(lease=0.01)
    await desk.holder_lost()
    found = await desk.ledger.read(desk.caller.tenant, "inv_1")
    assert found is not None
    assert is_dropped(found)
    assert await whole(desk.ledger.lost_holders(desk.caller.tenant)) == []
    with pytest.raises(Fenced):
        await desk.ledger.dispatch(lost, attempt=1, box="box-1")
    await desk.ledger.dispatch(await desk.held(), attempt=1, box="box-2")


async def test_a_lost_holder_of_a_repeatable_call_leaves_it_to_be_resumed_once_its_box_is_gone(desk: Desk) -> None:
    await desk.dispatched(READ, lease=0.3)
    await desk.holder_lost()
    assert await desk.state() is InvocationState.RETRY_WAIT
    with pytest.raises(Fenced):
        await desk.ledger.resume(desk.caller.tenant, "inv_1", lease=10.0)
    await desk.ledger.discharge(desk.caller.tenant, "inv_1", "box:box-1")
    await desk.ledger.resume(desk.caller.tenant, "inv_1", lease=10.0)


async def test_an_unknown_is_under_review_and_keeps_its_arguments_until_a_person_decides(desk: Desk) -> None:
    tenant = desk.caller.tenant
    await desk.ledger.record(await desk.dispatched(), UNKNOWN, ATTEMPT)
    assert await under_review(desk.ledger, tenant) == ["inv_1"]
    with pytest.raises(BoxNotGone):
        await desk.ledger.resolve(tenant, "inv_1", Resolution("ada", "the shop has the order", DONE, 1, 60.0, seen=1))
    assert not await desk.ledger.box_gone(tenant, "inv_1")
    await desk.ledger.discharge(tenant, "inv_1", "box:box-1")
    assert await desk.ledger.box_gone(tenant, "inv_1")
    await desk.ledger.resolve(tenant, "inv_1", Resolution("ada", "the shop has the order", DONE, 1, 60.0, seen=1))
    found = await desk.ledger.read(tenant, "inv_1")
    assert found is not None
    assert (found.state, found.outcome) == (InvocationState.SUCCEEDED, DONE)
    assert found.review is not None
    assert (found.review.author, found.review.reason, found.review.open) == ("ada", "the shop has the order", False)
    assert await under_review(desk.ledger, tenant) == []
    with pytest.raises(ReviewNotOpen):
        await desk.ledger.resolve(tenant, "inv_1", Resolution("bob", "too late", None, 1, 60.0, seen=1))


async def test_a_review_that_ends_in_another_try_is_due_at_once_and_may_be_dispatched_again(desk: Desk) -> None:
    tenant = desk.caller.tenant
    late = await desk.dispatched(replace(REQUEST, max_attempts=1))
    await desk.ledger.record(late, UNKNOWN, ATTEMPT)
    await desk.ledger.discharge(tenant, "inv_1", "box:box-1")
    absent = Resolution("probe:orders@1.0.0", "no such order", None, 2, 60.0, seen=1)
    await desk.ledger.resolve(tenant, "inv_1", absent)
    assert await whole(desk.ledger.due(tenant, age=0.0)) == ["inv_1"]
    found = await desk.ledger.read(tenant, "inv_1")
    assert found is not None
    assert (found.max_attempts, found.outcome, found.request.args_json) == (3, None, REQUEST.args_json)
    held = (await desk.ledger.resume(tenant, "inv_1", lease=10.0)).held
    with pytest.raises(Fenced):
        await desk.ledger.record(late, DONE, ATTEMPT)
    await desk.ledger.dispatch(held, attempt=2, box="box-2")
    await desk.ledger.record(held, DONE, ATTEMPT)
    assert await desk.state() is InvocationState.SUCCEEDED


async def test_a_decision_that_was_made_before_the_last_attempt_decides_nothing(desk: Desk) -> None:
    tenant, absent = desk.caller.tenant, Resolution("probe:orders@1.0.0", "no such order", None, 1, 60.0, seen=1)
    await desk.ledger.record(await desk.dispatched(), UNKNOWN, ATTEMPT)
    await desk.ledger.discharge(tenant, "inv_1", "box:box-1")
    await desk.ledger.resolve(tenant, "inv_1", absent)
    held = (await desk.ledger.resume(tenant, "inv_1", lease=10.0)).held
    await desk.ledger.dispatch(held, attempt=2, box="box-2")
    await desk.ledger.record(held, UNKNOWN, ATTEMPT)
    await desk.ledger.discharge(tenant, "inv_1", "box:box-2")
    with pytest.raises(ReviewNotOpen):
        await desk.ledger.resolve(tenant, "inv_1", absent)
    assert await desk.state() is InvocationState.UNKNOWN


async def test_a_decision_that_is_repeated_is_applied_once_whatever_has_become_of_the_call(desk: Desk) -> None:
    tenant, absent = desk.caller.tenant, Resolution("ada", "no such order", None, 1, 60.0, seen=1, decision="first")
    await desk.ledger.record(await desk.dispatched(), UNKNOWN, ATTEMPT)
    await desk.ledger.discharge(tenant, "inv_1", "box:box-1")
    await desk.ledger.resolve(tenant, "inv_1", absent)
    await desk.ledger.resolve(tenant, "inv_1", absent)  # while its attempt waits
    held = (await desk.ledger.resume(tenant, "inv_1", lease=10.0)).held
    await desk.ledger.dispatch(held, attempt=2, box="box-2")
    await desk.ledger.record(held, UNKNOWN, ATTEMPT)
    await desk.ledger.discharge(tenant, "inv_1", "box:box-2")
    await desk.ledger.resolve(tenant, "inv_1", replace(absent, seen=2))  # by who sees the attempts of now
    assert (await desk.state(), await under_review(desk.ledger, tenant)) == (InvocationState.UNKNOWN, ["inv_1"])
    await desk.ledger.resolve(tenant, "inv_1", Resolution("bob", "it is there", DONE, 1, 60.0, seen=2, decision="second"))
    for decision in ("first", "second"):  # settled by now
        await desk.ledger.resolve(tenant, "inv_1", replace(absent, decision=decision))
    with pytest.raises(ReviewNotOpen):
        await desk.ledger.resolve(tenant, "inv_1", replace(absent, decision="third"))
    assert (await desk.state(), (await desk.events()).count("RESOLVED")) == (InvocationState.SUCCEEDED, 2)


async def test_an_unknown_outcome_gives_way_only_to_word_of_its_attempt(desk: Desk) -> None:
    held = await desk.dispatched()
    await desk.ledger.record(held, UNKNOWN, ATTEMPT)
    with pytest.raises(Fenced):
        await desk.ledger.record(held, Outcome(Verdict.SANDBOX_FAILED), None)
    await desk.ledger.record(held, DONE, ATTEMPT)
    assert await desk.state() is InvocationState.SUCCEEDED


async def test_a_failure_goes_under_review_only_where_that_is_asked_for(desk: Desk) -> None:
    failed = Outcome(Verdict.TOOL_FAILED)
    await desk.ledger.record(await desk.dispatched(READ), failed, ATTEMPT)
    assert await under_review(desk.ledger, desk.caller.tenant) == []
    other = Desk(desk.ledger)
    await other.ledger.record(await other.dispatched(READ), failed, ATTEMPT, review=True)
    assert await under_review(other.ledger, other.caller.tenant) == ["inv_1"]


async def test_an_end_that_is_said_twice_is_accepted_and_one_that_contradicts_it_is_not(desk: Desk) -> None:
    held = await desk.dispatched()
    first = await desk.ledger.record(held, DONE, ATTEMPT)
    assert await desk.ledger.record(held, DONE, ATTEMPT) == first
    with pytest.raises(Fenced):
        await desk.ledger.record(held, STOPPED, ATTEMPT)


async def test_a_call_whose_window_is_over_is_not_repeatable_any_more(desk: Desk) -> None:
    keyed = replace(REQUEST, effect=Effect.KEYED, repeatable_for=0.05)
    await desk.dispatched(keyed, lease=0.3)
    await desk.holder_lost()
    assert await desk.state() is InvocationState.UNKNOWN


async def test_a_lost_holder_of_any_other_call_leaves_it_unknown_until_the_truth_comes_late(desk: Desk) -> None:
    held = await desk.dispatched(lease=0.3)
    await desk.holder_lost()
    assert await desk.state() is InvocationState.UNKNOWN
    stranger = replace(held, fence=held.fence + 7)
    with pytest.raises(Fenced):
        await desk.ledger.record(stranger, DONE, ATTEMPT)
    await desk.ledger.record(held, DONE, ATTEMPT)
    assert await desk.state() is InvocationState.SUCCEEDED


async def test_the_last_permitted_attempt_of_a_lost_holder_ends_the_invocation(desk: Desk) -> None:
    await desk.dispatched(replace(READ, max_attempts=1), lease=0.3)
    await desk.holder_lost()
    assert await desk.state() is InvocationState.FAILED


async def test_a_heartbeat_prolongs_the_lease_and_tells_of_a_cancellation(desk: Desk) -> None:
    held = await desk.dispatched(lease=5.0)
    assert await desk.ledger.heartbeat(held, lease=60.0) is False
    await desk.ledger.cancel(desk.caller.tenant, "inv_1", STOPPED, seen=0)
    assert await desk.ledger.heartbeat(held, lease=60.0) is True
    assert await desk.state() is InvocationState.DISPATCHED


async def test_cancelling_before_anything_was_sent_ends_it_and_fences_its_holder(desk: Desk) -> None:
    held = await desk.held()
    await desk.ledger.cancel(desk.caller.tenant, "inv_1", STOPPED, seen=0)
    assert await desk.state() is InvocationState.CANCELLED
    with pytest.raises(Fenced):
        await desk.ledger.dispatch(held, attempt=1, box="box-1")


async def test_a_cancellation_made_of_what_was_before_changes_nothing(desk: Desk) -> None:
    await desk.ledger.retry(await desk.held(), NOT_SENT, delay=0.0)
    assert not await desk.ledger.cancel(desk.caller.tenant, "inv_1", STOPPED, seen=0)
    assert await desk.state() is InvocationState.RETRY_WAIT
    assert await desk.ledger.cancel(desk.caller.tenant, "inv_1", STOPPED, seen=1)
    assert await desk.state() is InvocationState.CANCELLED


async def test_while_another_call_is_made_in_its_place_it_is_not_cancelled(desk: Desk) -> None:
    held = await desk.held()
    assert not await desk.ledger.heartbeat(held, lease=10.0, falling_back=True)
    assert not await desk.ledger.cancel(desk.caller.tenant, "inv_1", STOPPED, seen=0)
    await desk.ledger.record(held, DONE, None)
    assert await desk.state() is InvocationState.SUCCEEDED


async def test_cancelling_an_ended_invocation_leaves_it_as_it_is(desk: Desk) -> None:
    await desk.ledger.record(await desk.dispatched(), DONE, ATTEMPT)
    await desk.ledger.cancel(desk.caller.tenant, "inv_1", STOPPED, seen=0)
    assert await desk.state() is InvocationState.SUCCEEDED


async def test_obligations_are_owed_until_they_are_discharged(desk: Desk) -> None:
    held = await desk.held()
    await desk.ledger.oblige(held, "acc-1", 1)
    await desk.ledger.dispatch(held, attempt=1, box="box-1")
    owed = await whole(desk.ledger.owed(desk.caller.tenant, age=0.0))
    assert sorted(owed) == [("inv_1", "box:box-1"), ("inv_1", "token:acc-1")]
    for id, obligation in owed:
        await desk.ledger.discharge(desk.caller.tenant, id, obligation)
        await desk.ledger.discharge(desk.caller.tenant, id, obligation)
    assert await whole(desk.ledger.owed(desk.caller.tenant, age=0.0)) == []


async def test_events_are_numbered_without_gaps_and_end_with_the_invocation(desk: Desk) -> None:
    await desk.ledger.record(await desk.dispatched(), DONE, ATTEMPT)
    events = [event async for event in desk.ledger.events(desk.caller.tenant, "inv_1")]
    assert [event.number for event in events] == [1, 2, 3]
    assert [event.kind for event in events] == ["CLAIMED", "DISPATCHED", "RECORDED"]
    resumed = [event.number async for event in desk.ledger.events(desk.caller.tenant, "inv_1", after=1)]
    assert resumed == [2, 3]


async def test_a_watcher_that_came_early_sees_the_end(desk: Desk) -> None:
    held = await desk.dispatched()
    watching = asyncio.create_task(desk.events())
    await asyncio.sleep(0)
    await desk.ledger.record(held, DONE, ATTEMPT)
    async with asyncio.timeout(5):
        assert (await watching)[-1] == "RECORDED"


async def test_a_watcher_of_the_settling_waits_for_what_is_owed(desk: Desk) -> None:
    await desk.ledger.record(await desk.dispatched(), DONE, ATTEMPT)
    watching = asyncio.create_task(desk.events(settled=True))
    await asyncio.sleep(0)
    await desk.ledger.discharge(desk.caller.tenant, "inv_1", "box:box-1")
    async with asyncio.timeout(5):
        assert (await watching)[-1] == "BOX_REMOVED"


async def test_the_lists_are_read_whole(desk: Desk) -> None:
    """More than a page of each, and more than a page of one score."""
    ids = [f"inv_{number:04}" for number in range(600)]
    tenant = desk.caller.tenant

    async def leave_open(id: str) -> None:
        claimed = await desk.ledger.claim(id, "f", desk.caller, REQUEST, lease=60.0)
        assert isinstance(claimed, New)
        await desk.ledger.dispatch(claimed.held, attempt=1, box=f"box-{id}")
        await desk.ledger.record(claimed.held, UNKNOWN, ATTEMPT)

    for first in range(0, len(ids), 8):
        await asyncio.gather(*(leave_open(id) for id in ids[first : first + 8]))
    reviews = await whole(desk.ledger.reviews(tenant))
    assert sorted(review.id for review in reviews) == ids
    assert reviews == sorted(reviews)
    assert await whole(desk.ledger.reviews(tenant, after=reviews[299])) == reviews[300:]
    assert await whole(desk.ledger.reviews(tenant, age=3600.0)) == []
    assert sorted(id for id, _ in await whole(desk.ledger.owed(tenant, age=0.0))) == ids
    for review in reviews:
        await desk.ledger.discharge(tenant, review.id, f"box:box-{review.id}")
        await desk.ledger.resolve(tenant, review.id, Resolution("ada", "it did not happen", None, 1, 60.0, seen=1))
    assert sorted(await whole(desk.ledger.due(tenant, age=0.0))) == ids
    for id in ids:
        await desk.ledger.resume(tenant, id, lease=0.001)
    async with asyncio.timeout(5):
        while len(await whole(desk.ledger.lost_holders(tenant))) < len(ids):
            await asyncio.sleep(0.005)


async def test_a_review_ends_by_a_rule_in_its_time_on_record_and_the_outcome_stays(desk: Desk) -> None:
    tenant, rule = desk.caller.tenant, ReviewRule(0.0, "callgate", "open for 30 days")
    held = await desk.dispatched()
    await desk.ledger.record(held, UNKNOWN, ATTEMPT)
    assert not await desk.ledger.expire_review(tenant, "inv_1", replace(rule, age=3600.0))
    assert not await desk.ledger.expire_review(tenant, "inv_1", rule)  # its box is not gone
    await desk.ledger.discharge(tenant, "inv_1", "box:box-1")
    assert await desk.ledger.expire_review(tenant, "inv_1", rule)
    assert not await desk.ledger.expire_review(tenant, "inv_1", rule)
    found = await desk.ledger.read(tenant, "inv_1")
    assert found is not None
    assert found.review is not None
    assert (found.state, found.outcome, found.request.args_json) == (InvocationState.UNKNOWN, UNKNOWN, b"")
    assert (found.review.open, found.review.author, found.review.reason) == (False, "callgate", "open for 30 days")
    assert await under_review(desk.ledger, tenant) == []
    with pytest.raises(Fenced):
        await desk.ledger.record(held, DONE, ATTEMPT)
    events = [event async for event in desk.ledger.events(tenant, "inv_1")]
    assert (events[-1].kind, events[-1].attributes) == (
        "REVIEW_EXPIRED",
        {"author": "callgate", "reason": "open for 30 days"},
    )


async def test_an_obligation_that_ends_by_a_persons_word_has_that_on_record(desk: Desk) -> None:
    tenant = desk.caller.tenant
    await desk.ledger.record(await desk.dispatched(), DONE, ATTEMPT)
    await desk.ledger.discharge(tenant, "inv_1", "box:box-1", DeclaredLoss("ada", "it burnt", "host-1"))
    events = [event async for event in desk.ledger.events(tenant, "inv_1")]
    said = {"obligation": "box:box-1", "author": "ada", "reason": "it burnt", "host": "host-1"}
    assert (events[-1].kind, events[-1].attributes) == ("DECLARED_GONE", said)


async def accepted(desk: Desk, before: Acceptance | None = None) -> list[Acceptance]:
    return [one async for one in desk.ledger.acceptances(desk.caller.tenant, before=before)]


async def claim_of(desk: Desk, id: str) -> None:
    assert isinstance(await desk.ledger.claim(id, "same", desk.caller, REQUEST, lease=10.0), New)


async def test_calls_are_listed_the_newest_first_and_from_any_place_on(desk: Desk) -> None:
    for number in range(3):
        await claim_of(desk, f"inv_{number}")
    newest, middle, oldest = await accepted(desk)
    assert [newest.id, middle.id, oldest.id] == ["inv_2", "inv_1", "inv_0"]
    assert newest > middle > oldest
    assert await accepted(desk, middle) == [oldest]
    assert await accepted(desk, oldest) == []


async def test_a_call_is_listed_at_the_moment_of_which_its_record_tells(desk: Desk) -> None:
    await desk.held()
    [only], found = await accepted(desk), await desk.ledger.read(desk.caller.tenant, "inv_1")
    assert found is not None
    assert abs(only.time - found.accepted * 1000) <= 1


async def test_each_call_of_a_freed_key_is_listed_and_no_other_tenants(desk: Desk) -> None:
    held = await desk.held()
    await desk.ledger.record(held, UNREACHED, None)
    await desk.held()
    assert [one.id for one in await accepted(desk)] == ["inv_1", "inv_1"]
    assert [one async for one in desk.ledger.acceptances("another", before=None)] == []


async def test_more_calls_than_a_page_are_listed_whole(desk: Desk) -> None:
    for number in range(PAGE + 5):
        await claim_of(desk, f"inv_{number}")
    assert [one.id for one in await accepted(desk)] == [f"inv_{number}" for number in reversed(range(PAGE + 5))]
