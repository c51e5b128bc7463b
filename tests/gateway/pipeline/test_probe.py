"""A probe finds out what became of a call whose answer was lost."""

import asyncio
from dataclasses import replace
from time import monotonic, thread_time

import orjson
import pytest

from gateway.decisions.policy import Policy, Rule
from gateway.maintenance.loops import MaintenanceLoops
from gateway.maintenance.recovery import Recovery
from gateway.model.errors import StoreUnavailable
from gateway.model.invocation import Answer, InvocationState, Outcome, Verdict
from gateway.model.principal import Caller
from gateway.pipeline.call import Answered, Call, invocation_id
from gateway.pipeline.fallback_and_probe import OPEN, ask_probe
from gateway.pipeline.hosts import Hosts
from gateway.records.ledger.memory_ledger import MemoryLedger
from gateway.records.ledger.protocol import FencedLease, TimeBounds
from registry.model.tool import Condition, Draft, Probe
from sandbox.api.result import Evidence
from sandbox.reaping.box_registry import MemoryBoxRegistry
from sandbox.reaping.host_registry import MemoryHostRegistry
from tests.gateway.pipeline.desk import KEY, Change, OpenDesk, answer_of, outcome_of, review_of
from tests.gateway.pipeline.upstreams import LossyShop, OpenShop, Rude

ORDER = {"body": {"item": "hinge", "quantity": 2}}


def probed(tool: str = "list_orders") -> Change:
    probe = Probe(tool, {}, Condition("/orders/0/item", "hinge"), "/orders/0", settle=0.0)

    def with_probe(draft: Draft) -> Draft:
        return replace(draft, probe=probe) if draft.name == "create_order" else draft

    return with_probe


async def test_a_call_that_the_probe_finds_to_have_happened_succeeds_with_what_the_probe_saw(
    lossy: LossyShop, open_desk: OpenDesk
) -> None:
    desk = await open_desk(lossy.address, draft=probed())
    lossy.losses = 1
    ended = (await desk.call("create_order", ORDER)).invocation
    assert ended.state is InvocationState.SUCCEEDED
    assert orjson.loads(answer_of(ended).body)["id"] == "ord_1"
    assert (outcome_of(ended).source, answer_of(ended).matches_schema) == ("probe:list_orders", True)
    assert (review_of(ended).author, review_of(ended).open) == ("probe:list_orders", False)
    assert len(lossy.orders) == 1
    assert (await desk.call("create_order", ORDER)).invocation.outcome == ended.outcome


async def test_a_call_that_the_probe_finds_not_to_have_happened_is_made_again(lossy: LossyShop, open_desk: OpenDesk) -> None:
    desk = await open_desk(lossy.address, draft=probed())
    lossy.losses, lossy.acts = 1, False
    ended = (await desk.call("create_order", ORDER)).invocation
    assert ended.state is InvocationState.SUCCEEDED
    assert [attempt.evidence for attempt in ended.attempts] == [Evidence.SENT, Evidence.RESPONDED]
    assert len(lossy.orders) == 1


async def test_an_attempt_that_is_refused_after_the_probe_is_told_as_it_is_on_record(
    lossy: LossyShop, open_desk: OpenDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The caller was told UNKNOWN, where the record had the failure of which nothing is done."""
    desk = await open_desk(lossy.address, draft=probed())
    lossy.losses, lossy.acts = 1, False
    dispatch, full = MemoryLedger.dispatch, StoreUnavailable("the disk is full")

    async def refused(self: MemoryLedger, held: FencedLease, *, attempt: int, box: str) -> None:
        await dispatch(self, held, attempt=attempt, box=box)
        if attempt > 1:
            raise full

    monkeypatch.setattr(MemoryLedger, "dispatch", refused)
    ended = (await desk.call("create_order", ORDER)).invocation
    record = await desk.ledger.read(desk.principal.tenant, ended.id)
    assert record is not None
    assert (ended.state, ended.outcome) == (record.state, record.outcome)
    assert ended.state is InvocationState.FAILED


async def test_however_often_an_answer_is_lost_the_probe_keeps_the_effect_at_one(lossy: LossyShop, open_desk: OpenDesk) -> None:
    desk = await open_desk(lossy.address, draft=probed())
    lossy.losses, lossy.acts = 99, False
    ended = (await desk.call("create_order", ORDER)).invocation
    assert ended.state is InvocationState.FAILED
    assert not outcome_of(ended).effect_possible
    assert len(ended.attempts) == 3
    assert len(lossy.orders) == 0


@pytest.mark.parametrize("tool", ["no_such_tool", "get_order"])
async def test_a_probe_that_cannot_be_asked_leaves_it_to_a_person(lossy: LossyShop, tool: str, open_desk: OpenDesk) -> None:
    desk = await open_desk(lossy.address, draft=probed(tool))
    lossy.losses = 1
    ended = (await desk.call("create_order", ORDER)).invocation
    assert ended.state is InvocationState.UNKNOWN
    assert review_of(ended).open


async def test_a_probe_that_fails_leaves_it_to_a_person(rude: Rude, open_desk: OpenDesk) -> None:
    desk = await open_desk(rude.address, draft=probed())
    ended = (await desk.call("create_order", ORDER)).invocation
    assert ended.state is InvocationState.UNKNOWN
    assert len([request for request in rude.requests if request.startswith(b"POST")]) == 1


async def test_a_probe_is_a_call_that_the_policy_must_allow(lossy: LossyShop, open_desk: OpenDesk) -> None:
    desk = await open_desk(lossy.address, draft=probed(), rule=Rule(("create_*",)))
    lossy.losses = 1
    assert (await desk.call("create_order", ORDER)).invocation.state is InvocationState.UNKNOWN
    assert lossy.requests == 1


async def test_a_call_that_was_cancelled_is_not_made_again_where_it_did_not_happen(
    rude: Rude, shop: OpenShop, open_desk: OpenDesk
) -> None:
    def probe_elsewhere(draft: Draft) -> Draft:
        if draft.name == "list_orders":
            return replace(draft, operation=replace(draft.operation, server=shop.address))
        return probed()(draft)

    desk = await open_desk(rude.address, draft=probe_elsewhere)
    rude.holding.set()
    calling = asyncio.create_task(desk.call("create_order", ORDER))
    assert await asyncio.to_thread(rude.arrived.wait, 5.0)
    await desk.invoker.cancel(desk.caller, invocation_id(desk.principal, KEY))
    ended = (await calling).invocation
    assert ended.state is InvocationState.CANCELLED
    assert not outcome_of(ended).effect_possible
    assert len(rude.requests) == 1


async def test_what_a_dead_gateway_left_unknown_is_asked_after_by_another(lossy: LossyShop, open_desk: OpenDesk) -> None:
    desk = await open_desk(lossy.address, draft=probed())
    order = lossy.create(ORDER["body"])
    assert order[0] == 201
    id = await desk.left_dispatched("create_order", ORDER)
    assert (await desk.read(id)).state is InvocationState.UNKNOWN
    await desk.recovery.probe_unknown(desk.principal.tenant, id)
    found = await desk.read(id)
    assert found.state is InvocationState.SUCCEEDED
    assert orjson.loads(answer_of(found).body)["item"] == "hinge"


@pytest.mark.parametrize(("tools", "state"), [(("*",), "SUCCEEDED"), (("create_*",), "UNKNOWN")])
async def test_another_gateway_asks_the_probe_only_where_the_token_of_the_call_might(
    lossy: LossyShop, open_desk: OpenDesk, tools: tuple[str, ...], state: str
) -> None:
    """Whatever rights the same principal has by now, or no longer has: the call was authorized when its key was claimed."""
    desk = await open_desk(lossy.address, draft=probed(), rule=Rule(tools))
    lossy.create(ORDER["body"])
    id = await desk.left_dispatched("create_order", ORDER)
    await desk.recovery.probe_unknown(desk.principal.tenant, id)
    assert ((await desk.read(id)).state, lossy.requests) == (InvocationState[state], int(state == "SUCCEEDED"))


async def test_maintenance_asks_the_probes_of_calls_whose_gateway_is_dead_and_each_only_once(
    lossy: LossyShop, monkeypatch: pytest.MonkeyPatch, open_desk: OpenDesk
) -> None:
    desk = await open_desk(lossy.address, draft=probed("no_such_tool"))
    asked: list[tuple[str, str]] = []

    async def note(_self: Recovery, tenant: str, id: str) -> bool:
        asked.append((tenant, id))
        return True

    lossy.losses = 1
    open_one = (await desk.call("create_order", ORDER)).invocation
    assert review_of(open_one).open
    monkeypatch.setattr(Recovery, "probe_unknown", note)
    loops = MaintenanceLoops(
        ledger=desk.ledger,
        recovery=desk.recovery,
        obligations=desk.obligations,
        hosts=Hosts(Policy(private=(), vault=""), desk.ledger, MemoryHostRegistry(), MemoryBoxRegistry()),
        renew_seat=nothing,
        stop_runs=nothing,
        renew_login=nothing,
        sweep_boxes=nothing,
        check_store=nothing,
        write_down=nothing,
        tell_health=nothing,
        keep_principals=nothing,
        erase=nothing,
        remember=nothing,
    )
    for _ in range(3):
        await loops.probe_unknown_outcomes()
        await loops.finish()
    assert asked == [(desk.principal.tenant, open_one.id)]


async def nothing() -> None:
    """No boxes to sweep, no store to check."""


@pytest.mark.parametrize(
    "body", [b"[" * 300 + b"]" * 300, b"[" + b"[]," * 2_600_000 + b"1]"], ids=["too deep to be written down", "too wide"]
)
async def test_a_probes_answer_that_is_too_much_to_look_into_decides_nothing_and_holds_up_no_call(
    lossy: LossyShop, open_desk: OpenDesk, body: bytes
) -> None:
    desk = await open_desk(lossy.address, draft=probed("no_such_tool"))
    lossy.losses = 1
    left = (await desk.call("create_order", ORDER)).invocation
    much = Outcome(Verdict.SUCCEEDED, Answer(200, "application/json", body))

    async def ask(_caller: Caller, _call: Call) -> Answered:
        return Answered(replace(left, outcome=much), from_record=False)

    execution = await desk.recovery._execution(left, desk.versions["create_order"], TimeBounds(monotonic() + 60.0))
    began = thread_time()
    assert await ask_probe(ask, execution, "inv_1", Probe("t", {}, Condition(""), ""), 1) == (OPEN, None)
    assert thread_time() - began < 0.1
