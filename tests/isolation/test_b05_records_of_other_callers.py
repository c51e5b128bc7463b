"""A caller without rights read the answer of another one of its tenant, and cancelled its call: its id can be computed."""

from collections.abc import Awaitable, Callable

import pytest

from gateway.model.errors import InvocationNotFound
from gateway.model.principal import Caller, Principal, Rule
from gateway.pipeline.call import invocation_id
from gateway.pipeline.recording_keys import recording_key_of
from tests.gateway.pipeline.desk import ALL, KEY, Desk, OpenDesk
from tests.gateway.pipeline.upstreams import OpenShop

STRANGER = Principal("acme", "another", "bob")
ELSEWHERE = Principal("globex", "planner", "ada")
RULES = {
    STRANGER: ALL,
    Principal("acme", "reviewer", "eve"): Rule(may_review=True),
    Principal("acme", "operator", "kim"): Rule(may_operate=True),
    ELSEWHERE: Rule(("*",), may_review=True, may_operate=True),
}
TRUSTED = [principal for principal, rule in RULES.items() if principal.tenant == "acme" and principal != STRANGER]


@pytest.fixture
async def desk(shop: OpenShop, open_desk: OpenDesk) -> Desk:
    desk = await open_desk(shop.address)
    await desk.call("list_orders", {})
    return desk


Ask = Callable[[Desk, Principal, str], Awaitable[object]]
ASKED: dict[str, Ask] = {
    "read": lambda desk, principal, id: desk.invoker.read(Caller(principal, RULES[principal]), id),
    "cancel": lambda desk, principal, id: desk.invoker.cancel(Caller(principal, RULES[principal]), id),
}


@pytest.mark.parametrize("principal", [STRANGER, ELSEWHERE], ids=str)
@pytest.mark.parametrize("ask", ASKED.values(), ids=ASKED.keys())
async def test_a_call_of_another_is_not_found_by_whoever_has_no_right_to_it(desk: Desk, principal: Principal, ask: Ask) -> None:
    with pytest.raises(InvocationNotFound):
        await ask(desk, principal, invocation_id(desk.principal, KEY))


@pytest.mark.parametrize("principal", TRUSTED, ids=str)
@pytest.mark.parametrize("ask", ASKED.values(), ids=ASKED.keys())
async def test_who_reviews_or_operates_finds_the_calls_of_the_tenant(desk: Desk, principal: Principal, ask: Ask) -> None:
    assert await ask(desk, principal, invocation_id(desk.principal, KEY))


async def test_a_caller_finds_its_own(desk: Desk) -> None:
    assert await desk.invoker.read(desk.caller, invocation_id(desk.principal, KEY))


def test_names_with_slashes_share_no_recordings() -> None:
    names = [("a/b", "c"), ("a", "b/c"), ("a%2Fb", "c"), ("a/", "c"), ("a", "/c"), ("a//b", "c"), ('["a', 'b","c"]')]
    owners = {recording_key_of(Principal("acme", agent, subject), "suite").owner for agent, subject in names}
    assert len(owners) == len(names)
    assert recording_key_of(Principal("acme", "planner", "ada"), "suite").owner == "planner/ada"  # as it always was
