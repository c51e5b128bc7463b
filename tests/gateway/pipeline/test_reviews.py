"""What the gateway cannot decide waits for a person, who decides by name and with a reason."""

import asyncio
from dataclasses import replace
from functools import partial

import orjson
import pytest

from gateway.model.errors import InvocationNotFound, NotPermitted, RequestInvalid, ReviewNotOpen
from gateway.model.invocation import Invocation, InvocationState, Verdict
from gateway.model.principal import Caller, Principal
from gateway.pipeline.reviews import AnotherAttempt, DeclareFailed, DeclareSucceeded, Reviewed
from registry.catalog.catalog import Listed
from registry.catalog.tool_entry import VersionState
from registry.model.errors import ToolNotFound
from registry.model.tool import Draft, Effect
from sandbox.api.result import Evidence
from tests.gateway.pipeline.desk import REVIEWER, Desk, OpenDesk, answer_of, outcome_of, review_of
from tests.gateway.pipeline.upstreams import OpenShop, Rude

ORDER = {"body": {"item": "hinge", "quantity": 2}}


async def unknown(desk: Desk) -> str:
    """A call whose answer was lost, once its box is gone."""
    answered = await desk.call("create_order", ORDER)
    assert answered.invocation.state is InvocationState.UNKNOWN
    await desk.obligations.drain(5.0)
    return answered.invocation.id


def idempotent(draft: Draft) -> Draft:
    return replace(draft, effect=Effect.IDEMPOTENT) if draft.effect.acts else draft


async def listed(desk: Desk) -> list[Reviewed]:
    return [reviewed async for _, reviewed in desk.reviews.list(desk.caller)]


async def ended(desk: Desk, id: str) -> Invocation:
    async with asyncio.timeout(5):
        while not (found := await desk.invoker.read(desk.caller, id)).state.ended:
            await desk.recovery.resume(desk.principal.tenant, id)
    return found


async def test_an_unknown_outcome_waits_for_a_person_with_all_that_is_known(rude: Rude, open_desk: OpenDesk) -> None:
    desk = await open_desk(rude.address, rule=REVIEWER)
    id = await unknown(desk)
    (review,) = await listed(desk)
    assert review.invocation.id == id
    assert review_of(review.invocation).open
    assert review.arguments == ORDER
    assert [attempt.evidence for attempt in review.invocation.attempts] == [Evidence.SENT]
    assert "after 1 attempt, let go: 1" in review.report.summary
    assert "never retry unseen" in review.report.suggestion


async def test_a_person_who_saw_that_it_happened_gives_the_answer_and_the_caller_gets_it(
    rude: Rude, open_desk: OpenDesk
) -> None:
    desk = await open_desk(rude.address, rule=REVIEWER)
    id = await unknown(desk)
    decided = await desk.reviews.resolve(desk.caller, id, DeclareSucceeded(b'{"id":"ord_7"}'), "it is in the shop's list")
    assert review_of(decided.invocation).author == "planner/ada"
    again = await desk.call("create_order", ORDER)
    assert again.from_record
    assert outcome_of(again.invocation).source == "review"
    assert orjson.loads(answer_of(again.invocation).body) == {"id": "ord_7"}
    assert answer_of(again.invocation).matches_schema is False  # an order has more than its id
    assert len(rude.requests) == 1
    assert await listed(desk) == []
    events = [event async for event in desk.ledger.events(desk.principal.tenant, id)]
    resolved = next(event for event in events if event.kind == "RESOLVED")
    assert resolved.attributes == {"author": "planner/ada", "reason": "it is in the shop's list"}


async def test_a_person_who_saw_that_it_did_not_happen_has_it_made_once_more(rude: Rude, open_desk: OpenDesk) -> None:
    desk = await open_desk(rude.address, rule=REVIEWER)
    id = await unknown(desk)
    await desk.reviews.resolve(desk.caller, id, AnotherAttempt(), "the shop's log has no such order")
    found = await ended(desk, id)
    assert len(rude.requests) == 2
    assert len(found.attempts) == 2
    assert found.state is InvocationState.UNKNOWN  # this upstream never answers
    assert review_of(found).open


async def test_a_retry_that_sends_nothing_does_not_make_the_judged_attempt_unknown_again(
    rude: Rude, open_desk: OpenDesk
) -> None:
    desk = await open_desk(rude.address, rule=REVIEWER)
    id = await unknown(desk)
    rude.close()
    await desk.reviews.resolve(desk.caller, id, AnotherAttempt(), "looked, and it did not happen")
    outcome = outcome_of(await ended(desk, id))
    assert (outcome.verdict, outcome.effect_possible) == (Verdict.TOOL_FAILED, False)


async def test_a_person_may_end_it_as_failed(rude: Rude, open_desk: OpenDesk) -> None:
    desk = await open_desk(rude.address, rule=REVIEWER)
    id = await unknown(desk)
    decided = await desk.reviews.resolve(desk.caller, id, DeclareFailed(effect_possible=True), "the customer wants it no more")
    assert decided.invocation.state is InvocationState.FAILED
    assert outcome_of(decided.invocation).effect_possible


async def test_a_review_is_decided_once(rude: Rude, open_desk: OpenDesk) -> None:
    desk = await open_desk(rude.address, rule=REVIEWER)
    id = await unknown(desk)
    await desk.reviews.resolve(desk.caller, id, DeclareFailed(effect_possible=False), "first")
    with pytest.raises(ReviewNotOpen):
        await desk.reviews.resolve(desk.caller, id, AnotherAttempt(), "second")
    assert review_of((await desk.reviews.show(desk.caller, id)).invocation).reason == "first"


async def test_a_decision_whose_reply_was_lost_is_repeated_and_its_attempt_is_made_once(
    rude: Rude, open_desk: OpenDesk
) -> None:
    desk = await open_desk(rude.address, rule=REVIEWER)
    id = await unknown(desk)
    decide = partial(desk.reviews.resolve, desk.caller, id, AnotherAttempt(), "looked: it is not there", decision_id="one")
    await decide(seen=1)
    await ended(desk, id)
    await desk.obligations.drain(5.0)
    for seen in (1, 2, None):
        again = await decide(seen=seen)
        assert (again.invocation.state, review_of(again.invocation).open) == (InvocationState.UNKNOWN, True)
    assert len(rude.requests) == 2


async def test_a_repeated_decision_is_told_as_applied_after_its_attempt_has_ended_the_call(
    rude: Rude, open_desk: OpenDesk
) -> None:
    desk = await open_desk(rude.address, rule=REVIEWER)
    id = await unknown(desk)
    rude.close()
    decide = partial(desk.reviews.resolve, desk.caller, id, AnotherAttempt(), "it is not there", decision_id="one", seen=1)
    await decide()
    await ended(desk, id)
    again = (await decide()).invocation
    assert (again.state, again.review) == (InvocationState.FAILED, None)
    with pytest.raises(ReviewNotOpen):
        await desk.reviews.resolve(desk.caller, id, AnotherAttempt(), "it is not there", decision_id="another", seen=1)


async def test_of_two_people_who_decide_of_what_they_have_both_seen_one_wins(rude: Rude, open_desk: OpenDesk) -> None:
    desk = await open_desk(rude.address, rule=REVIEWER)
    id = await unknown(desk)
    await desk.reviews.resolve(desk.caller, id, AnotherAttempt(), "not there", decision_id="ada's", seen=1)
    await ended(desk, id)
    await desk.obligations.drain(5.0)
    with pytest.raises(ReviewNotOpen):
        await desk.reviews.resolve(desk.caller, id, AnotherAttempt(), "not there", decision_id="bob's", seen=1)
    assert len(rude.requests) == 2


async def test_another_decision_under_the_same_id_is_no_repetition(rude: Rude, open_desk: OpenDesk) -> None:
    desk = await open_desk(rude.address, rule=REVIEWER)
    id = await unknown(desk)
    await desk.reviews.resolve(desk.caller, id, DeclareFailed(effect_possible=True), "not wanted", decision_id="one")
    with pytest.raises(ReviewNotOpen):
        await desk.reviews.resolve(desk.caller, id, AnotherAttempt(), "not wanted", decision_id="one")


async def test_a_call_that_failed_in_all_its_attempts_waits_for_a_person_only_where_one_may_have_acted(
    rude: Rude, open_desk: OpenDesk
) -> None:
    desk = await open_desk(rude.address, rule=REVIEWER, draft=idempotent)
    failed = await desk.call("create_order", ORDER)
    await desk.call("list_orders", key="another-key-of-sixteen")
    rude.close()
    await desk.call("create_order", ORDER, key="a-third-key-of-sixteen")
    (review,) = await listed(desk)
    assert review.invocation.id == failed.invocation.id


async def test_only_a_caller_that_may_review_sees_and_decides(rude: Rude, open_desk: OpenDesk) -> None:
    desk = await open_desk(rude.address)
    id = await unknown(desk)
    with pytest.raises(NotPermitted):
        await listed(desk)
    with pytest.raises(NotPermitted):
        await desk.reviews.resolve(desk.caller, id, AnotherAttempt(), "")


async def test_what_never_was_under_review_or_is_another_tenants_is_not_found(shop: OpenShop, open_desk: OpenDesk) -> None:
    desk = await open_desk(shop.address, rule=REVIEWER)
    done = await desk.call("create_order", ORDER)
    for caller in (desk.caller, Caller(Principal("other", "planner", "ada"), REVIEWER)):
        with pytest.raises((InvocationNotFound, NotPermitted)):
            await desk.reviews.show(caller, done.invocation.id)
    with pytest.raises(InvocationNotFound, match=r"^no review of an invocation .{,90}$"):
        await desk.reviews.show(desk.caller, "x" * 100_000)


async def test_a_value_that_is_not_json_is_refused_and_the_review_stays_open(rude: Rude, open_desk: OpenDesk) -> None:
    desk = await open_desk(rude.address, rule=REVIEWER)
    id = await unknown(desk)
    with pytest.raises(RequestInvalid):
        await desk.reviews.resolve(desk.caller, id, DeclareSucceeded(b"{"), "typed badly")
    assert len(await listed(desk)) == 1


async def test_a_repeatable_call_that_may_have_acted_says_so_in_its_review(rude: Rude, open_desk: OpenDesk) -> None:
    desk = await open_desk(rude.address, rule=REVIEWER, draft=idempotent)
    await desk.call("create_order", ORDER)
    (review,) = await listed(desk)
    assert review.invocation.state is InvocationState.FAILED
    assert "never retry unseen" in review.report.suggestion


@pytest.mark.parametrize("gone", [False, True])
async def test_what_a_schema_calls_secret_is_not_shown_though_the_tool_be_disabled_or_gone(
    rude: Rude, gone: bool, monkeypatch: pytest.MonkeyPatch, open_desk: OpenDesk
) -> None:
    secret = {"type": "object", "properties": {"note": {"type": "string", "format": "password"}}}

    def draft(one: Draft) -> Draft:
        return (
            replace(one, input_schema={"type": "object", "properties": {"body": secret}}) if one.name == "create_order" else one
        )

    async def without_tool(_reference: str) -> Listed:
        raise ToolNotFound("gone")

    desk = await open_desk(rude.address, draft=draft, rule=REVIEWER)
    await desk.call("create_order", {"body": {"item": "hinge", "quantity": 2, "note": "hunter2"}})
    await desk.catalog.move("create_order@1.0.0", VersionState.DISABLED, "it is to rest")
    if gone:
        monkeypatch.setattr(desk.catalog, "inspect", without_tool)
    (review,) = await listed(desk)
    assert "hunter2" not in str(review.arguments)
    assert ("hinge" in str(review.arguments)) is not gone
