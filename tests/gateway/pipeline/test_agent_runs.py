"""Runs of agents: who may stop them, and what becomes of their calls when they are over."""

import asyncio

import pytest

from gateway.decisions.policy import Rule
from gateway.model.errors import NotPermitted, RunKilled, RunNotFound
from gateway.model.invocation import InvocationState, Verdict
from gateway.model.principal import Caller, Principal
from gateway.model.run import Run, RunEnd, RunKey, RunStatus, StartTerms
from gateway.pipeline import agent_runs
from gateway.pipeline.agent_runs import WantedRuns
from gateway.pipeline.call import invocation_id
from sandbox.api.fault_code import FaultCode
from tests.gateway.pipeline.desk import CALLER, KEY, Desk, OpenDesk, outcome_of
from tests.gateway.pipeline.upstreams import OpenShop, Rude

ORDER = {"body": {"item": "hinge", "quantity": 2}}
KEYS = RunKey(CALLER, "run")
OPERATOR = Caller(Principal("acme", "operator", "eve"), Rule(may_operate=True))
REVIEWER = Caller(Principal("acme", "reviewer", "rob"), Rule(may_review=True))
STRANGER = Caller(Principal("globex", "operator", "mallory"), Rule(("*",), may_operate=True))


async def begun(desk: Desk, name: str = "run") -> RunKey:
    await desk.runs.start(desk.caller, name, StartTerms(b"plan"))
    return RunKey(desk.principal, name)


async def killed(desk: Desk, caller: Caller) -> Run:
    return await desk.runs.kill(caller, KEYS, "It loops.")


async def test_its_caller_and_an_operator_of_its_tenant_kill_a_run(shop: OpenShop, open_desk: OpenDesk) -> None:
    for caller, author in ((OPERATOR, "operator/eve"), (None, "planner/ada")):
        desk = await open_desk(shop.address)
        await begun(desk)
        ended = await killed(desk, caller or desk.caller)
        assert (ended.status, ended.author, ended.reason) == (RunStatus.KILLED, author, "It loops.")


@pytest.mark.parametrize(("caller", "refusal"), [(REVIEWER, NotPermitted), (STRANGER, RunNotFound)])
async def test_who_may_not_kill_a_run_leaves_it_as_it_is(
    shop: OpenShop, open_desk: OpenDesk, caller: Caller, refusal: type[Exception]
) -> None:
    desk = await open_desk(shop.address)
    await begun(desk)
    with pytest.raises(refusal):
        await killed(desk, caller)
    found = await desk.runs.find(desk.caller, KEYS)
    assert found.run.status is RunStatus.RUNNING


async def test_a_call_that_waits_is_cancelled_and_none_follows(shop: OpenShop, open_desk: OpenDesk) -> None:
    desk = await open_desk(shop.address)
    await begun(desk)
    id = await desk.left_dispatched("list_orders", {})  # a gateway died at it: it waits for its next attempt
    assert (await desk.read(id)).state is InvocationState.RETRY_WAIT
    await killed(desk, OPERATOR)
    ended = await desk.read(id)
    assert (ended.state, outcome_of(ended).verdict) == (InvocationState.CANCELLED, Verdict.CANCELLED)
    assert await desk.ledger.runs.stopping("acme") == ()
    with pytest.raises(RunKilled):
        await desk.call("list_orders", {}, key=KEY + "2")


async def test_a_call_in_flight_ends_as_one_that_is_cancelled(rude: Rude, open_desk: OpenDesk) -> None:
    desk = await open_desk(rude.address)
    await begun(desk)
    rude.holding.set()
    under_way = asyncio.create_task(desk.call("create_order", ORDER))
    assert await asyncio.to_thread(rude.arrived.wait, 5.0)
    await killed(desk, OPERATOR)
    ended = (await asyncio.wait_for(under_way, 10.0)).invocation
    assert outcome_of(ended).fault is FaultCode.CANCELLED
    await desk.runs.stop()
    assert await desk.ledger.runs.stopping("acme") == ()


async def test_another_gateway_stops_the_calls_of_a_run_that_was_killed_by_one_that_died(
    shop: OpenShop, open_desk: OpenDesk
) -> None:
    desk = await open_desk(shop.address)
    key = await begun(desk)
    id = await desk.left_dispatched("list_orders", {})
    await desk.ledger.runs.end(key, RunEnd(RunStatus.KILLED, "operator/eve", "It loops."))  # and it dies
    assert (await desk.read(id)).state is InvocationState.RETRY_WAIT
    await desk.runs.stop()
    assert (await desk.read(id)).state is InvocationState.CANCELLED
    assert await desk.ledger.runs.stopping("acme") == ()


async def test_a_probe_finds_out_what_became_of_a_call_though_its_run_is_over(shop: OpenShop, open_desk: OpenDesk) -> None:
    desk = await open_desk(shop.address)
    key = await begun(desk)
    await desk.ledger.runs.end(key, RunEnd(RunStatus.KILLED, "operator/eve", "It loops."))
    looked = await desk.call("list_orders", {}, looks=True)
    assert outcome_of(looked.invocation).verdict is Verdict.SUCCEEDED


async def test_a_fallback_is_not_made_in_a_run_that_is_over(shop: OpenShop, open_desk: OpenDesk) -> None:
    desk = await open_desk(shop.address)
    key = await begun(desk)
    await desk.ledger.runs.end(key, RunEnd(RunStatus.KILLED, "operator/eve", "It loops."))
    with pytest.raises(RunKilled):
        await desk.call("create_order", ORDER, parent="inv_of_another")
    assert await desk.ledger.read("acme", invocation_id(desk.principal, KEY)) is None


async def test_a_page_ends_after_so_many_looks_and_the_next_one_goes_on(
    shop: OpenShop, open_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(agent_runs, "LOOKS", 2)
    desk = await open_desk(shop.address)
    for number in range(5):
        await begun(desk, f"{number}")
        desk.clock.forward(1.0)
    await desk.ledger.runs.end(RunKey(desk.principal, "0"), RunEnd(RunStatus.FAILED))
    wanted, after, pages = WantedRuns(frozenset({RunStatus.FAILED})), None, []
    while True:
        page = await desk.runs.page(desk.caller, wanted, after=after, size=10)
        pages.append([run.key.name for run in page.runs])
        if (after := page.rest) is None:
            break
    assert pages == [[], [], ["0"]]


async def test_others_of_a_tenant_see_its_runs_only_where_they_may_see_its_calls(shop: OpenShop, open_desk: OpenDesk) -> None:
    desk = await open_desk(shop.address)
    await begun(desk)
    seen = {}
    for caller in (desk.caller, OPERATOR, REVIEWER, STRANGER, Caller(Principal("acme", "planner", "bob"), Rule(("*",)))):
        page = await desk.runs.page(caller, WantedRuns(), after=None, size=10)
        seen[f"{caller.principal.agent}/{caller.principal.subject}"] = len(page.runs)
    assert seen == {"planner/ada": 1, "operator/eve": 1, "reviewer/rob": 1, "operator/mallory": 0, "planner/bob": 0}
