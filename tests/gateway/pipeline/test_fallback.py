"""A fallback answers for attempts that have all failed."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from gateway.decisions.circuit_breaker import THRESHOLD
from gateway.decisions.policy import Rule
from gateway.model.invocation import InvocationState, Verdict
from registry.model.tool import Draft, Fallback
from sandbox.api.result import Evidence
from tests.gateway.pipeline.desk import REVIEWER, Change, OpenDesk, answer_of, die_in_fallback, outcome_of
from tests.gateway.pipeline.upstreams import OpenShop, Rude
from tests.gateway.records.lists import whole

ORDER = {"body": {"item": "hinge", "quantity": 2}}
#: Its item is the id of the first order, which the fallback finds.
KNOWN_ORDER = {"body": {"item": "ord_1", "quantity": 1}}


def falling_back(server: str) -> Change:
    """`create_order` at a server of its own, and `get_order`, which the shop has, as its fallback."""

    def with_fallback(draft: Draft) -> Draft:
        if draft.name != "create_order":
            return draft
        fallback = Fallback("get_order", {"order_id": "/body/item"})
        return replace(draft, fallback=fallback, operation=replace(draft.operation, server=server))

    return with_fallback


async def test_where_every_attempt_failed_with_nothing_done_the_fallback_answers(
    shop: OpenShop, free_port: Callable[[], int], open_desk: OpenDesk
) -> None:
    desk = await open_desk(shop.address, draft=falling_back(f"http://127.0.0.1:{free_port()}"))
    shop.create({"item": "x", "quantity": 1})
    ended = (await desk.call("create_order", KNOWN_ORDER)).invocation
    assert ended.state is InvocationState.SUCCEEDED
    assert outcome_of(ended).source.startswith("fallback:inv_")
    assert [attempt.evidence for attempt in ended.attempts] == [Evidence.NOT_SENT] * 3
    child = await desk.invoker.read(desk.caller, outcome_of(ended).source.removeprefix("fallback:"))
    assert (child.request.parent, child.request.version) == (ended.id, "get_order@1.0.0")
    assert child.request.run_id == "run"
    again = await desk.call("create_order", KNOWN_ORDER)
    assert (again.from_record, again.invocation.outcome) == (True, ended.outcome)
    assert shop.requests == 1


async def test_where_the_upstream_said_that_it_did_nothing_the_fallback_answers(shop: OpenShop, open_desk: OpenDesk) -> None:
    desk = await open_desk(shop.address, draft=falling_back(shop.address))
    shop.create({"item": "x", "quantity": 1})
    shop.failing_status, shop.failures_left = 429, 3
    ended = (await desk.call("create_order", KNOWN_ORDER)).invocation
    assert [attempt.evidence for attempt in ended.attempts] == [Evidence.NOT_DONE] * 3
    assert outcome_of(ended).source.startswith("fallback:inv_")
    assert (ended.state, len(shop.orders)) == (InvocationState.SUCCEEDED, 1)


async def test_where_the_fallback_is_refused_what_was_not_done_leaves_its_key_free(shop: OpenShop, open_desk: OpenDesk) -> None:
    desk = await open_desk(shop.address, draft=falling_back(shop.address), rule=Rule(("create_order",)))
    shop.failing_status, shop.failures_left = 429, 3
    ended = (await desk.call("create_order", ORDER)).invocation
    assert (outcome_of(ended).not_done, ended.review) == (True, None)
    assert (await desk.call("create_order", ORDER)).invocation.state is InvocationState.SUCCEEDED


async def test_where_it_may_have_acted_no_fallback_acts_again(shop: OpenShop, rude: Rude, open_desk: OpenDesk) -> None:
    desk = await open_desk(shop.address, draft=falling_back(rude.address))
    ended = (await desk.call("create_order", ORDER)).invocation
    assert ended.state is InvocationState.UNKNOWN
    assert shop.requests == 0


async def test_where_the_fallback_fails_too_a_person_decides(
    shop: OpenShop, free_port: Callable[[], int], open_desk: OpenDesk
) -> None:
    desk = await open_desk(shop.address, draft=falling_back(f"http://127.0.0.1:{free_port()}"), rule=REVIEWER)
    ended = (await desk.call("create_order", ORDER)).invocation
    assert outcome_of(ended).verdict is Verdict.TOOL_FAILED
    assert answer_of(ended).http_status == 404
    ((_, review),) = await whole(desk.reviews.list(desk.caller))
    assert review.invocation.id == ended.id


@pytest.mark.parametrize(
    ("rule", "named"), [(Rule(("create_*",)), "NOT_PERMITTED"), (Rule(("create_*", "get_*")), "ARGUMENTS_INVALID")]
)
async def test_a_fallback_that_is_refused_leaves_the_first_failure_and_says_so(
    shop: OpenShop, free_port: Callable[[], int], rule: Rule, named: str, open_desk: OpenDesk
) -> None:
    def draft(one: Draft) -> Draft:
        made = falling_back(f"http://127.0.0.1:{free_port()}")(one)
        return replace(made, input_schema={"type": "object"}) if one.name == "create_order" else made

    desk = await open_desk(shop.address, draft=draft, rule=rule)
    arguments = KNOWN_ORDER if named == "NOT_PERMITTED" else {"body": {"quantity": 1}}
    ended = (await desk.call("create_order", arguments)).invocation
    assert outcome_of(ended).fault == "UPSTREAM_UNREACHABLE"
    assert named in outcome_of(ended).message
    assert shop.requests == 0


async def test_a_gateway_that_dies_in_the_middle_of_a_fallback_leaves_it_to_another(
    shop: OpenShop, free_port: Callable[[], int], monkeypatch: pytest.MonkeyPatch, open_desk: OpenDesk
) -> None:
    desk = await open_desk(shop.address, draft=falling_back(f"http://127.0.0.1:{free_port()}"))
    shop.create({"item": "x", "quantity": 1})
    id = await die_in_fallback(desk, monkeypatch, "create_order", KNOWN_ORDER)
    await desk.recovery.resume("acme", id)
    found = await desk.read(id)
    assert found.state is InvocationState.SUCCEEDED
    assert outcome_of(found).source.startswith("fallback:")
    assert len(found.attempts) == 3


async def test_where_the_upstream_is_left_alone_the_fallback_answers_at_once(
    shop: OpenShop, rude: Rude, open_desk: OpenDesk
) -> None:
    desk = await open_desk(shop.address, draft=falling_back(rude.address))
    shop.create({"item": "x", "quantity": 1})
    for number in range(THRESHOLD):
        await desk.call("create_order", ORDER, key=f"a-key-of-sixteen-characters-{number}")
    ended = (await desk.call("create_order", KNOWN_ORDER)).invocation
    assert ended.state is InvocationState.SUCCEEDED
    assert [attempt.fault for attempt in ended.attempts] == ["UPSTREAM_OPEN"]
    assert len(rude.requests) == THRESHOLD
