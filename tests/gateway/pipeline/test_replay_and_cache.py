"""A recorded run is answered again without a call; a cached answer is given again for a while."""

from dataclasses import replace

import pytest

from gateway.decisions.policy import Rule
from gateway.model.errors import InvocationNotFound, NotPermitted, ReplayMissed
from gateway.model.invocation import Answer, InvocationState
from gateway.model.principal import Caller, Principal
from gateway.pipeline.call import Answered, Mode
from registry.model.errors import ArgumentsInvalid
from registry.model.tool import Draft, Effect, JsonObject
from tests.gateway.pipeline.desk import Change, Desk, OpenDesk, answer_of, outcome_of
from tests.gateway.pipeline.upstreams import OpenShop, Rude
from tests.gateway.records.lists import under_review

ORDER = {"body": {"item": "hinge", "quantity": 2}}
OTHER = {"body": {"item": "hinge", "quantity": 3}}


def key_of(number: int) -> str:
    return f"a-key-of-sixteen-characters-{number}"


async def recorded(desk: Desk) -> list[Answer]:
    """The answers of a run of four calls, two of them the same."""
    calls: list[tuple[str, JsonObject]] = [
        ("create_order", ORDER),
        ("create_order", ORDER),
        ("create_order", OTHER),
        ("list_orders", {}),
    ]
    return [
        answer_of((await desk.call(tool, arguments, key=key_of(number), mode=Mode.RECORD)).invocation)
        for number, (tool, arguments) in enumerate(calls)
    ]


async def replay(
    desk: Desk,
    tool: str,
    arguments: JsonObject,
    number: int,
    *,
    mode: Mode = Mode.REPLAY_STRICT,
    caller: Caller | None = None,
) -> Answered:
    return await desk.call(tool, arguments, key=key_of(number), run_id="replaying", mode=mode, caller=caller)


async def test_a_replayed_run_gets_the_recorded_answers_in_their_order_and_nothing_is_sent(
    shop: OpenShop, open_desk: OpenDesk
) -> None:
    desk = await open_desk(shop.address)
    first, second, other, listed = await recorded(desk)
    before = shop.requests
    assert answer_of((await replay(desk, "create_order", ORDER, 11)).invocation) == first
    assert answer_of((await replay(desk, "create_order", OTHER, 12)).invocation) == other
    answered = await replay(desk, "create_order", ORDER, 13)
    assert answered.from_record
    assert answer_of(answered.invocation) == second
    assert outcome_of(answered.invocation).source == "recording:suite"
    assert answer_of((await replay(desk, "list_orders", {}, 14)).invocation) == listed
    assert shop.requests == before


async def test_a_request_that_is_sent_again_while_replaying_gets_the_same_answer_and_uses_up_no_other(
    shop: OpenShop, open_desk: OpenDesk
) -> None:
    desk = await open_desk(shop.address)
    first, second, *_ = await recorded(desk)
    for _ in range(3):
        assert answer_of((await replay(desk, "create_order", ORDER, 11)).invocation) == first
    assert answer_of((await replay(desk, "create_order", ORDER, 12)).invocation) == second


@pytest.mark.parametrize(("tool", "arguments"), [("get_order", {"order_id": "ord_1"}), ("list_orders", {"limit": 1})])
async def test_a_strict_replay_misses_what_was_not_recorded_and_never_calls(
    shop: OpenShop, tool: str, arguments: JsonObject, open_desk: OpenDesk
) -> None:
    desk = await open_desk(shop.address)
    await recorded(desk)
    before = shop.requests
    with pytest.raises(ReplayMissed):
        await replay(desk, tool, arguments, 11)
    for number in (12, 13):
        await replay(desk, "create_order", ORDER, number)
    with pytest.raises(ReplayMissed):
        await replay(desk, "create_order", ORDER, 14)
    assert shop.requests == before


async def test_another_version_of_a_tool_is_another_tool(shop: OpenShop, open_desk: OpenDesk) -> None:
    desk = await open_desk(shop.address)
    await recorded(desk)
    await desk.catalog.add([replace(desk.versions["create_order"].draft, cost=1.0)])
    with pytest.raises(ReplayMissed):
        await replay(desk, "create_order", ORDER, 11)


async def test_a_looser_replay_makes_the_calls_that_it_misses(shop: OpenShop, open_desk: OpenDesk) -> None:
    desk = await open_desk(shop.address)
    await recorded(desk)
    before = shop.requests
    answered = await replay(desk, "get_order", {"order_id": "ord_1"}, 11, mode=Mode.REPLAY_OR_LIVE)
    assert answered.invocation.state is InvocationState.SUCCEEDED
    assert (await replay(desk, "create_order", ORDER, 12, mode=Mode.REPLAY_OR_LIVE)).from_record
    assert shop.requests == before + 1


async def test_a_recorded_failure_is_replayed_as_one(shop: OpenShop, open_desk: OpenDesk) -> None:
    desk = await open_desk(shop.address)
    missing = {"order_id": "ord_9"}
    failed = await desk.call("get_order", missing, mode=Mode.RECORD)
    assert answer_of((await replay(desk, "get_order", missing, 11)).invocation) == answer_of(failed.invocation)


async def test_a_replay_opens_no_review_and_leaves_no_record(rude: Rude, open_desk: OpenDesk) -> None:
    desk = await open_desk(rude.address)
    await desk.call("create_order", ORDER, mode=Mode.RECORD)
    answered = await replay(desk, "create_order", ORDER, 11)
    assert answered.invocation.state is InvocationState.UNKNOWN
    assert len(await under_review(desk.ledger, desk.principal.tenant)) == 1
    with pytest.raises(InvocationNotFound):
        await desk.invoker.read(desk.caller, answered.invocation.id)
    assert len(rude.requests) == 1


async def test_what_may_not_be_called_may_not_be_replayed(shop: OpenShop, open_desk: OpenDesk) -> None:
    desk = await open_desk(shop.address)
    await recorded(desk)
    with pytest.raises(NotPermitted):
        await replay(desk, "list_orders", {}, 11, caller=Caller(Principal("acme", "planner", "bob"), Rule()))
    with pytest.raises(ArgumentsInvalid):
        await replay(desk, "create_order", {}, 11)


def cached_for(seconds: float, effect: Effect = Effect.READ) -> Change:
    return lambda draft: replace(draft, cache_seconds=seconds, effect=effect) if draft.effect is Effect.READ else draft


async def test_a_cached_answer_is_given_again_and_recorded_under_its_key(shop: OpenShop, open_desk: OpenDesk) -> None:
    desk = await open_desk(shop.address, draft=cached_for(60.0))
    first = await desk.call("list_orders", key=key_of(1))
    again = await desk.call("list_orders", key=key_of(2))
    assert shop.requests == 1
    assert answer_of(again.invocation) == answer_of(first.invocation)
    assert (outcome_of(again.invocation).source, again.invocation.attempts) == ("cache", ())
    await desk.call("list_orders", {"limit": 1}, key=key_of(3))
    assert shop.requests == 2
    assert (await desk.call("list_orders", key=key_of(2))).from_record


async def test_a_cached_answer_is_for_its_caller_alone(shop: OpenShop, open_desk: OpenDesk) -> None:
    desk = await open_desk(shop.address, draft=cached_for(60.0), rule=Rule(("*",)))
    await desk.call("list_orders", key=key_of(1))
    with pytest.raises(NotPermitted):
        await desk.call("list_orders", key=key_of(2), caller=Caller(Principal("acme", "planner", "bob"), Rule()))


async def test_a_failure_is_not_cached(shop: OpenShop, open_desk: OpenDesk) -> None:
    desk = await open_desk(shop.address, draft=cached_for(60.0))
    shop.failing_status, shop.failures_left = 500, 1
    await desk.call("list_orders", key=key_of(1))
    assert (await desk.call("list_orders", key=key_of(2))).invocation.state is InvocationState.SUCCEEDED
    assert shop.requests == 2


def acting(draft: Draft) -> Draft:
    return replace(draft, cache_seconds=60.0)


async def test_what_acts_is_never_answered_from_a_cache(shop: OpenShop, open_desk: OpenDesk) -> None:
    desk = await open_desk(shop.address, draft=acting)
    for number in (1, 2):
        await desk.call("create_order", ORDER, key=key_of(number))
    assert len(shop.orders) == 2


async def test_an_old_answer_that_its_key_brings_back_is_not_cached_anew(shop: OpenShop, open_desk: OpenDesk) -> None:
    desk = await open_desk(shop.address, draft=cached_for(60.0))
    await desk.call("list_orders", key=key_of(1))
    desk.cache._kept.clear()  # its time is over
    assert (await desk.call("list_orders", key=key_of(1))).from_record
    await desk.call("list_orders", key=key_of(2))
    assert shop.requests == 2
