"""What the gateway cannot decide waits for a person, who decides by name and with a reason."""

import asyncio
from dataclasses import replace
from typing import Any

import orjson
import pytest

from gateway.decisions.policy import Rule
from gateway.model.errors import InvocationNotFound, NotPermitted, RequestInvalid, ReviewNotOpen
from gateway.model.invocation import InvocationState, Verdict
from gateway.model.principal import Principal
from gateway.pipeline.reviews import AnotherAttempt, DeclareFailed, DeclareSucceeded
from registry.catalog.tool_entry import VersionState
from registry.model.errors import ToolNotFound
from registry.model.tool import Draft, Effect
from sandbox.api.result import Evidence

ORDER = {"body": {"item": "hinge", "quantity": 2}}
REVIEWER = Rule(("*",), may_review=True)


async def unknown(desk: Any) -> str:
    """A call whose answer was lost, once its box is gone."""
    answered = await desk.call("create_order", ORDER)
    assert answered.invocation.state is InvocationState.UNKNOWN
    await desk.parts.obligations.drain(5.0)
    return str(answered.invocation.id)


async def ended(desk: Any, id: str) -> Any:
    async with asyncio.timeout(5):
        while not (found := await desk.invoker.read(desk.caller, id)).state.ended:
            await desk.parts.recovery.resume(desk.caller.tenant, id)
    return found


def test_an_unknown_outcome_waits_for_a_person_with_all_that_is_known(play: Any, rude: Any) -> None:
    async def scenario(desk: Any) -> None:
        id = await unknown(desk)
        (review,) = await desk.parts.reviews.list(desk.caller)
        assert review.invocation.id == id
        assert review.invocation.review.open
        assert review.arguments == ORDER
        assert [attempt.evidence for attempt in review.invocation.attempts] == [Evidence.SENT]
        assert "1 of which were let go" in review.report.summary
        assert "never retry unseen" in review.report.suggestion

    play(scenario, rude.address, rule=REVIEWER)


def test_a_person_who_saw_that_it_happened_gives_the_answer_and_the_caller_gets_it(play: Any, rude: Any) -> None:
    async def scenario(desk: Any) -> None:
        id = await unknown(desk)
        decided = await desk.parts.reviews.resolve(
            desk.caller, id, DeclareSucceeded(b'{"id":"ord_7"}'), "it is in the shop's list"
        )
        assert decided.invocation.review.author == "planner/ada"
        again = await desk.call("create_order", ORDER)
        assert again.from_record
        assert again.invocation.outcome.source == "review"
        assert orjson.loads(again.invocation.outcome.answer.body) == {"id": "ord_7"}
        assert again.invocation.outcome.answer.matches_schema is False  # an order has more than its id
        assert len(rude.requests) == 1
        assert await desk.parts.reviews.list(desk.caller) == []
        events = [event async for event in desk.parts.ledger.events(desk.caller.tenant, id)]
        resolved = next(event for event in events if event.kind == "RESOLVED")
        assert resolved.attributes == {"author": "planner/ada", "reason": "it is in the shop's list"}

    play(scenario, rude.address, rule=REVIEWER)


def test_a_person_who_saw_that_it_did_not_happen_has_it_made_once_more(play: Any, rude: Any) -> None:
    async def scenario(desk: Any) -> None:
        id = await unknown(desk)
        await desk.parts.reviews.resolve(desk.caller, id, AnotherAttempt(), "the shop's log has no such order")
        found = await ended(desk, id)
        assert len(rude.requests) == 2
        assert len(found.attempts) == 2
        assert found.state is InvocationState.UNKNOWN  # this upstream never answers
        assert found.review.open

    play(scenario, rude.address, rule=REVIEWER)


def test_a_retry_that_sends_nothing_does_not_make_the_judged_attempt_unknown_again(play: Any, rude: Any) -> None:
    async def scenario(desk: Any) -> None:
        id = await unknown(desk)
        rude.close()
        await desk.parts.reviews.resolve(desk.caller, id, AnotherAttempt(), "looked, and it did not happen")
        outcome = (await ended(desk, id)).outcome
        assert (outcome.verdict, outcome.effect_possible) == (Verdict.TOOL_FAILED, False)

    play(scenario, rude.address, rule=REVIEWER)


def test_a_person_may_end_it_as_failed(play: Any, rude: Any) -> None:
    async def scenario(desk: Any) -> None:
        id = await unknown(desk)
        decided = await desk.parts.reviews.resolve(
            desk.caller, id, DeclareFailed(effect_possible=True), "nobody wants it any more"
        )
        assert decided.invocation.state is InvocationState.FAILED
        assert decided.invocation.outcome.effect_possible

    play(scenario, rude.address, rule=REVIEWER)


def test_a_review_is_decided_once(play: Any, rude: Any) -> None:
    async def scenario(desk: Any) -> None:
        id = await unknown(desk)
        await desk.parts.reviews.resolve(desk.caller, id, DeclareFailed(effect_possible=False), "first")
        with pytest.raises(ReviewNotOpen):
            await desk.parts.reviews.resolve(desk.caller, id, AnotherAttempt(), "second")
        assert (await desk.parts.reviews.show(desk.caller, id)).invocation.review.reason == "first"

    play(scenario, rude.address, rule=REVIEWER)


def test_a_call_that_acts_and_failed_in_all_its_attempts_waits_for_a_person_and_a_read_does_not(
    play: Any, free_port: Any
) -> None:
    async def scenario(desk: Any) -> None:
        failed = await desk.call("create_order", ORDER)
        await desk.call("list_orders", key="another-key-of-sixteen")
        (review,) = await desk.parts.reviews.list(desk.caller)
        assert review.invocation.id == failed.invocation.id
        assert "can be reached" in review.report.suggestion

    play(scenario, f"http://127.0.0.1:{free_port()}", rule=REVIEWER)


def test_only_who_may_review_sees_and_decides(play: Any, rude: Any) -> None:
    async def scenario(desk: Any) -> None:
        id = await unknown(desk)
        with pytest.raises(NotPermitted):
            await desk.parts.reviews.list(desk.caller)
        with pytest.raises(NotPermitted):
            await desk.parts.reviews.resolve(desk.caller, id, AnotherAttempt(), "")

    play(scenario, rude.address)


def test_what_never_was_under_review_or_is_another_tenants_is_not_found(play: Any, shop: Any) -> None:
    async def scenario(desk: Any) -> None:
        done = await desk.call("create_order", ORDER)
        for caller in (desk.caller, Principal("other", "planner", "ada")):
            with pytest.raises((InvocationNotFound, NotPermitted)):
                await desk.parts.reviews.show(caller, done.invocation.id)

    play(scenario, shop.address, rule=REVIEWER)


def test_a_value_that_is_not_json_is_refused_and_the_review_stays_open(play: Any, rude: Any) -> None:
    async def scenario(desk: Any) -> None:
        id = await unknown(desk)
        with pytest.raises(RequestInvalid):
            await desk.parts.reviews.resolve(desk.caller, id, DeclareSucceeded(b"{"), "typed badly")
        assert len(await desk.parts.reviews.list(desk.caller)) == 1

    play(scenario, rude.address, rule=REVIEWER)


def idempotent(draft: Draft) -> Draft:
    return replace(draft, effect=Effect.IDEMPOTENT)


def test_a_repeatable_call_that_may_have_acted_says_so_in_its_review(play: Any, rude: Any) -> None:
    async def scenario(desk: Any) -> None:
        await desk.call("create_order", ORDER)
        (review,) = await desk.parts.reviews.list(desk.caller)
        assert review.invocation.state is InvocationState.FAILED
        assert "never retry unseen" in review.report.suggestion

    play(scenario, rude.address, rule=REVIEWER, draft=idempotent)


@pytest.mark.parametrize("gone", [False, True])
def test_what_a_schema_calls_secret_is_shown_to_nobody_though_the_tool_be_disabled_or_gone(
    play: Any, rude: Any, gone: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = {"type": "object", "properties": {"note": {"type": "string", "format": "password"}}}

    def draft(one: Draft) -> Draft:
        return (
            replace(one, input_schema={"type": "object", "properties": {"body": secret}}) if one.name == "create_order" else one
        )

    async def nobody(reference: str) -> Any:
        raise ToolNotFound("gone")

    async def scenario(desk: Any) -> None:
        await desk.call("create_order", {"body": {"item": "hinge", "quantity": 2, "note": "hunter2"}})
        await desk.parts.catalog.move("create_order@1.0.0", VersionState.DISABLED, "it is to rest")
        if gone:
            monkeypatch.setattr(desk.parts.catalog, "inspect", nobody)
        (review,) = await desk.parts.reviews.list(desk.caller)
        assert "hunter2" not in str(review.arguments)
        assert ("hinge" in str(review.arguments)) is not gone

    play(scenario, rude.address, draft=draft, rule=REVIEWER)
